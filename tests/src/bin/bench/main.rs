//! Measures the road on this machine: durable decisions a second, CPU of a decision, what the gateway adds to a call,
//! and how much memory the daemon holds after many calls; one object of 5 GiB up and down, and a sync of 10,000 small
//! ones, beside the same without Interlock; a plan of 5,000 resources, read. Every figure comes from this run.
//!
//! `bench [PART]…`: `decisions`, `calls`, `transfer[=GiB]`, `sync[=OBJECTS]`,
//! `plan[=RESOURCES]`; all without any.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for measuring: a fault here is a failed measurement"
)]

mod agent;
mod bucket;
mod client;
mod daemon;
mod decisions;
mod machine;
mod plan;
mod responder;
mod stats;
mod sync;
mod transfer;

/// As in the binary that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let scratch = interlock_tests::Scratch::new("bench");
    machine::print(scratch.path());
    let asked: Vec<String> = std::env::args().skip(1).collect();
    // What it is to be measured with, if it is to be measured.
    let part = |name: &str, usual: u64| {
        let found = asked.iter().find(|part| part.split('=').next() == Some(name));
        let told = found.and_then(|part| part.split_once('=')).map(|(_, number)| number.parse().unwrap());
        (asked.is_empty() || found.is_some()).then(|| told.unwrap_or(usual))
    };
    if part("decisions", 0).is_some() {
        decisions::cpu();
        decisions::durable(scratch.path());
    }
    if let Some(resources) = part("plan", 5_000) {
        plan::measure(usize::try_from(resources).unwrap());
    }
    if part("calls", 0).is_some() {
        daemon::measure();
    }
    if let Some(gib) = part("transfer", 5) {
        transfer::measure(gib * 1024 * 1024 * 1024);
    }
    if let Some(objects) = part("sync", 10_000) {
        sync::measure(usize::try_from(objects).unwrap());
    }
}
