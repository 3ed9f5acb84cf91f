//! `interlock session`

use std::process::ExitCode;

use clap::Subcommand;
use interlock_daemon::api::SessionRow;

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, visible},
};

/// List sessions and end them.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List sessions, the newest first.
    Ls,
    /// End a session: its lease and its keys are worth nothing from then on.
    End {
        /// Which.
        id: String,
    },
}

impl Session {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Ls => {
                let sessions: Vec<SessionRow> = client.get("/v1/sessions")?;
                output.show(&sessions, |sessions| {
                    let row = |session: &SessionRow| {
                        let state = match (session.live, session.advisory) {
                            (true, false) => "live",
                            (true, true) => "live, advisory",
                            (false, _) => "ended",
                        };
                        vec![
                            session.id.to_string(),
                            session.agent.to_string(),
                            state.to_owned(),
                            session.launch.to_string(),
                            visible(&session.task),
                        ]
                    };
                    table(
                        &["SESSION", "AGENT", "STATE", "LAUNCHED BY", "TASK"],
                        &sessions.iter().map(row).collect::<Vec<_>>(),
                    )
                });
            }
            Self::End { id } => {
                client.delete(&format!("/v1/sessions/{id}"))?;
                output.say(&format!("session {id} ended"));
            }
        }
        Ok(Exit::Ok.into())
    }
}
