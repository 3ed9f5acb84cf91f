//! Approving and denying: a person's signature over a request's digest.

use std::{path::Path, time::Duration};

use interlock_action::{PersonId, Surface, TicketId};
use interlock_api::{DecisionRequest, Decisions, RequestView, Status};
use interlock_approval::{Person, State, Statement};
use interlock_flow::{Decisive, Plan, Shown};

use super::card::lines;
use crate::{
    client::Client,
    command::by::By,
    exit::Exit,
    fault::Fault,
    output::{Output, tell, time, visible},
    sign,
};

/// How long somebody has to decide in the console, in seconds.
const PATIENCE: u64 = 600;

#[derive(Debug, clap::Args)]
pub(crate) struct Decide {
    /// Which. Several of one session are decided on with one signature, where each takes one person.
    #[arg(required_unless_present = "plan", value_name = "ID")]
    ids: Vec<String>,
    /// All of a plan that still wait.
    #[arg(long, value_name = "PLAN", conflicts_with = "ids")]
    plan: Option<String>,
    #[command(flatten)]
    by: By,
}

impl Decide {
    pub(super) fn run(
        self,
        client: &Client,
        verb: Decisive,
        output: &Output,
    ) -> Result<std::process::ExitCode, Fault> {
        let views = self.views(client)?;
        // INVARIANT: nobody signs what they were not shown, one or several.
        for view in &views {
            tell(&(lines(view).join("\n") + "\n"));
        }
        if let [view] = views.as_slice() {
            let decided = decide(client, view, verb, &self.by.key, &self.by.reason)?;
            output.show(&decided, words);
        } else {
            let decided = together(client, &views, verb, (&self.by.key, &self.by.reason))?;
            output.show(&decided, |all| all.iter().map(words).collect::<Vec<_>>().join("\n"));
        }
        Ok(Exit::Ok.into())
    }

    /// What is decided on, as it is now.
    fn views(&self, client: &Client) -> Result<Vec<RequestView>, Fault> {
        let get = |id: &str| client.get::<RequestView>(&format!("/v1/requests/{id}"));
        let Some(plan) = &self.plan else { return self.ids.iter().map(|id| get(id)).collect() };
        let plans: Vec<Plan> = client.get("/v1/plans")?;
        let found = plans.into_iter().find(|have| have.id.as_str() == plan);
        let found = found.ok_or_else(|| Fault::failed(format!("there is no plan `{plan}`")))?;
        let views: Result<Vec<RequestView>, _> = found.tickets().iter().map(|id| get(id.as_str())).collect();
        let mut views = views?;
        views.retain(|view| matches!(view.ticket.state, State::Pending));
        if views.is_empty() {
            return Err(Fault::failed(format!("nothing of plan `{plan}` waits for people")));
        }
        let fits: Vec<TicketId> = Decisions::together(views.iter().map(|view| &view.ticket))
            .iter()
            .map(|one| one.id.clone())
            .collect();
        let (fits, alone): (Vec<_>, Vec<_>) =
            views.into_iter().partition(|view| fits.contains(&view.ticket.id));
        for view in &alone {
            tell(&format!("to be decided on by itself: {}  {}", view.ticket.id, visible(&view.sentence)));
        }
        if fits.is_empty() {
            return Err(Fault::failed(format!(
                "what waits of plan `{plan}` takes two people each, or people of a role"
            ))
            .hint("decide on each with `interlock request approve ID`"));
        }
        Ok(fits)
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

/// Signs several that were shown, and no others.
fn together(
    client: &Client,
    views: &[RequestView],
    verb: Decisive,
    (key, reason): (&Path, &str),
) -> Result<Vec<RequestView>, Fault> {
    if let Some(person) = sign::whose_passkey(key) {
        let ids: Vec<_> = views.iter().map(|view| view.ticket.id.as_str()).collect();
        let console = client.get::<Status>("/v1/status")?.console;
        tell(&format!("decide in a browser: {console}/together?ids={}", ids.join(",")));
        return views.iter().map(|view| decided_on(client, view, &person)).collect();
    }
    let shown = |view: &RequestView| Shown { id: view.ticket.id.clone(), digest: view.ticket.digest };
    let body = Decisions { decision: verb.verb().to_owned(), requests: views.iter().map(shown).collect() };
    let (verb, subject) = (body.verb(), body.subject());
    let signed = sign::administrative(client, &verb, &subject, body, key, reason)?;
    client.post("/v1/requests/decisions", &signed)
}

/// Leads to the page of the request, where passkeys decide, and waits until this person has.
fn in_console(client: &Client, view: &RequestView, person: &PersonId) -> Result<RequestView, Fault> {
    let console = client.get::<Status>("/v1/status")?.console;
    tell(&format!("decide in a browser: {console}/requests/{}", view.ticket.id));
    decided_on(client, view, person)
}

/// Waits until this person has decided on it, or somebody else for all.
fn decided_on(client: &Client, view: &RequestView, person: &PersonId) -> Result<RequestView, Fault> {
    for _ in 0..PATIENCE {
        let now: RequestView = client.get(&format!("/v1/requests/{}", view.ticket.id))?;
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
    let held = &ticket.held;
    let administrative = held.action.surface == Surface::Interlock;
    let from = ticket.passes_from().map(time);
    let next = match (&ticket.state, from) {
        (State::Pending, _) if ticket.filled() < ticket.approvals.len() => format!(
            "it still waits, for somebody who neither owns the agent ({}) nor launched it ({})",
            held.owner, held.launch
        ),
        (State::Pending, _) => "it still waits".to_owned(),
        (State::Approved { .. }, Some(from)) => {
            let what = if administrative { "it is carried out by itself" } else { "it passes once" };
            format!("{what} from {from} on; until then `interlock request deny` still stops it")
        }
        (State::Approved { .. }, None) if administrative => "it is carried out now".to_owned(),
        (State::Approved { .. }, None) => "the same call passes once".to_owned(),
        _ => String::new(),
    };
    format!("request {} is {} ({count})\n{next}", ticket.id, ticket.state.name())
}
