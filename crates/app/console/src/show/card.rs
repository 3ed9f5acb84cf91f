//! A request as its page shows it: the ten parts, from what would happen down to what is signed.

use interlock_action::{Effect, Forecast, Method, Millis, Reversibility};
use interlock_api::{LedgerRow, RequestView, exact, planned, span, time, typed, visible};
use interlock_approval::{State, Ticket, Within};

use super::{
    blast::{self, Blast},
    diff::{self, DiffPage},
    entry::EntryRow,
};

/// One of the words that are worth more than any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// `bad`, `warn`, `good`.
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// How many things something happens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    pub(crate) sign: &'static str,
    pub(crate) word: &'static str,
    pub(crate) class: &'static str,
    pub(crate) many: usize,
}

/// What stands in the words of whoever asks. Nobody has checked any of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) whose: &'static str,
    pub(crate) words: String,
}

/// Why it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Why {
    pub(crate) rule: String,
    pub(crate) words: String,
}

/// Who has said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Yes {
    pub(crate) person: String,
    pub(crate) at: String,
    pub(crate) reason: String,
    pub(crate) key: &'static str,
    /// It stands in for everybody, by a broken glass.
    pub(crate) glass: Option<String>,
    /// What was signed, where not this request alone was.
    pub(crate) within: Option<String>,
}

/// The whole card.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) settled: Option<String>,
    pub(crate) tier: String,
    pub(crate) sentence: String,
    pub(crate) warnings: Vec<&'static str>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) counters: Vec<Counter>,
    pub(crate) destroys: Vec<String>,
    pub(crate) others: Vec<String>,
    pub(crate) data_loss: Vec<String>,
    pub(crate) recovery: String,
    pub(crate) points: Vec<String>,
    pub(crate) rehearsed: Vec<String>,
    pub(crate) dependents: Vec<String>,
    pub(crate) unknowns: Vec<String>,
    pub(crate) blast: Option<Blast>,
    pub(crate) diff: DiffPage,
    pub(crate) why: Vec<Why>,
    pub(crate) needs: Vec<String>,
    pub(crate) targets: Vec<(String, String)>,
    pub(crate) claimed: Vec<Claimed>,
    pub(crate) agent: String,
    pub(crate) owner: String,
    pub(crate) launch: String,
    pub(crate) session: String,
    pub(crate) trail: Vec<EntryRow>,
    pub(crate) approvals: Vec<Yes>,
    pub(crate) filled: usize,
    pub(crate) slots: usize,
    pub(crate) open: bool,
    pub(crate) left: String,
    pub(crate) expires: String,
    /// What has to be typed before a T4 is approved.
    pub(crate) typed: Option<String>,
    pub(crate) digest: String,
    pub(crate) sequence: Option<u64>,
    pub(crate) how_known: &'static str,
}

/// The card of a request, with one page of its differences.
pub(crate) fn card(view: &RequestView, trail: &[LedgerRow], page: usize, now: Millis) -> Card {
    let ticket = &view.ticket;
    let held = &ticket.held;
    let (action, forecast) = (&held.action, &held.forecast);
    let line = |text: &String| visible(text);
    let unknowns: Vec<String> = action.unknowns.iter().chain(&forecast.unknowns).map(line).collect();
    let destroys = |change: &&interlock_action::Change| change.effect == Effect::Destroy;
    Card {
        id: exact(ticket.id.as_str()),
        state: ticket.state.name().to_owned(),
        settled: settled(ticket),
        tier: held.tier.clone(),
        sentence: visible(&view.sentence),
        warnings: warnings(ticket),
        verdicts: verdicts(ticket),
        counters: counters(view),
        destroys: forecast.changes.iter().filter(destroys).map(|change| visible(&change.what)).collect(),
        others: forecast
            .changes
            .iter()
            .filter(|change| !destroys(change))
            .map(|change| visible(&change.what))
            .collect(),
        data_loss: forecast.data_loss.iter().map(line).collect(),
        recovery: recovery(forecast),
        points: forecast.points.iter().map(point).collect(),
        rehearsed: view.rehearsed().iter().map(line).collect(),
        dependents: forecast.dependents.iter().map(line).collect(),
        blast: blast::draw(action.operation.as_str(), forecast, &action.unknowns),
        unknowns,
        diff: diff::page(action, &forecast.changes, page),
        why: why(ticket),
        needs: held.needs.clone(),
        targets: action.targets.iter().map(target).collect(),
        claimed: claimed(view),
        agent: exact(held.agent.as_str()),
        owner: exact(held.owner.as_str()),
        launch: visible(&held.launch.to_string()),
        session: exact(ticket.session.as_str()),
        trail: trail.iter().map(EntryRow::of).collect(),
        approvals: ticket.approvals.iter().map(yes).collect(),
        filled: ticket.filled(),
        slots: ticket.quorum.slots.len(),
        open: ticket.is_open(),
        left: span(held.expires.saturating_sub(now)),
        expires: time(held.expires),
        typed: typed(ticket),
        digest: ticket.digest.to_string(),
        sequence: trail.first().map(|entry| entry.index),
        how_known: how_known(forecast.method),
    }
}

fn how_known(method: Method) -> &'static str {
    match method {
        Method::Measured => "measured: it was run and rolled back",
        Method::Planned => "planned by the engine that would do it",
        Method::Read => "read from what is there now",
        Method::Assumed => "assumed: nothing could be read, so the worst is taken",
    }
}

fn settled(ticket: &Ticket) -> Option<String> {
    Some(match &ticket.state {
        State::Pending => return None,
        State::Approved { at } => format!("Approved at {}: the same call passes once.", time(*at)),
        State::Denied { by, reason, at } => {
            format!("Denied by {} at {}: {}", exact(by.as_str()), time(*at), visible(reason))
        }
        State::Expired => "Expired: nobody decided in time, which means no.".to_owned(),
        State::Consumed { by } => format!("Done: action {} went through with it.", exact(by.as_str())),
        State::Void { why } => format!("Worth nothing any more: {}", visible(why)),
    })
}

fn warnings(ticket: &Ticket) -> Vec<&'static str> {
    let advisory = "ADVISORY: this session runs outside the sandbox. What you see is what it sent to Interlock; it may do other \
                    things past it.";
    let unproved = "UNPROVED: nobody signed for a launch of this session, so anybody may have launched it.";
    let all = [(ticket.advisory, advisory), (ticket.held.launch.unproved, unproved)];
    all.into_iter().filter(|(is, _)| *is).map(|(_, words)| words).collect()
}

fn verdicts(ticket: &Ticket) -> Vec<Verdict> {
    let (held, forecast) = (&ticket.held, &ticket.held.forecast);
    let has = |effect: Effect| {
        held.action.claims.iter().any(|claim| claim.effect == effect)
            || forecast.changes.iter().any(|change| change.effect == effect)
    };
    let verdict = |class, text: &str| Verdict { class, text: text.to_owned() };
    let mut all = vec![match forecast.reversibility {
        Reversibility::Exact => verdict("good", "can be taken back exactly"),
        Reversibility::FromRecoveryPoint => verdict("warn", "comes back only from a recovery point"),
        Reversibility::Lossy => verdict("bad", "only part of it can be taken back"),
        Reversibility::None => verdict("bad", "cannot be taken back"),
    }];
    if !forecast.data_loss.is_empty() {
        all.push(verdict("bad", "data would be lost"));
    }
    if has(Effect::Interrupt) || has(Effect::Destroy) {
        all.push(verdict("warn", "service may be interrupted"));
    }
    for (effect, words) in [
        (Effect::GuardRemoval, "takes a guard off"),
        (Effect::RecoveryLoss, "takes away what restores"),
        (Effect::Privilege, "changes who may do what"),
        (Effect::Expose, "opens something to others"),
        (Effect::Network, "changes who reaches what"),
        (Effect::Exfiltrate, "sends data elsewhere"),
    ] {
        if has(effect) {
            all.push(verdict("bad", words));
        }
    }
    if held.reasons.iter().any(|reason| reason.rule == "outside-task") {
        all.push(verdict("bad", "outside the task"));
    }
    if !held.action.unknowns.is_empty() || !forecast.unknowns.is_empty() {
        all.push(verdict("warn", "not everything could be seen"));
    }
    all
}

/// Destroys and replacements first.
fn counters(view: &RequestView) -> Vec<Counter> {
    let held = &view.ticket.held;
    let plan = planned(&held.action);
    let (mut destroy, mut replace, mut change, mut create) = (0, 0, 0, 0);
    for planned in &plan {
        match planned.action.as_str() {
            "delete" | "forget" => destroy += 1,
            "replace" => replace += 1,
            "create" => create += 1,
            _ => change += 1,
        }
    }
    if plan.is_empty() {
        for each in &held.forecast.changes {
            match each.effect {
                Effect::Destroy => destroy += 1,
                Effect::Create => create += 1,
                _ => change += 1,
            }
        }
    }
    vec![
        Counter { sign: "−", word: "destroy", class: "destroys", many: destroy },
        Counter { sign: "±", word: "replace", class: "destroys", many: replace },
        Counter { sign: "~", word: "change", class: "changes", many: change },
        Counter { sign: "+", word: "create", class: "creates", many: create },
    ]
}

fn recovery(forecast: &Forecast) -> String {
    let count = |n: Option<u32>| n.map_or("an unread number of".to_owned(), |n| n.to_string());
    format!(
        "{} recovery points now, {} afterwards",
        count(forecast.recovery.before),
        count(forecast.recovery.after)
    )
}

fn point(point: &interlock_action::RecoveryPoint) -> String {
    let fate = if point.survives { "survives" } else { "would be gone" };
    let proven = point
        .proven
        .map_or("never restored in a drill".to_owned(), |at| format!("restored in a drill {}", time(at)));
    format!("{} {}: {fate}, {proven}", visible(&point.what), exact(&point.id))
}

fn why(ticket: &Ticket) -> Vec<Why> {
    let mut all: Vec<Why> = Vec::new();
    for reason in &ticket.held.reasons {
        let why = Why { rule: exact(&reason.rule), words: visible(&reason.why) };
        if !all.contains(&why) {
            all.push(why);
        }
    }
    all
}

fn target(target: &interlock_action::Target) -> (String, String) {
    let environment = target.environment.as_ref().map_or("unclassified, so production", |name| name.as_str());
    (exact(target.id.as_str()), exact(environment))
}

fn claimed(view: &RequestView) -> Vec<Claimed> {
    let held = &view.ticket.held;
    let claim = |whose, words: &String| Claimed { whose, words: visible(words) };
    let reason = held.action.stated_reason.iter().map(|words| claim("The agent's reason", words));
    let prompt = view.prompt.iter().map(|words| claim("The last prompt", words));
    std::iter::once(claim("The task", &held.task)).chain(reason).chain(prompt).collect()
}

fn yes(approval: &interlock_approval::Approval) -> Yes {
    Yes {
        person: exact(approval.person.as_str()),
        at: time(approval.at),
        reason: visible(&approval.reason),
        key: step(approval.step),
        glass: approval.glass.as_ref().map(|glass| exact(glass.as_str())),
        within: approval.within.as_ref().map(|within| match within {
            Within::Grant { grant } => format!("with the terms of grant {}", exact(grant.as_str())),
            Within::Batch { .. } => "with one signature over several requests".to_owned(),
        }),
    }
}

/// What a key proves, in words.
pub(crate) fn step(step: interlock_approval::KeyStep) -> &'static str {
    use interlock_approval::KeyStep;
    match step {
        KeyStep::OpenSsh => "OpenSSH key (weak: whoever can read its file can use it)",
        KeyStep::SecurityKey => "security key or passkey",
        KeyStep::DeviceBound => "passkey that cannot leave its device, as it says",
    }
}
