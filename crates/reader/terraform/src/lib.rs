//! A Terraform plan, as `terraform show -json` prints it, read into [`interlock_action::Action`]s.
//!
//! Pure: no I/O, no clock. A change of a resource is judged as the calls of the AWS API by which the provider carries it out,
//! so that a security group reads the same from a plan as from the wire; where no such calls are known, by its type. What no
//! reader knows comes out as an unknown, never as a guess.

mod calls;
mod difference;
mod error;
mod expected;
mod judge;
mod plan;
mod read;
mod resolve;
mod state;
mod stateful;
mod text;

pub use calls::Place;
pub use difference::{Difference, differences};
pub use error::ReadError;
pub use expected::expected;
pub use judge::call_key;
pub use plan::{Act, Change, Configuration, Expressions, Plan, Region, Regions};
pub use read::{Planned, Reading, read};
pub use state::State;
