//! Amazon EventBridge.

mod rule;

use super::Way;

/// EventBridge's ways.
pub(super) static WAYS: &[&dyn Way] = &[&rule::Rule];
