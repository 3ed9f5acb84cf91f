//! `cargo xtask test`

use crate::{
    error::XtaskError,
    house::House,
    program,
    setup::{Extent, Tools, run},
};

/// Sets up, builds, and runs all tests, or those that the arguments choose.
pub(crate) fn test(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    let tools = run(house, Extent::Test)?;
    all(house, &tools, arguments, false)
}

/// Builds and runs; with `strict`, a test that would skip itself fails instead.
pub(super) fn all(
    house: &House,
    tools: &Tools,
    arguments: &[String],
    strict: bool,
) -> Result<(), XtaskError> {
    let command = |words: &[&str]| {
        let mut command = house.cargo();
        command.args(words);
        tools.lend(&mut command);
        // Tests ask this one variable whether they may skip.
        if strict {
            command.env("CI", "true");
        }
        command
    };
    // The end to end tests run the programs, which building the tests alone would not bring up to date.
    program::run(&mut command(&["build", "--workspace", "--bins"]))?;
    if arguments.is_empty() {
        program::run(&mut command(&["test", "--workspace", "--doc", "--quiet"]))?;
    }
    // Last, so that its summary is what a reader sees.
    program::run(command(&["nextest", "run"]).args(arguments))
}
