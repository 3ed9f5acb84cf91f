//! The road from end to end, over a journal in memory and a surface whose live state the test writes.

mod house;
mod inherit;
mod invariants;
mod laundering;
mod objects;
mod people;
mod road;
