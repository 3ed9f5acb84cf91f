//! The commands: nouns, then verbs; one file a noun.

mod agent;
mod break_glass;
mod by;
mod completions;
mod console;
mod demo;
mod doctor;
mod explain;
mod freeze;
mod grant;
mod hook;
mod init;
mod ledger;
mod man;
mod person;
mod plan;
mod policy;
mod recovery;
mod request;
mod run;
mod serve;
mod session;
mod terraform;
mod undo;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    client::Client,
    fault::Fault,
    output::{ErrorFormat, Output},
};

/// The control plane between AI agents and production.
///
/// Agents work with credentials that are good here and nowhere else. Safe calls flow; what could destroy data, cut off
/// access, widen permission or remove a guard is read from the wire, forecast, explained, and held until the right
/// people have approved exactly that effect.
#[derive(Debug, Parser)]
#[command(name = "interlock", version, propagate_version = true, max_term_width = 100, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What the options of every command stand under, so that a command's own come first.
const EVERY: &str = "Options of every command";

/// Where a daemon for the whole machine has its sockets: the packaged unit's runtime directory.
const MACHINE: &str = "/run/interlock";

const AFTER: &str = "\
Exit codes: 0 ok, 1 failed, 2 usage, 10 refused, 11 held, 12 denied or expired, 13 frozen,
            20 ledger broken, 69 daemon unreachable, 78 bad configuration.

Start: interlock init --operator ana --public-key ~/.ssh/id_ed25519.pub
       interlock serve &
       interlock agent add claude --owner ana --key ~/.ssh/id_ed25519
       interlock run --agent claude --task \"tidy the staging buckets\" -- bash";

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The home: keys, ledger, configuration and sockets. Default: the XDG state directory.
    #[arg(long, global = true, env = "INTERLOCK_HOME", hide_env_values = true, value_name = "DIR", help_heading = EVERY)]
    pub(crate) home: Option<PathBuf>,
    /// Where the daemon's sockets stand, if not in the home. Default: the home; `/run/interlock` where there is no home and
    /// a daemon for the whole machine.
    #[arg(long, global = true, env = "INTERLOCK_SOCKETS", hide_env_values = true, value_name = "DIR", help_heading = EVERY)]
    pub(crate) sockets: Option<PathBuf>,
    /// Write data as JSON: the same types as the HTTP API.
    #[arg(long, global = true, help_heading = EVERY)]
    pub(crate) json: bool,
    /// How faults are written to standard error.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = EVERY)]
    pub(crate) error_format: ErrorFormat,
}

impl Global {
    /// The home's folder.
    pub(crate) fn home(&self) -> Result<PathBuf, Fault> {
        interlock_daemon::resolve_home(self.home.clone()).map_err(Fault::from)
    }
    /// The folder of the daemon's sockets.
    pub(crate) fn sockets(&self) -> Result<PathBuf, Fault> {
        if let Some(folder) = &self.sockets {
            return Ok(folder.clone());
        }
        let home = self.home()?;
        // Whoever names a home means that one.
        let machine = self.home.is_none() && !home.exists() && Path::new(MACHINE).exists();
        Ok(if machine { PathBuf::from(MACHINE) } else { home })
    }
    /// The daemon.
    pub(crate) fn client(&self) -> Result<Client, Fault> {
        Client::new(&self.sockets()?)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Serve(serve::Serve),
    Doctor(doctor::Doctor),
    Console(console::Console),
    Run(run::Run),
    Plan(plan::Plan),
    Demo(demo::Demo),
    Explain(explain::Explain),
    #[command(subcommand)]
    Agent(agent::Agent),
    #[command(subcommand)]
    Person(person::Person),
    #[command(subcommand)]
    Request(request::Request),
    #[command(subcommand)]
    Grant(grant::Grant),
    #[command(subcommand)]
    Session(session::Session),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    Freeze(freeze::Freeze),
    Unfreeze(freeze::Unfreeze),
    #[command(subcommand)]
    BreakGlass(break_glass::Command),
    Undo(undo::Undo),
    #[command(subcommand)]
    Recovery(recovery::Recovery),
    Terraform(terraform::Terraform),
    #[command(subcommand)]
    Hook(hook::Hook),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Cli {
    /// Runs the command.
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Fault> {
        let global = &self.global;
        match self.command {
            Command::Init(command) => command.run(global, output),
            Command::Serve(command) => command.run(global, output),
            Command::Doctor(command) => command.run(global, output),
            Command::Console(command) => command.run(global, output),
            Command::Run(command) => command.run(global, output),
            Command::Plan(command) => command.run(output),
            Command::Demo(command) => command.run(global, output),
            Command::Explain(command) => command.run(output),
            Command::Agent(command) => command.run(global, output),
            Command::Person(command) => command.run(global, output),
            Command::Request(command) => command.run(global, output),
            Command::Grant(command) => command.run(global, output),
            Command::Session(command) => command.run(global, output),
            Command::Policy(command) => command.run(global, output),
            Command::Ledger(command) => command.run(global, output),
            Command::Freeze(command) => command.run(global, output),
            Command::Unfreeze(command) => command.run(global, output),
            Command::BreakGlass(command) => command.run(global, output),
            Command::Undo(command) => command.run(global, output),
            Command::Recovery(command) => command.run(global, output),
            Command::Terraform(command) => command.run(global, output),
            Command::Hook(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(output),
        }
    }
}

/// What was called by the name of a program that goes through a gate of Interlock's.
pub(crate) fn shim_if_called() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let mut name = PathBuf::from(arguments.next()?).file_name()?.to_str()?.to_owned();
    if std::env::args_os().nth(1).is_some_and(|word| word == "__shim") {
        name = arguments.nth(1)?.to_str()?.to_owned();
    }
    interlock_daemon::SHIMS.contains(&name.as_str()).then(|| terraform::shim(&name, arguments.collect()))
}

/// What runs inside a sandbox before the command: the relay, `interlock __relay …`, and providers' stand-ins.
pub(crate) fn relay_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments.next()?;
    if asked == interlock_daemon::PROVIDE {
        return Some(interlock_daemon::provide(arguments));
    }
    (asked == "__relay").then(|| interlock_confine::relay::main(arguments))
}
