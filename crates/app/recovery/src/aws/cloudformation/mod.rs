//! AWS CloudFormation.
//!
//! No way back: a stack that is deleted. Its template makes the resources anew; what they held, and their ids, is gone with
//! them, and where that was data an empty resource of the same name would hide it.

mod stack;

use super::Way;

/// CloudFormation's ways.
pub(super) static WAYS: &[&dyn Way] = &[&stack::Stack];
