//! AWS Secrets Manager: secrets.

pub(super) mod secret;
