//! Running other programs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::error::XtaskError;

/// Runs it with this terminal; a status other than 0 is an error.
pub(crate) fn run(command: &mut Command) -> Result<(), XtaskError> {
    let status = command.status().map_err(|error| XtaskError::Start { program: name(command), error })?;
    if status.success() {
        return Ok(());
    }
    Err(XtaskError::Failed { program: line(command), status, why: String::new() })
}

/// Runs it; its standard output. What it wrote to standard error is told only if it failed.
pub(crate) fn output(command: &mut Command) -> Result<String, XtaskError> {
    command.stdin(Stdio::null());
    let output = command.output().map_err(|error| XtaskError::Start { program: name(command), error })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = format!("\n{}", said.trim_end());
    Err(XtaskError::Failed { program: line(command), status: output.status, why })
}

/// Whether it runs and ends with status 0; what it says goes nowhere.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// The program of this name on the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| executable(candidate))
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
