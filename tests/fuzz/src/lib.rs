//! Every parser, as a function of hostile bytes.
//!
//! One file a target under `target/`. A target must not panic, and holds what it parsed against a second opinion: what is
//! read and written again is read the same, two spellings of one thing are judged alike, what was signed once is all that
//! ever verifies. `cargo xtask fuzz` drives the targets with libFuzzer; what it finds is kept under `found/`, and the
//! ordinary tests run every target over its seeds and over what was found.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is only for tests: a fault here is a failed test"
)]

mod cursor;
mod http;
mod maker;
mod operations;
mod seeds;
mod target;

/// A parser, or some that share their machinery.
pub struct Target {
    /// What it is called: `cargo xtask fuzz --target NAME`.
    pub name: &'static str,
    /// What is parsed.
    pub about: &'static str,
    /// How many milliseconds of processor time an input may take at most.
    pub millis: u64,
    /// Takes one input; panics over a finding.
    pub run: fn(&[u8]),
    /// Where to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them, in the order in which they are run.
pub fn targets() -> &'static [Target] {
    &target::ALL
}

/// The one of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    targets().iter().find(|target| target.name == name)
}
