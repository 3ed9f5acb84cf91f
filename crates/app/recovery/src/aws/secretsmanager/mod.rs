//! AWS Secrets Manager.

mod resource_policy;
mod secret_deletion;
mod secret_version;

use super::Way;

/// Secrets Manager's ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&resource_policy::ResourcePolicy, &secret_deletion::Deletion, &secret_version::Version];
