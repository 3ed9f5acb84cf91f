//! AWS Systems Manager.

mod parameter;

use super::Way;

/// Systems Manager's ways.
pub(super) static WAYS: &[&dyn Way] = &[&parameter::Parameter];
