//! `interlock terraform`, and what stands in Terraform's place on an agent's path.

mod adopt;
mod door;
mod pack;

use std::{
    ffi::OsString,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::{Args, Subcommand};
use interlock_api::{TerraformCommand, WorkspaceRow};
use interlock_daemon::STANDS;

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{ErrorFormat, Output, table, time, visible},
};

/// Terraform, through Interlock: planned by the gate, held where people are to decide, applied from what they approved.
///
/// Inside `interlock run`, `terraform` and `tofu` are this command. A plan is made in a sandbox under a lease that only looks.
/// What is applied is what was planned: the plan, every file beside it, the providers and the state. The state is kept by the
/// daemon, every version of it.
#[derive(Debug, Args)]
pub(crate) struct Terraform {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Adopt(adopt::Adopt),
    /// List the workspaces whose states Interlock keeps.
    Workspaces,
    /// init, validate, plan, apply, destroy, output, show, state list: as in Terraform, inside `interlock run`; rehearse: play what is
    /// planned on a twin, where the configuration names a stage; rollback: plan what was last verified against the present state, and apply it
    /// on the same road.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

impl Terraform {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        match self.verb {
            Verb::Adopt(adopt) => adopt.run(global, output),
            Verb::Workspaces => workspaces(global, output),
            Verb::Other(words) => Ok(shim("terraform", words)),
        }
    }
}

/// Terraform's own commands that read a configuration and nothing else: they need no gate.
const LOCAL: [&str; 7] = ["fmt", "version", "-version", "--version", "-help", "--help", "-h"];

/// What is run where Terraform was called.
pub(crate) fn shim(name: &str, words: Vec<OsString>) -> ExitCode {
    let verb = words.iter().find_map(|word| word.to_str().filter(|word| !word.starts_with("-chdir")));
    let fault = match verb {
        None => Err(beside(name, &words)),
        Some(verb) if LOCAL.contains(&verb) => Err(beside(name, &words)),
        Some(_) => gate(words),
    };
    fault.unwrap_or_else(|fault| {
        Output::new(false, ErrorFormat::default()).fault(&fault);
        fault.exit()
    })
}

/// Runs the next program of this name on the path, in place of this one.
fn beside(name: &str, words: &[OsString]) -> Fault {
    let itself = std::env::current_exe().and_then(|path| path.canonicalize()).ok();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let stands = |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.contains(STANDS));
    let other = |path: &PathBuf| path.is_file() && path.canonicalize().ok() != itself && !stands(path);
    let other = std::env::split_paths(&paths).map(|folder| folder.join(name)).find(other);
    match other {
        Some(program) => {
            let error = Command::new(&program).args(words).exec();
            Fault::failed(format!("cannot run `{}`: {error}", program.display()))
        }
        None => Fault::failed(format!("there is no `{name}` here")),
    }
}

/// A command for the gate.
fn gate(words: Vec<OsString>) -> Result<ExitCode, Fault> {
    let mut folder =
        std::env::current_dir().map_err(|error| Fault::failed(format!("no working directory: {error}")))?;
    let mut arguments = Vec::new();
    for word in words {
        let word = word.into_string().map_err(|_| Fault::usage("a command line is text"))?;
        match word.strip_prefix("-chdir=") {
            Some(into) => folder = folder.join(into),
            None => arguments.push(word),
        }
    }
    let folder = folder.canonicalize().map_err(|error| Fault::file(&folder, &error))?;
    let root = root_of(&folder);
    let within = folder.strip_prefix(&root).unwrap_or(Path::new("")).display().to_string();
    let needs_tree =
        !matches!(arguments.first().map(String::as_str), Some("state" | "output" | "show" | "rollback"));
    let archive = if needs_tree { pack::pack(&root, &folder)? } else { pack::empty()? };
    let command = TerraformCommand { arguments, root: root.display().to_string(), folder: within };
    let code = door::send(&command, archive, &folder)?;
    Ok(ExitCode::from(code))
}

/// What is sent along with a configuration: the repository that it stands in, for its modules.
fn root_of(folder: &Path) -> PathBuf {
    let repository = folder.ancestors().find(|folder| folder.join(".git").exists());
    repository.unwrap_or(folder).to_owned()
}

fn workspaces(global: &Global, output: &Output) -> Result<ExitCode, Fault> {
    let rows: Vec<WorkspaceRow> = global.client()?.get("/v1/terraform/workspaces")?;
    output.show(&rows, |rows| {
        let row = |row: &WorkspaceRow| {
            let latest = row.versions.last();
            vec![
                visible(row.workspace.as_str()),
                latest.map_or_else(String::new, |state| state.serial.to_string()),
                latest.map_or_else(String::new, |state| state.resources.to_string()),
                latest.map_or_else(String::new, |state| time(state.at)),
                row.good
                    .as_ref()
                    .map_or_else(|| "never".to_owned(), |good| format!("version {}", good.version)),
                latest.map_or_else(String::new, |state| visible(&state.lineage)),
            ]
        };
        let rows: Vec<_> = rows.iter().map(row).collect();
        table(&["WORKSPACE", "SERIAL", "RESOURCES", "WRITTEN", "VERIFIED", "LINEAGE"], &rows)
    });
    Ok(Exit::Ok.into())
}
