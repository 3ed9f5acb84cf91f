//! AWS KMS.

mod alias;
mod key_policy;
mod key_rotation;
mod key_state;

use super::Way;

/// KMS's ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&alias::Alias, &key_policy::KeyPolicy, &key_rotation::KeyRotation, &key_state::KeyState];
