//! Amazon CloudWatch Logs.

mod log_group;
mod retention;
mod subscription;

use super::Way;

/// CloudWatch Logs' ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&log_group::LogGroup, &retention::Retention, &subscription::Subscription];
