//! EC2 Auto Scaling: groups, what scales them later, and single instances of theirs.

pub(super) mod group;
pub(super) mod later;
pub(super) mod member;
