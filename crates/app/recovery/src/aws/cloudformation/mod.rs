//! AWS CloudFormation.
//!
//! No way back: a stack that is deleted and bore data. Its template makes the resources anew; what they held is gone with them,
//! and an empty resource of the same name would hide it.

mod deleted_stack;
mod stack;

use super::Way;

/// CloudFormation's ways.
pub(super) static WAYS: &[&dyn Way] = &[&deleted_stack::DeletedStack, &stack::Stack];
