//! `interlock request`

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use interlock_approval::{Person, State, Statement};
use interlock_daemon::api::{DecisionRequest, RequestRow, RequestView};

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
};

/// Look at held actions and decide on them.
#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// List held actions, the newest first.
    Ls {
        /// Only these: pending, approved, denied, expired, consumed, void.
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
    },
    /// Show one: what it would do, why it is held, who has approved.
    Show {
        /// Which.
        id: String,
    },
    /// Approve one: sign its digest with your key.
    Approve(Decide),
    /// Deny one: final for this request.
    Deny(Decide),
    /// Wait until it is settled. Status 0 approved or spent, 11 still waiting, 12 denied or expired.
    Wait {
        /// Which.
        id: String,
        /// For how long at most.
        #[arg(long, default_value_t = 600, value_name = "SECONDS")]
        seconds: u64,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// Which.
    id: String,
    /// Your OpenSSH key; a public key if its private half is in an agent or on a security key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
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
                output.show(&view, card);
                Ok(Exit::Ok.into())
            }
            Self::Approve(decide) => decide.run(&client, "approve", output),
            Self::Deny(decide) => decide.run(&client, "deny", output),
            Self::Wait { id, seconds } => {
                let view: RequestView = client.get(&format!("/v1/requests/{id}/wait?seconds={seconds}"))?;
                output.show(&view.ticket.state, |_| view.ticket.state.name().to_owned());
                Ok(settled(&view.ticket.state).into())
            }
        }
    }
}

fn settled(state: &State) -> Exit {
    match state {
        State::Approved { .. } | State::Consumed { .. } => Exit::Ok,
        State::Pending => Exit::Held,
        State::Denied { .. } | State::Expired | State::Void { .. } => Exit::Denied,
    }
}

impl Decide {
    fn run(self, client: &crate::client::Client, verb: &str, output: &Output) -> Result<ExitCode, Fault> {
        let view: RequestView = client.get(&format!("/v1/requests/{}", self.id))?;
        let people: Vec<Person> = client.get("/v1/people")?;
        let person = sign::signer(&people, &self.key)?;
        let ticket = &view.ticket;
        let statement =
            Statement::on_ticket(verb, &ticket.id, ticket.digest, &person, &self.reason, &ticket.held.nonce);
        let body = DecisionRequest {
            decision: verb.to_owned(),
            signature: sign::statement(&statement, &self.key)?,
            person,
            reason: self.reason,
        };
        let decided: RequestView = client.post(&format!("/v1/requests/{}/decision", self.id), &body)?;
        output.show(&decided, |view| {
            let ticket = &view.ticket;
            let count = format!("{} of {} approvals", ticket.filled(), ticket.quorum.slots.len());
            let next = match (&ticket.state, ticket.quorum.delay) {
                (State::Pending, _) => "it still waits",
                (State::Approved { .. }, Some(_)) => {
                    "it passes once, after the delay; `interlock request deny` still stops it"
                }
                (State::Approved { .. }, None) => "the same call passes once",
                _ => "",
            };
            format!("request {} is {} ({count})\n{next}", ticket.id, ticket.state.name())
        });
        Ok(Exit::Ok.into())
    }
}

/// Everything a person needs in order to decide; nothing is shortened. Destroys stand first.
fn card(view: &RequestView) -> String {
    let ticket = &view.ticket;
    let held = &ticket.held;
    let forecast = &held.forecast;
    let mut lines = vec![
        format!("request    {}  {}  tier {}", ticket.id, ticket.state.name(), held.tier),
        format!("operation  {}", held.action.operation),
    ];
    if ticket.advisory {
        lines.push("ADVISORY   this session runs outside the sandbox".to_owned());
    }
    if held.launch.unproved {
        lines.push(
            "UNPROVED   nobody signed for a launch of this session: anybody may have launched it".to_owned(),
        );
    }
    let mut changes: Vec<_> = forecast.changes.iter().collect();
    changes.sort_by_key(|change| change.effect != interlock_action::Effect::Destroy);
    section(&mut lines, "would", changes.iter().map(|change| change.what.clone()));
    section(&mut lines, "data lost", forecast.data_loss.iter().cloned());
    let count = |n: Option<u32>| n.map_or("unread".to_owned(), |n| n.to_string());
    // Of what bears no data nobody counted any.
    let destroys = changes.iter().any(|change| change.effect == interlock_action::Effect::Destroy);
    if destroys || forecast.recovery != interlock_action::RecoveryCount::default() {
        lines.push(format!(
            "recovery   {} recovery points now, {} afterwards",
            count(forecast.recovery.before),
            count(forecast.recovery.after)
        ));
    }
    let fate = |survives| if survives { "survives" } else { "dies" };
    section(
        &mut lines,
        "",
        forecast.points.iter().map(|p| format!("{} {} {}", p.what, p.id, fate(p.survives))),
    );
    section(&mut lines, "dependents", forecast.dependents.iter().cloned());
    section(&mut lines, "unknown", forecast.unknowns.iter().chain(&held.action.unknowns).cloned());
    for target in &held.action.targets {
        let environment =
            target.environment.as_ref().map_or("unclassified", |environment| environment.as_str());
        lines.push(format!("target     {} ({environment})", target.id));
    }
    section(
        &mut lines,
        "why held",
        held.reasons.iter().map(|reason| format!("[{}] {}", reason.rule, reason.why)),
    );
    lines.push(format!("needs      {}", held.needs.join(", ")));
    lines.push(format!("arguments  {}", held.action.arguments));
    lines.push(format!("agent      {} of {}, launched by {}", held.agent, held.owner, held.launch));
    lines.push(format!("task       {}", held.task));
    section(
        &mut lines,
        "agent says",
        held.action.stated_reason.iter().map(|words| format!("{words} (unverified)")),
    );
    section(&mut lines, "prompt", view.prompt.iter().map(|words| format!("{words} (unverified)")));
    let yes = |a: &interlock_approval::Approval| format!("{} at {}: {}", a.person, time(a.at), a.reason);
    section(&mut lines, "approved", ticket.approvals.iter().map(yes));
    lines.push(format!("quorum     {} of {}", ticket.filled(), ticket.quorum.slots.len()));
    lines.push(format!("digest     {}", ticket.digest));
    lines.push(format!("expires    {}", time(held.expires)));
    lines.push(format!(
        "\nnext: interlock request approve {} --key FILE --reason TEXT   (or deny)",
        ticket.id
    ));
    lines.iter().map(|line| visible(line)).collect::<Vec<_>>().join("\n")
}

fn section(lines: &mut Vec<String>, name: &str, items: impl Iterator<Item = String>) {
    for (at, item) in items.enumerate() {
        lines.push(format!("{:<10} {item}", if at == 0 { name } else { "" }));
    }
}
