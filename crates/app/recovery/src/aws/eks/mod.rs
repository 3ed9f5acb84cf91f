//! Amazon EKS.

mod cluster;
mod nodegroup;

use super::Way;

/// EKS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&cluster::Cluster, &nodegroup::NodeGroup];
