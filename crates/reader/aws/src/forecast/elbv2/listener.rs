//! Listeners and their rules.
//!
//! A listener that is deleted takes its port and its rules away; a rule, the paths and hosts that it sent to its target
//! group: what it caught falls to the next rule. A listener's default rule is refused. A changed one is compared with
//! the present one, which is also what takes the change back. Reads: DescribeListeners and DescribeRules of the
//! listener, or DescribeRules of the rule, and DescribeTargetHealth of where it leads.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Listed, Live, entries, flag, listed, or_dash, strings, text},
        arn,
        compare::diff,
        draft::Draft,
        existence, words,
    },
    given, health, health_read, leads_to, ours, targets,
};

const RULES: &str = "elbv2 rules";
/// Of one listener so many target groups are looked into.
const MOST: usize = 5;

/// The forecaster of listeners and rules.
pub(in crate::forecast) struct Listener;

const OPERATIONS: [&str; 4] = ["DeleteListener", "ModifyListener", "DeleteRule", "ModifyRule"];

fn subject(action: &Action) -> Option<TargetId> {
    given(action, "ListenerArn").or_else(|| given(action, "RuleArn"))
}

fn is_rule(action: &Action) -> bool {
    action.operation.verb().ends_with("Rule")
}

/// Where it leads to: the groups of its actions.
fn groups(action: &Action, record: &Value) -> Vec<String> {
    let member = if is_rule(action) { "Actions" } else { "DefaultActions" };
    leads_to(record, member)
}

impl Look for Listener {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(id) = subject(action) else { return Vec::new() };
        let mut reads = Vec::new();
        if !is_rule(action) {
            let of = json!({ "ListenerArn": id.as_str() });
            reads.push(crate::call::read(action, RULES, "elbv2", "DescribeRules", of));
        }
        if let Live::Found(record) = existence::of(action, so_far, &id) {
            let groups = groups(action, record).into_iter().filter(|group| group.starts_with("arn:"));
            reads.extend(groups.take(MOST).map(|group| health_read(action, &group)));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(id) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("listener or rule {id}"), &id, Kind::Route), &why);
            }
        };
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        for group in groups(action, record).iter().filter(|group| group.starts_with("arn:")).take(MOST) {
            let list = health(answers, group);
            draft.gap(list.gap(&format!("targets of {group}")));
            draft.depend(format!(
                "{}: {}",
                arn::parse(group).map_or(group.as_str(), |arn| arn.resource),
                targets(&list)
            ));
        }
        match action.operation.verb() {
            "DeleteListener" => delete_listener(answers, &id, record, draft),
            "DeleteRule" => delete_rule(&id, record, draft),
            _ => modify(action, &id, record, draft),
        }
    }
}

fn port(record: &Value) -> String {
    let port = record.get("Port").map_or_else(|| "?".to_owned(), Value::to_string);
    format!("{} {port}", or_dash(record, "/Protocol"))
}

fn delete_listener(answers: &Answers, id: &TargetId, record: &Value, draft: &mut Draft) {
    let rules = listed(answers, RULES, "Rules");
    draft.gap(rules.gap("rules"));
    let own: Vec<&&Value> =
        rules.entries().iter().filter(|rule| flag(rule, "/IsDefault") != Some(true)).collect();
    let many = words::count(own.len() as u64, "rule");
    let what = format!("the listener on {} is deleted, with {many}: nobody is answered there", port(record));
    draft.change_from(id, Kind::Route, Effect::Destroy, what, Some(record.clone()), None);
    for rule in own {
        let arn = TargetId::new(or_dash(rule, "/RuleArn"));
        let what = format!("its rule {} goes with it", conditions(rule));
        draft.change_from(&arn, Kind::Route, Effect::Destroy, what, Some((**rule).clone()), None);
    }
    draft.bind(id.as_str(), json!({"record": record, "rules": rule_names(&rules)}));
    // Another one has another ARN, but answers the same.
    draft.reversibility = if rules.complete() { Reversibility::Exact } else { Reversibility::Lossy };
}

fn rule_names(rules: &Listed<'_>) -> Value {
    let mut names: Vec<&str> = rules.entries().iter().filter_map(|rule| text(rule, "/RuleArn")).collect();
    names.sort_unstable();
    json!(names)
}

/// `path-pattern /api/*`.
fn conditions(rule: &Value) -> String {
    let all: Vec<String> = entries(rule, "/Conditions")
        .iter()
        .map(|one| format!("{} {}", or_dash(one, "/Field"), strings(one, "/Values").join(" ")))
        .collect();
    if all.is_empty() { "without conditions".to_owned() } else { all.join(" and ") }
}

fn delete_rule(id: &TargetId, record: &Value, draft: &mut Draft) {
    if flag(record, "/IsDefault") == Some(true) {
        let what = "it is its listener's default rule: the service will refuse".to_owned();
        draft.change(id, Kind::Route, Effect::Destroy, what);
        return;
    }
    let to = leads_to(record, "Actions").join(", ");
    let what =
        format!("rule {} to {to} is deleted: what it caught falls to the next one", conditions(record));
    draft.change_from(id, Kind::Route, Effect::Destroy, what, Some(record.clone()), None);
    draft.bind(id.as_str(), record.clone());
    draft.reversibility = Reversibility::Exact;
}

fn modify(action: &Action, id: &TargetId, record: &Value, draft: &mut Draft) {
    draft.bind(id.as_str(), record.clone());
    let member = if is_rule(action) { "Actions" } else { "DefaultActions" };
    diff::changes(action, id, Kind::Route, record, draft);
    if action.arguments.get(member).is_some() {
        let (was, becomes) = (leads_to(record, member), leads_to(&action.arguments, member));
        if was != becomes {
            let what =
                format!("what comes here goes to {}, no longer to {}", becomes.join(", "), was.join(", "));
            draft.change(id, Kind::Route, Effect::Interrupt, what);
        }
    }
    draft.settle();
    let told = diff::tells_all(action, record, &["ListenerArn", "RuleArn"]);
    draft.reversibility = if told { Reversibility::Exact } else { Reversibility::None };
}
