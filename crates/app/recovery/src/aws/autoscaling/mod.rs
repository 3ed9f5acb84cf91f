//! Amazon EC2 Auto Scaling.

mod group;
mod processes;
mod protection;

use super::Way;

/// Auto Scaling's ways.
pub(super) static WAYS: &[&dyn Way] = &[&group::Group, &processes::Processes, &protection::Protection];
