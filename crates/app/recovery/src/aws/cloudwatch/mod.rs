//! Amazon CloudWatch.

mod alarm;
mod alarm_actions;

use super::Way;

/// CloudWatch's ways.
pub(super) static WAYS: &[&dyn Way] = &[&alarm::Alarm, &alarm_actions::AlarmActions];
