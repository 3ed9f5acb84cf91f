//! The commands, one file each.

mod bench;
mod ci;
mod demo;
mod deny;
mod dist;
mod fuzz;
mod incidents;
mod setup;
mod test;
mod tidy;

pub(crate) use bench::bench;
pub(crate) use ci::ci;
pub(crate) use demo::demo;
pub(crate) use dist::dist;
pub(crate) use fuzz::fuzz;
pub(crate) use incidents::incidents;
pub(crate) use setup::setup;
pub(crate) use test::test;
pub(crate) use tidy::tidy;

use crate::error::XtaskError;

/// Refuses arguments where there are none to give.
fn none(command: &str, arguments: &[String]) -> Result<(), XtaskError> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(XtaskError::Usage(format!("`{first}` is no argument of `{command}`"))),
    }
}
