//! Amazon EFS: file systems, and the ways into them.

pub(super) mod access_point;
pub(super) mod file_system;
pub(super) mod mount_target;
