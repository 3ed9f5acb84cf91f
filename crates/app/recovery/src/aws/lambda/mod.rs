//! AWS Lambda.
//!
//! No way back: a function's code that is written over, and a function that is deleted. The code is handed out by an address
//! that works without a signature, and such reads are refused even to Interlock.

mod alias;
mod concurrency;
mod configuration;
mod permission;

use super::Way;

/// Lambda's ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&alias::Alias, &concurrency::Concurrency, &configuration::Configuration, &permission::Permission];
