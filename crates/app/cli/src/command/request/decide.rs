//! Approving and denying: a person's signature over a request's digest.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use interlock_action::{PersonId, Surface};
use interlock_api::{DecisionRequest, RequestView, Status};
use interlock_approval::{Person, State, Statement};
use interlock_flow::Decisive;

use crate::{client::Client, exit::Exit, fault::Fault, output::Output, sign};

/// How long somebody has to decide in the console, in seconds.
const PATIENCE: u64 = 600;

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

impl Decide {
    pub(super) fn run(
        self,
        client: &Client,
        verb: Decisive,
        output: &Output,
    ) -> Result<std::process::ExitCode, Fault> {
        let view: RequestView = client.get(&format!("/v1/requests/{}", self.id))?;
        let decided = decide(client, &view, verb, &self.key, &self.reason)?;
        output.show(&decided, words);
        Ok(Exit::Ok.into())
    }
}

/// Signs what was shown, and no other.
pub(super) fn decide(
    client: &Client,
    view: &RequestView,
    verb: Decisive,
    key: &Path,
    reason: &str,
) -> Result<RequestView, Fault> {
    let people: Vec<Person> = client.get("/v1/people")?;
    let person = sign::signer(&people, key)?;
    let ticket = &view.ticket;
    let statement =
        Statement::on_ticket(verb.verb(), &ticket.id, ticket.digest, &person, reason, &ticket.held.nonce);
    if sign::whose_passkey(key).is_some() {
        return in_console(client, view, &person);
    }
    let body = DecisionRequest {
        decision: verb.verb().to_owned(),
        signature: sign::statement(&statement, key)?,
        person,
        reason: reason.to_owned(),
    };
    client.post(&format!("/v1/requests/{}/decision", ticket.id), &body)
}

/// Leads to the page of the request, where passkeys decide, and waits until this person has.
fn in_console(client: &Client, view: &RequestView, person: &PersonId) -> Result<RequestView, Fault> {
    let id = &view.ticket.id;
    let console = client.get::<Status>("/v1/status")?.console;
    eprintln!("decide in a browser: {console}/requests/{id}");
    for _ in 0..PATIENCE {
        let now: RequestView = client.get(&format!("/v1/requests/{id}"))?;
        let approved = now.ticket.approvals.iter().any(|approval| approval.person == *person);
        if approved || !now.ticket.is_open() {
            return Ok(now);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
    Err(Fault::failed("nobody decided in the console in time")
        .hint("it still waits: open its page when you can"))
}

/// What came of it.
pub(super) fn words(view: &RequestView) -> String {
    let ticket = &view.ticket;
    let count = format!("{} of {} approvals", ticket.filled(), ticket.quorum.slots.len());
    let next = match (&ticket.state, ticket.quorum.delay) {
        (State::Pending, _) => "it still waits",
        (State::Approved { .. }, Some(_)) => {
            "it passes once, after the delay; `interlock request deny` still stops it"
        }
        (State::Approved { .. }, None) if ticket.held.action.surface == Surface::Interlock => {
            "it is carried out now"
        }
        (State::Approved { .. }, None) => "the same call passes once",
        _ => "",
    };
    format!("request {} is {} ({count})\n{next}", ticket.id, ticket.state.name())
}
