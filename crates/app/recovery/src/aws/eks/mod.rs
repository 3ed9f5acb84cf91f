//! Amazon EKS.
//!
//! No way back: a cluster that is deleted (what it ran is told nowhere else).

mod nodegroup;

use super::Way;

/// EKS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&nodegroup::NodeGroup];
