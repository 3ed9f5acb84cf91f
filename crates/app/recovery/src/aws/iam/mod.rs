//! AWS IAM.

mod inline_policy;

use super::Way;

/// IAM's ways.
pub(super) static WAYS: &[&dyn Way] = &[&inline_policy::InlinePolicy];
