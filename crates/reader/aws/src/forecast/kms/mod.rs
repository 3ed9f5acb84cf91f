//! AWS KMS: keys and the names they go by.

pub(super) mod alias;
pub(super) mod key;
mod users;
