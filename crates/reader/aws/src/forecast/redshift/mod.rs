//! Amazon Redshift: clusters and their snapshots.

pub(super) mod cluster;
pub(super) mod snapshot;
