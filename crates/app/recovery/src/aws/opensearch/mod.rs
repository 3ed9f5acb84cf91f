//! Amazon OpenSearch Service.

mod domain;

use super::Way;

/// OpenSearch Service's ways.
pub(super) static WAYS: &[&dyn Way] = &[&domain::Domain];
