//! EC2 Auto Scaling: groups, and single instances of theirs.

pub(super) mod group;
pub(super) mod member;
