//! Amazon EFS.

mod file_system;

use super::Way;

/// EFS's ways.
pub(super) static WAYS: &[&dyn Way] = &[&file_system::FileSystem];
