//! Amazon ECR.

mod image;

use super::Way;

/// ECR's ways.
pub(super) static WAYS: &[&dyn Way] = &[&image::Image];
