//! The binary `interlock`: the command line of the control plane between agents and production.

mod agent_door;
mod client;
mod command;
mod exit;
mod fault;
mod output;
mod sign;
mod time;

use clap::Parser;

use crate::{command::Cli, exit::Exit, output::Output};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // A relay inside the sandbox must stay small: it is looked for before anything else is set up.
    if let Some(code) = command::relay_if_asked() {
        return code;
    }
    if let Some(code) = command::shim_if_called() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            return code.into();
        }
    };
    let output = Output::new(cli.global.json, cli.global.error_format);
    match cli.run(&output) {
        Ok(code) => code,
        Err(fault) => {
            output.fault(&fault);
            fault.exit()
        }
    }
}
