//! Amazon EC2.

mod security_group_rules;

use super::Way;

/// EC2's ways.
pub(super) static WAYS: &[&dyn Way] = &[&security_group_rules::Rules];
