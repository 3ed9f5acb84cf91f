//! TLS on the agent's side: a local certificate authority, and one certificate a server name, for AWS names only.

mod authority;
mod leaf;
mod names;
#[cfg(test)]
mod tests;

pub use authority::Authority;
pub(crate) use leaf::Leaves;
pub use names::is_aws_name;
