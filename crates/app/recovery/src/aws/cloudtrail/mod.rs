//! AWS CloudTrail.

mod logging;

use super::Way;

/// CloudTrail's ways.
pub(super) static WAYS: &[&dyn Way] = &[&logging::Logging];
