//! Amazon ElastiCache.

mod replication_group;

use super::Way;

/// ElastiCache's ways.
pub(super) static WAYS: &[&dyn Way] = &[&replication_group::ReplicationGroup];
