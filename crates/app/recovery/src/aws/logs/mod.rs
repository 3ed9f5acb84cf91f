//! Amazon CloudWatch Logs.

mod log_group;
mod retention;

use super::Way;

/// CloudWatch Logs' ways.
pub(super) static WAYS: &[&dyn Way] = &[&log_group::LogGroup, &retention::Retention];
