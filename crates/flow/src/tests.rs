//! The road from end to end, over a journal in memory and a surface whose live state the test writes.

mod house;
mod invariants;
mod laundering;
mod people;
mod road;
