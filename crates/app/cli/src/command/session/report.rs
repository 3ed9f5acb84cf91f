//! A session's report in words: what flowed, and what was held or refused, or would have been, by rule.

use interlock_api::{Fate, RuleCount, SessionReport};

use crate::output::visible;

/// The whole report.
pub(crate) fn words(report: &SessionReport) -> String {
    let mut lines =
        vec![format!("report     session {} of agent {} of {}", report.session, report.agent, report.owner)];
    lines.push(format!("task       {}", visible(&report.task)));
    lines.push(format!("launched   by {}", report.launch));
    if report.observed {
        lines.push("OBSERVED   nobody was asked".to_owned());
    }
    let mut flowed = format!("flowed     {} reads and {} other calls", report.reads, report.flowed);
    if report.would_hold > 0 {
        flowed.push_str(&format!("; {} of them would have been held", report.would_hold));
    }
    lines.push(flowed);
    lines.push(format!("stopped    {} held, {} refused", report.held, report.refused));
    for (fate, title) in [
        (Fate::WouldHold, "WOULD HAVE BEEN HELD, by rule"),
        (Fate::Held, "HELD, by rule"),
        (Fate::Refused, "REFUSED, by rule"),
    ] {
        let rules: Vec<&RuleCount> = report.rules.iter().filter(|rule| rule.fate == fate).collect();
        if !rules.is_empty() {
            lines.push(format!("\n{title}"));
            lines.extend(rules.into_iter().flat_map(rule));
        }
    }
    if report.observed && report.would_hold == 0 {
        lines.push("\nNothing would have been held.".to_owned());
    }
    lines.join("\n")
}

fn rule(rule: &RuleCount) -> Vec<String> {
    let calls = if rule.calls == 1 { "1 call".to_owned() } else { format!("{} calls", rule.calls) };
    let mut takes = vec![calls];
    if !rule.tier.is_empty() && rule.tier != "refuse" {
        takes.push(rule.tier.clone());
    }
    if !rule.needs.is_empty() {
        takes.push(format!("needs {}", rule.needs.join(", ")));
    }
    let target = rule.first.target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
    vec![
        format!("  {}: {}", rule.rule, takes.join("; ")),
        format!("    {}", visible(&rule.why)),
        format!("    first: {}{} (entry {})", rule.first.operation, visible(&target), rule.first.entry),
    ]
}
