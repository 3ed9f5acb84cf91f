//! Amazon EC2 Auto Scaling.

mod group;
mod processes;

use super::Way;

/// Auto Scaling's ways.
pub(super) static WAYS: &[&dyn Way] = &[&group::Group, &processes::Processes];
