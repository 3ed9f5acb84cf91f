//! Standing grants: what one would let pass, what is signed, and how each stands.

use interlock_action::{Effect, GrantId, Millis, TicketId, name_of};
use interlock_flow::{Grant, GrantTerms, GrantWish};
use interlock_policy::Part;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{exact, span};

/// `GET /v1/requests/{id}/grant`: what a grant for the like of this request would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantOffer {
    /// What would be signed.
    pub terms: GrantTerms,
    /// The same in words.
    pub words: Vec<String>,
    /// What it would have let pass of what was held in the last seven days, whatever the session; the newest first.
    pub would: Vec<Passed>,
    /// How many those are; the newest of them are listed.
    pub passed: usize,
    /// How many held actions were looked at for that.
    pub looked_at: usize,
    /// Whether the seven days hold more than were looked at.
    pub more: bool,
}

/// Something that was held and that a grant would have let pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Passed {
    /// Its entry in the ledger.
    pub entry: u64,
    /// When it was held.
    pub at: Millis,
    /// Its request.
    pub ticket: TicketId,
    /// On what.
    pub targets: Vec<String>,
    /// What became of it.
    pub became: String,
}

/// `POST /v1/grants`: signed by whoever could approve the request that it is made of. Where it takes two, both sign the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignGrant {
    /// The terms, as they were offered.
    pub terms: GrantTerms,
}

/// `POST /v1/grants/end`: signed by anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndGrant {
    /// Which.
    pub id: GrantId,
}

/// `GET /v1/grants`: one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GrantRow {
    /// The grant.
    pub grant: Grant,
    /// Why it lets nothing pass now; `None` where it does.
    pub idle: Option<String>,
    /// Its terms in words.
    pub words: Vec<String>,
}

impl GrantRow {
    /// Of a grant, with why it lets nothing pass.
    pub fn of(grant: Grant, idle: Option<String>) -> Self {
        Self { words: words(&grant.terms), grant, idle }
    }
}

impl GrantOffer {
    /// Of terms, with nothing looked at yet.
    pub fn of(terms: GrantTerms) -> Self {
        Self { words: words(&terms), terms, would: Vec::new(), passed: 0, looked_at: 0, more: false }
    }

    /// Its permits, a condition a line, to be read.
    pub fn policy(&self) -> String {
        self.terms.policy.replace(" when { ", " when {\n  ").replace(" && ", " &&\n  ").replace(" };", "\n};")
    }

    /// The console's page on which it is signed.
    pub fn page(terms: &GrantTerms) -> String {
        let GrantWish { minutes, count, any_target, any_arguments } = terms.wish();
        let flag = |name: &str, set: bool| if set { format!("&{name}=true") } else { String::new() };
        let (target, arguments) = (flag("any_target", any_target), flag("any_arguments", any_arguments));
        format!("/requests/{}/grant?minutes={minutes}&count={count}{target}{arguments}", terms.ticket)
    }
}

/// What a grant lets pass, in words.
fn words(terms: &GrantTerms) -> Vec<String> {
    let selector = &terms.selector;
    let calls = if terms.count == 1 { "one call".to_owned() } else { format!("{} calls", terms.count) };
    let mut lines = vec![format!(
        "Agent {} may make up to {calls} of {} in session {} within {} without asking.",
        exact(selector.agent.as_str()),
        exact(selector.operation.as_str()),
        exact(terms.session.as_str()),
        span(terms.minutes.saturating_mul(60_000)),
    )];
    lines.extend(selector.parts.iter().map(part));
    let reach = &terms.reach;
    let things = if reach.things == 1 { "one thing".to_owned() } else { format!("{} things", reach.things) };
    let with = if terms.any_arguments {
        "WITH ANY ARGUMENTS, in the same account and region"
    } else {
        "with the same arguments but for the names of these, in the same account and region"
    };
    lines.push(format!("Each call falls on at most {things}, {with}."));
    lines.push(format!(
        "What is foreseen of a call goes no further than of this one: changes: {}, of the same kinds; others that use what changes: {}.",
        reach.changes, reach.dependents
    ));
    lines.push(
        "The request that it is made of is approved by the same signature, and not counted.".to_owned(),
    );
    let unseen = terms.unknowns.iter();
    lines.extend(unseen.map(|unknown| format!("NOT SEEN, and not asked about again: {}", exact(unknown))));
    lines.push(
        "It is over at the first call that fails, when anybody denies a request of the session, ends the grant or the session, freezes it or launches it besides, and \
         when people come or go. Calls that are under way then are not called back."
            .to_owned(),
    );
    lines
}

fn part(part: &Part) -> String {
    let verb = match part.effect {
        Effect::Destroy => "DESTROY, where it bears no data,",
        Effect::Interrupt => "interrupt",
        Effect::SensitiveRead => "read the secrets of",
        Effect::Create => "create",
        _ => "change",
    };
    let (kind, environment) = (name_of(&part.kind), exact(part.environment.as_str()));
    let account = part.account.as_ref().map(|account| format!("account {}", exact(account.as_str())));
    let place = format!("{environment}, {}", account.unwrap_or_else(|| "WHATEVER ACCOUNT".to_owned()));
    if part.targets.is_empty() {
        return format!("It may {verb} EVERY {kind} in {place}.");
    }
    let targets: Vec<_> = part.targets.iter().map(|target| exact(target.as_str())).collect();
    format!("It may {verb} {} ({kind} in {place}).", targets.join(", "))
}
