//! Amazon CloudFront.

mod distribution;
mod invalidation;

use super::Way;

/// CloudFront's ways.
pub(super) static WAYS: &[&dyn Way] = &[&distribution::Distribution, &invalidation::Invalidation];
