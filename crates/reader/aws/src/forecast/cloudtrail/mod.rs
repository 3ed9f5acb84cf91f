//! CloudTrail.

pub(super) mod trail;
