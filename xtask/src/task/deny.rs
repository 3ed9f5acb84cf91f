//! Licences, banned and doubled crates, where crates come from, and known vulnerabilities.

use std::process::Command;

use crate::{error::XtaskError, house::House, program, setup::Tools};

/// Checks. Vulnerabilities need a database from the network: where it cannot be had, that one check is said, in capitals,
/// not to have been made.
pub(super) fn deny(house: &House, tools: &Tools) -> Result<(), XtaskError> {
    program::run(command(house, tools).args(["check", "bans", "licenses", "sources"]))?;
    match program::output(command(house, tools).args(["fetch", "db"])) {
        Ok(_) => program::run(command(house, tools).args(["check", "advisories"])),
        Err(why) => {
            let why = why.to_string();
            let last = why.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            println!(
                "NOT CHECKED: known vulnerabilities; their database cannot be fetched from here: {last}"
            );
            Ok(())
        }
    }
}

fn command(house: &House, tools: &Tools) -> Command {
    let mut command = house.cargo();
    tools.lend(&mut command);
    command.args(["deny", "--locked", "--log-level", "error"]);
    command
}
