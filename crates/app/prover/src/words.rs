//! Requests and decisions in plain words.

use interlock_action::{Effect, name_of};
use interlock_policy::{Ask, Decision, Evidence};

use crate::sample;

/// Who asks for what, on what, with what brought: one thing a line.
pub(crate) fn request(ask: &Ask, evidence: &Evidence) -> Vec<String> {
    let agent = &ask.agent;
    let target = &ask.target;
    let mut lines = vec![
        format!("agent:    `{}`, class {}, owned by `{}`", agent.name, agent.class.name(), agent.owner),
        format!("wants:    {} (such as {})", effect(ask.effect), ask.facts.operation.as_str()),
        format!("target:   {}", self::target(ask)),
    ];
    let facts = facts(ask);
    if !facts.is_empty() {
        lines.push(format!("facts:    {}", facts.join("; ")));
    }
    if let Some(tags) = target.tags.as_ref().filter(|tags| !tags.is_empty()) {
        let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key:?}={value:?}")).collect();
        lines.push(format!("tags:     {}", tags.join(", ")));
    }
    lines.push(format!("evidence: {}", self::evidence(evidence)));
    lines
}

fn target(ask: &Ask) -> String {
    let target = &ask.target;
    let plain = sample::ordinary(ask.effect);
    let kind = name_of(&target.kind).replace('-', " ");
    let mut said = match &target.name {
        Some(name) => format!("the {kind} `{name}`"),
        None => format!("a {kind} without a name"),
    };
    if target.id != plain.target.id {
        said.push_str(&format!(" ({:?})", target.id.as_str()));
    }
    let environment = target.environment.as_str();
    let class = if target.production { "production" } else { "not production" };
    match environment {
        "production" if target.production => said.push_str(" in production"),
        "development" if !target.production => said.push_str(" in development"),
        other => said.push_str(&format!(" in environment {other:?}, {class}")),
    }
    said.push_str(if target.bears_data { ", bears data" } else { ", bears no data" });
    for (holds, words) in [
        (target.made_by_session, ", made by this session"),
        (target.interlock_own, ", Interlock's own"),
        (target.class_read_only, ", read-only in production for this class"),
    ] {
        if holds {
            said.push_str(words);
        }
    }
    said
}

/// What is out of the ordinary about the action.
fn facts(ask: &Ask) -> Vec<&'static str> {
    let facts = &ask.facts;
    let plain = sample::ordinary(ask.effect).facts;
    let mut said = Vec::new();
    let mut when = |is: bool, usual: bool, yes: &'static str, no: &'static str| {
        if is != usual {
            said.push(if is { yes } else { no });
        }
    };
    when(facts.known, plain.known, "understood", "part of it is not understood");
    when(facts.in_scope, plain.in_scope, "inside the task", "outside the task");
    when(facts.undo, plain.undo, "an undo is registered", "no undo");
    when(
        facts.reach_production,
        plain.reach_production,
        "its reach includes production",
        "its reach is outside production",
    );
    when(facts.administrator, plain.administrator, "gives administrator rights", "gives no such rights");
    when(facts.over_budget, plain.over_budget, "over the agent's budget of destroys", "within the budget");
    when(
        facts.lease_names_secret,
        plain.lease_names_secret,
        "the lease names the secret",
        "not in the lease",
    );
    when(facts.securable, plain.securable, "a recovery point can be made", "no recovery point can be made");
    when(facts.loses_data, plain.loses_data, "data would be gone", "no data would be gone");
    when(facts.rehearsable, plain.rehearsable, "it can be rehearsed", "it cannot be rehearsed");
    said
}

/// What has been brought, and by how many of how many.
pub(crate) fn evidence(evidence: &Evidence) -> String {
    let mut said: Vec<String> = [
        (evidence.forecast, "a forecast"),
        (evidence.recovery_point, "a recovery point"),
        (evidence.recovery_proven, "a recovery point that a drill has proven"),
        (evidence.rehearsal, "a rehearsal"),
        (evidence.delay_elapsed, "the delay is over"),
        (evidence.break_glass, "the glass is broken"),
        (evidence.granted, "a standing grant covers it"),
    ]
    .into_iter()
    .filter(|(brought, _)| *brought)
    .map(|(_, words)| words.to_owned())
    .collect();
    said.push(approvals(evidence));
    let people = match (evidence.solo, evidence.team) {
        (true, 1) => "one person, working alone".to_owned(),
        (_, 0) => "nobody enrolled".to_owned(),
        (_, 1) => "one person left of a team".to_owned(),
        (_, team) => format!("a team of {team}"),
    };
    format!("{}; {people}", said.join(", "))
}

fn approvals(evidence: &Evidence) -> String {
    let (all, others, independent) = (evidence.approvals, evidence.others, evidence.independent);
    let owner = all > others;
    let launcher = others.saturating_sub(independent);
    let mut who = Vec::new();
    if owner {
        who.push("the agent's owner".to_owned());
    }
    match launcher {
        0 => {}
        1 => who.push("one who may have launched the session".to_owned()),
        more => who.push(format!("{more} who may have launched the session")),
    }
    match independent {
        0 => {}
        1 => who.push("one person who is neither".to_owned()),
        more => who.push(format!("{more} people who are neither")),
    }
    match all {
        0 => "nobody approved".to_owned(),
        _ => format!("approved by {}", who.join(" and ")),
    }
}

/// A decision in one line.
pub(crate) fn decision(decision: &Decision) -> String {
    let rules: Vec<String> = decision.rules().iter().map(|reason| format!("`{}`", reason.rule)).collect();
    let rules = if rules.is_empty() { String::new() } else { format!(", by {}", rules.join(", ")) };
    let needs: Vec<&str> = decision.needs().iter().map(|need| need.name()).collect();
    let needs = if needs.is_empty() { String::new() } else { format!(" needing {}", needs.join(", ")) };
    match decision {
        Decision::Allow { tier, .. } => format!("allow ({tier}){needs}{rules}"),
        Decision::Hold { tier, .. } => format!("hold ({tier}){needs}{rules}"),
        Decision::Refuse { .. } => format!("refuse{rules}"),
    }
}

/// An effect as a thing that somebody wants.
pub(crate) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "to read",
        Effect::SensitiveRead => "to read a secret",
        Effect::Create => "to create",
        Effect::Update => "to update",
        Effect::Interrupt => "to interrupt",
        Effect::Destroy => "to destroy",
        Effect::Network => "to change who reaches what",
        Effect::Expose => "to expose",
        Effect::Privilege => "to change who may do what",
        Effect::Execute => "to run code under another identity",
        Effect::Exfiltrate => "to send data to a foreign account",
        Effect::GuardRemoval => "to remove a guard",
        Effect::RecoveryLoss => "to remove what data could be restored from",
        Effect::AuditTrail => "to touch the audit trail",
        Effect::Interlock => "to touch Interlock itself",
    }
}
