//! `interlock man`: the manual pages, made from the commands themselves. For whoever packages the program.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, CommandFactory as _};
use clap_mangen::roff::{Roff, bold, roman};

use crate::{command::Cli, exit, fault::Fault, output::Output};

/// Variables that the program reads, or sets for what it runs.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("INTERLOCK_HOME", "The home, where --home is not given."),
    ("INTERLOCK_SOCKETS", "The folder of the daemon's sockets, where --sockets is not given."),
    ("INTERLOCK_LOG", "What serve logs: error, warn (the default), info, debug."),
    (
        "XDG_STATE_HOME",
        "Where the home is when nothing names one: interlock below it, else below ~/.local/state.",
    ),
    ("NO_COLOR", "Set to anything: no colour."),
    ("TERM", "Set to dumb: request watch writes lines instead of a screen."),
    ("INTERLOCK_SESSION", "Set by run for its command: the session's id."),
];

/// Write the manual pages, one a command, into a folder.
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct Man {
    /// The folder; made if it is not there.
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(self, output: &Output) -> Result<ExitCode, Fault> {
        std::fs::create_dir_all(&self.folder).map_err(|error| Fault::file(&self.folder, &error))?;
        let mut root = Cli::command().disable_help_subcommand(true);
        root.build();
        let mut pages = Vec::new();
        write(&root, "interlock", &[], &self.folder, &mut pages)?;
        output.show(&pages, |pages| pages.join("\n"));
        Ok(exit::Exit::Ok.into())
    }
}

/// Writes the page of a command, then those of the commands below it.
fn write(
    command: &clap::Command,
    name: &str,
    above: &[String],
    folder: &Path,
    pages: &mut Vec<String>,
) -> Result<(), Fault> {
    let below: Vec<&clap::Command> = command.get_subcommands().filter(|below| !below.is_hide_set()).collect();
    let names: Vec<String> = below.iter().map(|below| format!("{name}-{}", below.get_name())).collect();
    let others: Vec<String> = above.iter().chain(&names).cloned().collect();
    let path = folder.join(format!("{name}.1"));
    let page = page(command, name, &others).map_err(|error| Fault::file(&path, &error))?;
    std::fs::write(&path, page).map_err(|error| Fault::file(&path, &error))?;
    pages.push(format!("{name}.1"));
    let above: Vec<String> = above.iter().cloned().chain([name.to_owned()]).collect();
    for (command, name) in below.into_iter().zip(&names) {
        write(command, name, &above, folder, pages)?;
    }
    Ok(())
}

fn page(command: &clap::Command, name: &str, others: &[String]) -> std::io::Result<Vec<u8>> {
    let source = concat!("interlock ", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command.clone()).title(name).manual("Interlock").source(source);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().any(|argument| !argument.is_hide_set()) {
        man.render_options_section(&mut page)?;
    }
    let mut further = Roff::default();
    further.control("SH", ["EXIT STATUS"]);
    for exit in exit::ALL {
        further.control("TP", []).text([bold((*exit as u8).to_string())]).text([roman(exit.meaning())]);
    }
    further.control("SH", ["ENVIRONMENT"]);
    for (variable, meaning) in ENVIRONMENT {
        further.control("TP", []).text([bold(*variable)]).text([roman(*meaning)]);
    }
    if !others.is_empty() {
        let list: Vec<String> = others.iter().map(|other| format!("{other}(1)")).collect();
        further.control("SH", ["SEE ALSO"]).text([roman(list.join(", "))]);
    }
    further.to_writer(&mut page)?;
    Ok(page)
}
