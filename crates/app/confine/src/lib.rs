//! The sandbox that `interlock run` uses, and what Claude Code's hooks say.
//!
//! [`check`] looks whether this machine can confine; [`Confinement`] says what a command may reach; [`spawn`] runs it
//! in a bubblewrap sandbox whose only way out is the [doors](Door). [`probe`] tries the sandbox from within.
//!
//! What the sandbox is: new user, pid, ipc, uts, cgroup and network namespaces; no capability, not even in the bounding
//! set; `no_new_privs`; a seccomp filter (see [`seccomp`]); a root of its own in which only what is safe to show is
//! bound, read-only. Credential stores are not covered up but *left out*: a cover is a mount on a directory entry, and
//! the kernel drops it when somebody outside replaces that entry (as every atomic rewrite of a file does).
//!
//! What it is not: protection from what the command writes into the work directory and a person later runs outside
//! (hooks, build scripts, editor settings), from secrets kept in the work directory itself, or from kernel faults.
//! Run as root, the command keeps the numeric root user for file ownership, without any capability; it could leave a
//! set-user-id file in the work directory, which is one more reason not to run agents as root.
//!
//! This crate knows no daemon, no AWS and no policy: doors are sockets to it.

mod cell;
mod clients;
mod confinement;
mod doors;
mod environment;
mod error;
pub mod hook;
mod lures;
mod masks;
mod mounts;
mod options;
#[cfg(test)]
mod place;
mod plan;
pub mod probe;
pub mod relay;
mod run;
mod sandbox;
pub mod seccomp;
mod stores;

pub use cell::{Cell, Occupied};
pub use clients::client_environment;
pub use confinement::{
    CA_BUNDLE, Confinement, Door, DoorSource, ENDPOINT_PORT, INSIDE, PROXY_PORT, RELAY, SHIMS,
};
pub use environment::{Filtered, filter};
pub use error::ConfineError;
pub use lures::Lures;
pub use plan::is_private;
pub use probe::Finding;
pub use run::{Ended, spawn};
pub use sandbox::{Missing, Sandbox, check};
