//! `interlock session`

use std::process::ExitCode;

use clap::Subcommand;
use interlock_api::{SessionReport, SessionRow};

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, visible},
};

pub(crate) mod report;

/// List sessions, report what became of their calls, and end them.
#[derive(Debug, Subcommand)]
pub(crate) enum Session {
    /// List sessions, the newest first.
    Ls,
    /// Report what became of a session's calls: how many flowed, and what was held or refused, or in an observed session
    /// would have been held, by rule.
    Report {
        /// Which.
        id: String,
    },
    /// End a session: its lease and its keys are worth nothing from then on.
    End {
        /// Which.
        id: String,
        /// Give up what it has asked people, too.
        #[arg(long)]
        requests: bool,
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
                        let mut state = vec![session.state()];
                        let marks = [(session.advisory, "advisory"), (session.observed, "OBSERVED")];
                        state.extend(
                            marks.iter().filter(|(set, _)| session.live && *set).map(|(_, mark)| *mark),
                        );
                        let state = state.join(", ");
                        vec![
                            session.id.to_string(),
                            session.agent.to_string(),
                            state,
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
            Self::Report { id } => {
                let report: SessionReport = client.get(&format!("/v1/sessions/{id}/report"))?;
                output.show(&report, report::words);
            }
            Self::End { id, requests } => {
                client.delete(&format!("/v1/sessions/{id}?requests={requests}"))?;
                output.say(&format!("session {id} ended"));
            }
        }
        Ok(Exit::Ok.into())
    }
}
