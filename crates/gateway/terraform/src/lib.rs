//! Where agents' Terraform commands connect.
//!
//! The gate takes a work directory, plans it in a cell under a lease that only looks, reads the plan, and takes it down the road as
//! one action. What is let through is applied from the gate's own copy, under a lease that admits the plan's own changes at the
//! AWS gateway and nothing else (ADR-0012). The state is kept here, every version of it, and is read and written by nobody else.
//!
//! The gate knows no daemon, no sandbox and no AWS gateway: what it needs of them is its port, [`House`].

mod action;
mod bundle;
mod command;
mod configuration;
mod doubt;
mod foresee;
mod gate;
mod new;
mod port;
mod program;
mod provider;
mod state;
mod stream;
mod task;
mod tree;
mod words;

pub use bundle::{Bundle, Meta};
pub use command::{Command, Refused, Verb};
pub use foresee::TerraformForesee;
pub use gate::{Gate, Order};
pub use port::{Ended, House, Job, Line, News, Say};
pub use program::Program;
pub use provider::{PROVIDE, provide};
pub use state::{Holder, StateAnswer, States, TWIN};
pub use tree::{Tree, TreeError};
