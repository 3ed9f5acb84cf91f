//! Elastic Load Balancing: application, network and gateway load balancers.

pub(super) mod listener;
pub(super) mod load_balancer;
pub(super) mod target_group;

use interlock_action::{Action, Answers, Read, TargetId};
use serde_json::{Value, json};

use super::{
    answer::{Listed, entries, listed, or_dash, text},
    words,
};

/// An ARN among the arguments, as a target.
fn given(action: &Action, member: &str) -> Option<TargetId> {
    action.arguments.get(member)?.as_str().map(TargetId::new)
}

/// Whether the operation is this service's.
fn ours(action: &Action) -> bool {
    action.operation.service() == "elbv2"
}

fn health_key(group: &str) -> String {
    format!("targets of {group}")
}

/// The read of a target group's targets.
fn health_read(action: &Action, group: &str) -> Read {
    let arguments = json!({ "TargetGroupArn": group });
    crate::call::read(action, health_key(group), "elbv2", "DescribeTargetHealth", arguments)
}

/// A target group's targets.
fn health<'a>(answers: &'a Answers, group: &str) -> Listed<'a> {
    listed(answers, &health_key(group), "TargetHealthDescriptions")
}

/// `3 targets, 2 of them healthy: i-1, i-2, i-3`.
fn targets(list: &Listed<'_>) -> String {
    let all: Vec<&str> = list.entries().iter().map(|one| or_dash(one, "/Target/Id")).collect();
    let healthy = list.entries().iter().filter(|one| text(one, "/TargetHealth/State") == Some("healthy"));
    let many = words::count(all.len() as u64, "target");
    match all.as_slice() {
        [] => "no targets".to_owned(),
        _ => format!("{many}, {} of them healthy: {}", healthy.count(), words::some(&all, 5)),
    }
}

/// The target groups that actions of a listener or rule lead to.
fn leads_to(record: &Value, member: &str) -> Vec<String> {
    let mut to: Vec<String> = Vec::new();
    for action in entries(record, &format!("/{member}")) {
        let one = text(action, "/TargetGroupArn").map(str::to_owned);
        let several = entries(action, "/ForwardConfig/TargetGroups").iter();
        let several = several.filter_map(|one| text(one, "/TargetGroupArn").map(str::to_owned));
        let place = text(action, "/Type").filter(|kind| *kind != "forward").map(|kind| format!("a {kind}"));
        for group in one.into_iter().chain(several).chain(place) {
            if !to.contains(&group) {
                to.push(group);
            }
        }
    }
    to
}
