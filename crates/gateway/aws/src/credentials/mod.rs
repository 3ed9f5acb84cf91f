//! Credentials: the real ones that only Interlock holds, and the virtual ones that agents get.

mod assumed;
mod instance;
mod profile;
mod provider;
mod source;
#[cfg(test)]
mod tests;
mod virtual_key;

pub(crate) use assumed::{Assumed, AssumedKeys};
pub(crate) use provider::Provider;
pub use source::{CredentialError, CredentialSource, Credentials};
pub use virtual_key::{HomeKey, VirtualKeys};
