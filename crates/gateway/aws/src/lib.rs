//! where agents' AWS calls connect, and where a permit is spent
#![allow(dead_code, unused_imports, unreachable_pub, reason = "being built")]
pub mod credentials;
mod error;
mod instant;
pub mod sigv4;
pub mod tls;
pub use error::GatewayError;
