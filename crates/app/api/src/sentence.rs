//! A held action in one sentence, and what would be gone: Interlock's words, never the agent's.

use interlock_action::{Effect, Kind, Relation, Surface, Target, name_of};
use interlock_approval::Ticket;

use crate::exact;

/// Who wants what, of how many things, where.
pub fn sentence(ticket: &Ticket) -> String {
    let held = &ticket.held;
    if held.action.surface == Surface::Interlock {
        return format!("{} asks to {}", held.launch, held.task);
    }
    let acts = |target: &&Target| matches!(target.relation, Relation::Acts | Relation::Creates);
    let mut targets: Vec<&Target> = held.action.targets.iter().filter(acts).collect();
    if targets.is_empty() {
        targets = held.action.targets.iter().collect();
    }
    let worst = held.claims().map(|claim| claim.effect).max_by_key(|effect| weight(*effect));
    let what = match targets.as_slice() {
        [] => "something that it does not name".to_owned(),
        [only] => {
            format!("the {} {}", word(only.kind), exact(only.called().unwrap_or(only.id.as_str())))
        }
        [first, others @ ..] if others.iter().all(|other| other.kind == first.kind) => {
            format!("{} things of kind {}", targets.len(), word(first.kind))
        }
        _ => format!("{} things", targets.len()),
    };
    format!(
        "agent {} of {} wants to {} {what}{} ({})",
        held.agent,
        held.owner,
        worst.map_or("do what nobody can tell to", verb),
        place(ticket, &targets),
        held.action.operation
    )
}

fn place(ticket: &Ticket, targets: &[&Target]) -> String {
    let mut environments: Vec<&str> = targets
        .iter()
        .map(|target| target.environment.as_ref().map_or("unclassified", |name| name.as_str()))
        .collect();
    environments.sort_unstable();
    environments.dedup();
    let mut words = String::new();
    if !environments.is_empty() {
        words.push_str(&format!(" in {}", environments.join(" and ")));
    }
    let action = &ticket.held.action;
    let account = action.account.as_ref().map(ToString::to_string);
    for (name, value) in [("account", account.as_deref()), ("region", action.region.as_deref())] {
        words.extend(value.map(|value| format!(", {name} {value}")));
    }
    words
}

/// The words of a kind: `database-snapshot` is a database snapshot.
fn word(kind: Kind) -> String {
    let name = name_of(&kind).replace('-', " ");
    if name == "other" { "resource".to_owned() } else { name }
}

/// What an effect is in a sentence that goes on with its object.
fn verb(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::SensitiveRead => "read secret values of",
        Effect::Create => "create",
        Effect::Update => "change",
        Effect::Interrupt => "interrupt",
        Effect::Destroy => "destroy",
        Effect::Network => "change who reaches",
        Effect::Expose => "open to others",
        Effect::Privilege => "change rights by",
        Effect::Execute => "run code with the rights of",
        Effect::Exfiltrate => "send to another account data of",
        Effect::GuardRemoval => "take a guard off",
        Effect::RecoveryLoss => "take away what restores",
        Effect::AuditTrail => "touch the record of what happened, by",
        Effect::Interlock => "touch Interlock itself, by",
    }
}

/// Which of several effects is worth the one verb.
fn weight(effect: Effect) -> usize {
    const ORDER: [Effect; 15] = [
        Effect::Read,
        Effect::Create,
        Effect::Update,
        Effect::SensitiveRead,
        Effect::Interrupt,
        Effect::Network,
        Effect::Execute,
        Effect::Expose,
        Effect::Exfiltrate,
        Effect::Privilege,
        Effect::GuardRemoval,
        Effect::RecoveryLoss,
        Effect::Destroy,
        Effect::AuditTrail,
        Effect::Interlock,
    ];
    ORDER.iter().position(|have| *have == effect).unwrap_or(ORDER.len())
}

/// What would be gone: the things, their data, and how many recovery points remain.
pub fn vanishes(ticket: &Ticket) -> Vec<String> {
    let forecast = &ticket.held.forecast;
    let destroys = forecast.changes.iter().filter(|change| change.effect == Effect::Destroy);
    let mut lines: Vec<String> = destroys.map(|change| change.what.clone()).collect();
    lines.extend(forecast.data_loss.iter().cloned());
    let count = |n: Option<u32>| n.map_or("an unread number".to_owned(), |n| n.to_string());
    let fewer = match (forecast.recovery.before, forecast.recovery.after) {
        (Some(before), Some(after)) => after < before,
        _ => !lines.is_empty(),
    };
    if !lines.is_empty() || fewer {
        let (before, after) = (count(forecast.recovery.before), count(forecast.recovery.after));
        lines.push(format!("recovery points: {before} now, {after} afterwards"));
    }
    lines
}
