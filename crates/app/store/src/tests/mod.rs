//! The store through its public face: what it promises, what it refuses to start from, what survives which crash.

mod crash;
mod full;
mod journal;
mod keep;
mod matrix;
mod random;
mod redact;
mod states;
mod support;
mod tamper;
mod witness;
