//! Measures the road on this machine: durable decisions a second, CPU of a decision, what the gateway adds to a call,
//! and how much memory the daemon holds after many calls. Every figure comes from this run.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for measuring: a fault here is a failed measurement"
)]

mod client;
mod daemon;
mod decisions;
mod machine;
mod responder;
mod stats;

/// As in the binary that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let scratch = interlock_tests::Scratch::new("bench");
    machine::print(scratch.path());
    decisions::cpu();
    decisions::durable(scratch.path());
    daemon::measure();
}
