//! AWS Lambda.
//!
//! No way back: the code of a function that is packaged as an archive, written over or deleted with it. It is handed out by an
//! address that works without a signature, and such reads are refused even to Interlock. The code of a function that is
//! packaged as an image stands in its repository.

mod alias;
mod code;
mod concurrency;
mod configuration;
mod function;
mod image;
mod permission;

use super::Way;

/// Lambda's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &alias::Alias,
    &code::Code,
    &concurrency::Concurrency,
    &configuration::Configuration,
    &function::Function,
    &permission::Permission,
];
