//! What people did with what each rule asked them.

use std::collections::BTreeMap;

use interlock_action::Millis;
use interlock_approval::{State, Ticket};
use interlock_console::Health;

/// Folds all requests that were decided, by the rules that held them.
pub(super) fn health<'t>(tickets: impl Iterator<Item = &'t Ticket>) -> Vec<Health> {
    let mut rules: BTreeMap<String, (usize, Vec<Millis>)> = BTreeMap::new();
    for (ticket, approved, took) in tickets.filter_map(decided) {
        let mut seen: Vec<&str> = ticket.held.reasons.iter().map(|reason| reason.rule.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        for rule in seen {
            let (yes, times) = rules.entry(rule.to_owned()).or_default();
            *yes += usize::from(approved);
            times.push(took);
        }
    }
    let mut all: Vec<Health> =
        rules.into_iter().map(|(rule, (approved, times))| row(rule, approved, times)).collect();
    all.sort_by_key(|health| std::cmp::Reverse(health.decisions));
    all
}

fn row(rule: String, approved: usize, mut times: Vec<Millis>) -> Health {
    times.sort_unstable();
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    Health { rule, decisions: times.len(), approved, median }
}

/// Whether somebody has decided, how, and how long after it was asked the first of them did.
fn decided(ticket: &Ticket) -> Option<(&Ticket, bool, Millis)> {
    let yes = ticket.approvals.first().map(|approval| approval.at);
    let (approved, at) = match &ticket.state {
        State::Denied { at, .. } => (false, *at),
        _ => (true, yes?),
    };
    Some((ticket, approved, at.saturating_sub(ticket.held.opened)))
}
