//! Where agents' AWS calls connect, and where a permit is spent.
//!
//! An agent holds a virtual access key that works only here. A request comes in through one of two doors ([`AwsGateway`]),
//! its signature is checked against the virtual key ([`sigv4`]), the reader says what it is, the road says whether it may
//! ([`Admit`]), and what was judged is written anew, signed with real credentials and sent. The gateway decides nothing
//! itself, and sends nothing of an agent's without a permit.
//!
//! Presigned URLs: clients make them locally, with the virtual key, so they work through Interlock's doors only (through
//! the proxy, or at the endpoint door for whoever can reach it) and only while the session's lease is live. To hand a
//! URL to somebody outside, a person must make it.

mod account;
mod config;
pub mod credentials;
mod door;
mod error;
mod gateway;
mod handle;
mod instant;
mod outbound;
mod port;
mod session;
pub mod sigv4;
pub mod tls;
mod upstream;

pub use config::GatewayConfig;
pub use credentials::{CredentialError, CredentialSource, Credentials, HomeKey, VirtualKeys};
pub use door::Listening;
pub use error::GatewayError;
pub use gateway::AwsGateway;
pub use interlock_reader_aws::forecast::Measures;
pub use port::{AwsExecute, AwsForesee, AwsInspect};
pub use session::{Admit, EgressLog, EgressNote, JournalPort, Rehearsed, Sessions};
pub use tls::Authority;
