//! `interlock demo`

use std::process::ExitCode;

use clap::Args;

use crate::{command::Global, fault::Fault, output::Output};

/// Show the school's loss in two arms on an emulator: with bare credentials, and through Interlock.
#[derive(Debug, Args)]
pub(crate) struct Demo {}

impl Demo {
    pub(crate) fn run(self, _global: &Global, _output: &Output) -> Result<ExitCode, Fault> {
        Err(Fault::failed("being built"))
    }
}
