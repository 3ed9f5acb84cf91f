//! Amazon MemoryDB: clusters.

pub(super) mod cluster;
