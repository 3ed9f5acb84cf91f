//! `interlock console`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use interlock_api::{ConsoleLink, LinkReply, Status};

use crate::{command::Global, exit::Exit, fault::Fault, output::Output, sign};

/// Say where the web console is; with a key, print a link that lets its person in.
///
/// The link works once, within a minute. Coming in shows what waits and decides nothing: every decision is signed by itself. With a
/// passkey no link is needed: open the console and sign in.
#[derive(Debug, Args)]
pub(crate) struct Console {
    /// Your OpenSSH key.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Console {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        let link = match &self.key {
            None => LinkReply { url: client.get::<Status>("/v1/status")?.console },
            Some(key) => {
                let signed = sign::administrative(
                    &client,
                    "sign-in",
                    "console",
                    ConsoleLink {},
                    key,
                    "open the console",
                )?;
                client.post("/v1/console", &signed)?
            }
        };
        output.show(&link, |link| link.url.clone());
        Ok(Exit::Ok.into())
    }
}
