//! AWS Cloud Control API.

mod resource;

use super::Way;

/// Cloud Control's ways.
pub(super) static WAYS: &[&dyn Way] = &[&resource::Resource];
