//! Amazon Redshift.

mod cluster;

use super::Way;

/// Redshift's ways.
pub(super) static WAYS: &[&dyn Way] = &[&cluster::Cluster];
