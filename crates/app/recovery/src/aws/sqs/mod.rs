//! Amazon SQS.
//!
//! No way back: a queue that is purged.

mod attributes;
mod queue;

use super::Way;

/// SQS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&attributes::Attributes, &queue::Queue];
