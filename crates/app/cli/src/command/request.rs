//! `interlock request`

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use interlock_action::TicketId;
use interlock_api::{RequestRow, RequestView};
use interlock_approval::State;

use crate::{
    client::Client,
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    time::now,
};

mod card;
mod decide;
mod watch;

use decide::Decide;
use interlock_flow::Decisive;

/// Approves what the signing person has just asked for themselves.
pub(crate) fn approve_own(
    client: &Client,
    id: &TicketId,
    key: &Path,
    reason: &str,
) -> Result<RequestView, Fault> {
    let view: RequestView = client.get(&format!("/v1/requests/{id}"))?;
    decide::decide(client, &view, Decisive::Approve, key, reason)
}

/// Look at held actions and decide on them.
#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// List held actions, the newest first.
    Ls {
        /// Only these.
        #[arg(long, value_name = "STATE", value_parser = STATES)]
        state: Option<String>,
    },
    /// Follow them as they come, and decide on them.
    ///
    /// On a terminal: j and k move, Enter opens one, a approves and d denies what is open, q ends. Before it can be
    /// approved it has to be read to its end; deciding takes a key, your words, and for an approval the name of what it is
    /// about. Elsewhere, and with --lines or --json: one line for each request that is opened or moves.
    Watch(watch::Watch),
    /// Show one: what it would do, why it is held, who has approved.
    Show {
        /// Which.
        id: String,
    },
    /// Approve one: sign its digest with your key.
    Approve(Decide),
    /// Deny one: final for this request.
    Deny(Decide),
    /// Wait until it is settled. Status 0 approved or spent, 11 still waiting, also for a delay, 12 denied or expired.
    Wait {
        /// Which.
        id: String,
        /// For how long at most.
        #[arg(long, default_value_t = 600, value_name = "SECONDS")]
        seconds: u64,
    },
}

impl Request {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let client = global.client()?;
        match self {
            Self::Ls { state } => {
                let mut rows: Vec<RequestRow> = client.get("/v1/requests")?;
                rows.retain(|row| state.as_ref().is_none_or(|state| row.state == *state));
                output.show(&rows, |rows| {
                    let row = |row: &RequestRow| {
                        vec![
                            row.id.to_string(),
                            row.state.clone(),
                            row.tier.clone(),
                            row.operation.clone(),
                            visible(&row.target),
                            row.agent.clone(),
                            row.approvals.clone(),
                        ]
                    };
                    let rows: Vec<_> = rows.iter().map(row).collect();
                    table(&["REQUEST", "STATE", "TIER", "OPERATION", "TARGET", "AGENT", "APPROVALS"], &rows)
                });
                Ok(Exit::Ok.into())
            }
            Self::Show { id } => {
                let view: RequestView = client.get(&format!("/v1/requests/{id}"))?;
                output.show(&view, card::card);
                Ok(Exit::Ok.into())
            }
            Self::Approve(decide) => decide.run(&client, Decisive::Approve, output),
            Self::Deny(decide) => decide.run(&client, Decisive::Deny, output),
            Self::Watch(watch) => watch.run(global, output),
            Self::Wait { id, seconds } => {
                let view: RequestView = client.get(&format!("/v1/requests/{id}/wait?seconds={seconds}"))?;
                let from = view.ticket.passes_from().filter(|from| now() < *from);
                output.show(&view.ticket.state, |state| match from {
                    Some(from) => format!("{}, and passes from {} on", state.name(), time(from)),
                    None => state.name().to_owned(),
                });
                Ok(if from.is_some() { Exit::Held } else { settled(&view.ticket.state) }.into())
            }
        }
    }
}

/// What a request can be.
const STATES: [&str; 6] = ["pending", "approved", "denied", "expired", "consumed", "void"];

fn settled(state: &State) -> Exit {
    match state {
        State::Approved { .. } | State::Consumed { .. } => Exit::Ok,
        State::Pending => Exit::Held,
        State::Denied { .. } | State::Expired | State::Void { .. } => Exit::Denied,
    }
}
