//! `interlock init`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use crate::{command::Global, exit::Exit, fault::Fault, output::Output};

/// Make a home: keys, ledger, configuration, and the first person.
///
/// The configuration it writes proposes environments from the account that the credentials in this environment can
/// see. Read it before the first `interlock serve`: what no rule classifies is production.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The first person: your name.
    #[arg(long, value_name = "NAME")]
    operator: String,
    /// Your OpenSSH public key; `-` reads it from standard input, where another account makes the home.
    #[arg(long, value_name = "FILE.pub")]
    public_key: PathBuf,
}

impl Init {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let home = global.home()?;
        let key = if self.public_key.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&self.public_key)
        };
        let key = key.map_err(|error| Fault::file(&self.public_key, &error))?;
        if key.contains("PRIVATE KEY") {
            let why = format!("`{}` is a private key", self.public_key.display());
            return Err(
                Fault::usage(why).hint("give its public half, which `ssh-keygen` puts beside it: FILE.pub")
            );
        }
        let answer = interlock_daemon::init(&home, &self.operator, &key)?;
        output.show(&answer, |answer| {
            format!(
                "home {}\noperator {} ({})\nconfiguration {}{}\n\nnext: say in it what is not production, then interlock serve",
                answer.home,
                answer.operator,
                answer.fingerprint,
                answer.configuration,
                answer.account.as_ref().map(|account| format!(" (proposes environments for account {account})")).unwrap_or_default()
            )
        });
        Ok(Exit::Ok.into())
    }
}
