//! `cargo xtask demo`

use std::process::Command;

use crate::{
    error::XtaskError,
    house::House,
    program,
    setup::{Extent, run},
};

/// Sets up, builds the program, and lets it show the school's loss in both arms.
pub(crate) fn demo(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    let tools = run(house, Extent::Demo)?;
    program::run(house.cargo().args(["build", "--package", "interlock"]))?;
    let mut interlock = Command::new(house.target().join("debug/interlock"));
    interlock.arg("demo").args(arguments);
    tools.lend(&mut interlock);
    program::run(&mut interlock)
}
