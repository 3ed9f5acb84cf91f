//! EKS.

pub(super) mod cluster;
pub(super) mod node_group;
