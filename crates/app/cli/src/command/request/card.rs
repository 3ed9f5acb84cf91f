//! A request as a card of labelled lines.

use interlock_action::{Effect, RecoveryCount, Surface};
use interlock_api::RequestView;
use interlock_approval::{State, Ticket};

use crate::output::{time, visible};

/// `request show`: the lines, and what to do next.
pub(super) fn card(view: &RequestView) -> String {
    let id = &view.ticket.id;
    let next = match view.ticket.state {
        State::Pending => {
            format!("\nnext: interlock request approve {id} --key FILE --reason TEXT   (or deny)")
        }
        State::Approved { .. } => {
            format!("\nuntil it is used: interlock request deny {id} --key FILE --reason TEXT")
        }
        _ => String::new(),
    };
    lines(view).into_iter().chain([next]).collect::<Vec<_>>().join("\n")
}

/// Everything a person needs in order to decide; nothing is shortened. Destroys stand first. A line is a label of ten
/// columns and its text: whatever text is not Interlock's own cannot look like a label.
pub(super) fn lines(view: &RequestView) -> Vec<String> {
    let ticket = &view.ticket;
    let held = &ticket.held;
    let forecast = &held.forecast;
    let mut lines = vec![
        format!("request    {}  {}  tier {}", ticket.id, ticket.state.name(), held.tier),
        format!("asks       {}", view.sentence),
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
    changes.sort_by_key(|change| change.effect != Effect::Destroy);
    section(&mut lines, "would", changes.iter().map(|change| change.what.clone()));
    section(&mut lines, "data lost", forecast.data_loss.iter().cloned());
    let count = |n: Option<u32>| n.map_or("unread".to_owned(), |n| n.to_string());
    // Of what bears no data nobody counted any.
    let destroys = changes.iter().any(|change| change.effect == Effect::Destroy);
    if destroys || forecast.recovery != RecoveryCount::default() {
        let (before, after) = (count(forecast.recovery.before), count(forecast.recovery.after));
        lines.push(format!("recovery   {before} recovery points now, {after} afterwards"));
    }
    let fate = |survives| if survives { "survives" } else { "dies" };
    section(
        &mut lines,
        "",
        forecast.points.iter().map(|p| format!("{} {} {}", p.what, p.id, fate(p.survives))),
    );
    section(&mut lines, "rehearsed", view.rehearsed().into_iter());
    section(&mut lines, "dependents", forecast.dependents.iter().cloned());
    section(&mut lines, "unknown", held.action.unknowns.iter().chain(&forecast.unknowns).cloned());
    for target in &held.action.targets {
        let environment =
            target.environment.as_ref().map_or("unclassified", |environment| environment.as_str());
        lines.push(format!("target     {} ({environment})", target.id));
    }
    let mut why: Vec<String> = Vec::new();
    for reason in &held.reasons {
        let line = format!("[{}] {}", reason.rule, reason.why);
        // One rule may have a say about many things.
        if !why.contains(&line) {
            why.push(line);
        }
    }
    section(&mut lines, "why held", why.into_iter());
    lines.push(format!("needs      {}", held.needs.join(", ")));
    let planned = interlock_api::plan_lines(&held.action);
    match held.action.arguments.get("bundle").filter(|_| !planned.is_empty()) {
        Some(bundle) => {
            section(&mut lines, "plan", planned.into_iter());
            lines.push(format!("bundle     {bundle}"));
        }
        None => lines.push(format!("arguments  {}", held.action.arguments)),
    }
    lines.push(match held.action.surface {
        Surface::Interlock => format!("asked by   {}", held.launch),
        _ => format!("agent      {} of {}, launched by {}", held.agent, held.owner, held.launch),
    });
    lines.push(format!("task       {}", held.task));
    section(
        &mut lines,
        "agent says",
        held.action.stated_reason.iter().map(|words| format!("{words} (unverified)")),
    );
    section(&mut lines, "prompt", view.prompt.iter().map(|words| format!("{words} (unverified)")));
    decided(&mut lines, ticket);
    lines.push(format!("quorum     {} of {}", ticket.filled(), ticket.quorum.slots.len()));
    lines.push(format!("digest     {}", ticket.digest));
    lines.push(format!("expires    {}", time(held.expires)));
    // Whoever writes lines of their own into a text writes them where no label stands.
    lines.iter().map(|line| visible(line).replace('\n', "\n           ")).collect()
}

/// Who has said yes or no.
fn decided(lines: &mut Vec<String>, ticket: &Ticket) {
    let yes = |a: &interlock_approval::Approval| format!("{} at {}: {}", a.person, time(a.at), a.reason);
    section(lines, "approved", ticket.approvals.iter().map(yes));
    if let State::Denied { by, reason, at } = &ticket.state {
        section(lines, "denied", std::iter::once(format!("{by} at {}: {reason}", time(*at))));
    }
}

fn section(lines: &mut Vec<String>, name: &str, items: impl Iterator<Item = String>) {
    for (at, item) in items.enumerate() {
        lines.push(format!("{:<10} {item}", if at == 0 { name } else { "" }));
    }
}
