//! Amazon SNS.

mod attribute;

use super::Way;

/// SNS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&attribute::Attribute];
