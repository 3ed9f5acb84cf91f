//! AWS IAM.
//!
//! No way back: an access key that is deleted (its secret is nowhere).

mod access_key;
mod attached_policy;
mod boundary;
pub(super) mod inline_policy;
mod membership;
mod policy_version;
mod role;
mod trust_policy;

use super::Way;

/// IAM's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &access_key::AccessKey,
    &attached_policy::AttachedPolicy,
    &boundary::Boundary,
    &inline_policy::InlinePolicy,
    &membership::Membership,
    &policy_version::PolicyVersion,
    &role::Role,
    &trust_policy::TrustPolicy,
];
