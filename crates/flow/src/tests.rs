//! The road from end to end, over a journal in memory and a surface whose live state the test writes.

mod custody;
mod grant;
mod guards;
mod house;
mod identity;
mod inherit;
mod invariants;
mod launch;
mod laundering;
mod lossy;
mod objects;
mod observe;
mod people;
mod plan;
mod prepare;
mod proven;
mod purge;
mod rehearse;
mod road;
mod undo;
mod witness;
