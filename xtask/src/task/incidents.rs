//! `cargo xtask incidents`

use crate::{error::XtaskError, house::House, program, setup};

/// Plays losses that happened to their end, and back, on an emulator: too long for every run of the tests.
pub(crate) fn incidents(house: &House) -> Result<(), XtaskError> {
    let tools = setup::run(house, setup::Extent::Demo)?;
    for package in ["interlock", "interlock-tests"] {
        let mut cargo = house.cargo();
        cargo.args(["build", "--package", package, "--bins"]);
        program::run(&mut cargo)?;
    }
    let mut cargo = house.cargo();
    tools.lend(&mut cargo);
    cargo.args(["run", "--package", "interlock-tests", "--bin", "incidents"]);
    program::run(&mut cargo)
}
