//! The bytes of an AWS request, read into an [`interlock_action::Action`].
//!
//! Pure: no I/O, no clock. What needs live state comes out as a conditional claim naming the facts it needs; what
//! cannot be told comes out as an unknown, never as a guess.

mod arn;
mod call;
pub mod catalogue;
mod copy_source;
mod effect;
mod error;
pub mod forecast;
pub mod identify;
mod likeness;
mod queue_url;
mod read;
mod record_name;
pub mod rules;
mod stack_template;
mod target;
pub mod wire;

pub use copy_source::copy_source;
pub use effect::secrets_in;
pub use error::ReadError;
pub use likeness::{Names, like};
pub use read::{Candidate, Reading, judge, read, read_without};
pub use record_name::record_name;
