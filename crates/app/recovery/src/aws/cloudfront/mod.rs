//! Amazon CloudFront.

mod distribution;

use super::Way;

/// CloudFront's ways.
pub(super) static WAYS: &[&dyn Way] = &[&distribution::Distribution];
