//! A house for end-to-end tests: an emulator of the cloud, a home, the real daemon, and agents run by the real binary.
//!
//! Everything a test starts ends with it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this crate is only for tests: a fault here is a failed test"
)]

mod emulator;
mod home;
mod place;

pub use emulator::Emulator;
pub use home::{Daemon, Home, Output};
pub use place::{Scratch, binary, python, skip, tool, tools_in_sight};
