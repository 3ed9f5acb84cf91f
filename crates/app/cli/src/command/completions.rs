//! `interlock completions`

use std::{io::Write as _, process::ExitCode};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{command::Cli, exit::Exit, fault::Fault};

/// Print a shell's completions.
///
/// bash: interlock completions bash > ~/.local/share/bash-completion/completions/interlock
/// zsh:  interlock completions zsh > a folder of your fpath, as _interlock
/// fish: interlock completions fish > ~/.config/fish/completions/interlock.fish
///
/// The Debian package brings all three.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Completions {
    /// Which shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode, Fault> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "interlock", &mut script);
        let written = std::io::stdout().write_all(&script);
        written.map_err(|error| Fault::failed(format!("cannot write: {error}")))?;
        Ok(Exit::Ok.into())
    }
}
