//! AWS Cost Explorer.

mod tags;

use super::Way;

/// Cost Explorer's ways.
pub(super) static WAYS: &[&dyn Way] = &[&tags::Tags];
