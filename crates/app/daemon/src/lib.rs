//! Wires everything: home, store, road, gateways, and the HTTP API that the command line speaks.
//!
//! The API listens on a Unix socket in the home, which a confined agent cannot reach. What weakens a guard takes a
//! person's signature there too.

mod admin;
mod admit;
mod agent_door;
mod arap;
mod attempts;
mod authzen;
mod clock;
pub mod config;
mod console;
mod control;
mod decide;
mod dismissal;
mod error;
pub mod explain;
mod glass;
mod grant;
mod home;
mod in_force;
mod launch;
mod nonce;
mod notify;
mod oidc;
mod openapi;
mod peer;
mod person;
mod plan;
mod policy;
mod post;
mod recovery;
mod redact;
mod report;
mod runs;
mod serve;
mod session;
mod signed;
mod state;
mod terraform;
mod undo;
mod witness;

pub use console::Promises;
pub use error::DaemonError;
pub use home::{HomePaths, InitAnswer, init, resolve_home};
pub use interlock_gateway_terraform::{PROVIDE, provide};
pub use policy::{Pending, PolicyFolder, Reviewed, apply, in_force};
pub use redact::redact;
pub use serve::{Listen, Ready, Sockets, serve};
pub use terraform::{NAMES as SHIMS, STANDS};
