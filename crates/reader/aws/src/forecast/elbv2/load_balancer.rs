//! Load balancers.
//!
//! Deleting one deletes its listeners and their rules and ends every connection; target groups and what is in them stay
//! (Elastic Load Balancing guides, "Delete a load balancer"). One that is made again has another DNS name. Deletion
//! protection refuses. Other security groups, subnets and attributes are compared with the present ones. Reads:
//! DescribeLoadBalancers, DescribeLoadBalancerAttributes, DescribeListeners, DescribeTargetGroups,
//! DescribeTargetHealth (of the first five groups). DNS records that lead to it are not looked at.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use crate::rules::facts;

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, listed, or_dash, strings, text, texts},
        draft::{Draft, leading},
        existence, words,
    },
    given, health, health_read, ours, targets,
};

const LISTENERS: &str = "elbv2 listeners";
const GROUPS: &str = "elbv2 target groups";
const ATTRIBUTES: &str = "elbv2 attributes";
/// Of one load balancer so many target groups are looked into.
const MOST: usize = 5;

/// The forecaster of load balancers.
pub(in crate::forecast) struct LoadBalancer;

const OPERATIONS: [&str; 4] =
    ["DeleteLoadBalancer", "ModifyLoadBalancerAttributes", "SetSecurityGroups", "SetSubnets"];

impl Look for LoadBalancer {
    fn knows(&self, action: &Action) -> bool {
        ours(action)
            && OPERATIONS.contains(&action.operation.verb())
            && given(action, "LoadBalancerArn").is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(id) = given(action, "LoadBalancerArn") else { return Vec::new() };
        let of = json!({ "LoadBalancerArn": id.as_str() });
        let read =
            |key: &str, operation: &str| crate::call::read(action, key, "elbv2", operation, of.clone());
        let mut reads = vec![read(LISTENERS, "DescribeListeners"), read(GROUPS, "DescribeTargetGroups")];
        reads.push(read(ATTRIBUTES, "DescribeLoadBalancerAttributes"));
        let groups = listed(so_far, GROUPS, "TargetGroups");
        let groups = groups.entries().iter().take(MOST).filter_map(|group| text(group, "/TargetGroupArn"));
        reads.extend(groups.map(|group| health_read(action, group)));
        let listeners = listed(so_far, LISTENERS, "Listeners");
        let deletes = action.operation.verb() == "DeleteLoadBalancer";
        for listener in listeners.entries().iter().take(MOST).filter(|_| deletes) {
            let arn = or_dash(listener, "/ListenerArn");
            let of = json!({ "ListenerArn": arn });
            reads.push(crate::call::read(action, rules_key(arn), "elbv2", "DescribeRules", of));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(id) = given(action, "LoadBalancerArn") else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("load balancer {id}"), &id, Kind::LoadBalancer), &why);
            }
        };
        let name = or_dash(record, "/LoadBalancerName");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        behind(answers, name, draft);
        draft.depend(format!("whoever connects to {}", or_dash(record, "/DNSName")));
        match action.operation.verb() {
            "DeleteLoadBalancer" => delete(answers, (name, &id), record, draft),
            "ModifyLoadBalancerAttributes" => attributes(action, answers, (name, &id), draft),
            verb => {
                let (member, now) = match verb {
                    "SetSecurityGroups" => ("SecurityGroups", strings(record, "/SecurityGroups")),
                    _ => ("Subnets", texts(record, "/AvailabilityZones", "SubnetId")),
                };
                if member == "Subnets" {
                    let asked = asked_subnets(action);
                    let dropped = now.iter().any(|subnet| !asked.contains(subnet));
                    draft.fact(facts::ELBV2_ZONE_DROPPED, true, Some(dropped));
                }
                places(action, (name, &id), member, now, draft);
            }
        }
    }
}

/// In either of the two members that name them.
fn asked_subnets(action: &Action) -> Vec<&str> {
    let mut asked = strings(&action.arguments, "/Subnets");
    asked.extend(texts(&action.arguments, "/SubnetMappings", "SubnetId"));
    asked
}

fn rules_key(listener: &str) -> String {
    format!("rules of {listener}")
}

/// The rules that go with a listener.
fn rules_go(answers: &Answers, listener: &str, draft: &mut Draft) {
    let rules = listed(answers, &rules_key(listener), "Rules");
    draft.gap(rules.gap("rules of a listener"));
    for rule in rules.entries().iter().filter(|rule| flag(rule, "/IsDefault") != Some(true)) {
        let id = TargetId::new(or_dash(rule, "/RuleArn"));
        let what = format!("its rule of priority {} goes with it", or_dash(rule, "/Priority"));
        draft.change_from(&id, Kind::Route, Effect::Destroy, what, Some((*rule).clone()), None);
    }
}

/// The targets that are reached through it.
fn behind(answers: &Answers, name: &str, draft: &mut Draft) {
    let groups = listed(answers, GROUPS, "TargetGroups");
    draft.gap(groups.gap("target groups"));
    for (at, group) in groups.entries().iter().enumerate() {
        let called = or_dash(group, "/TargetGroupName");
        if at >= MOST {
            draft.unknown(format!("only {MOST} target groups of {name} were looked into"));
            break;
        }
        let list = health(answers, or_dash(group, "/TargetGroupArn"));
        draft.gap(list.gap(&format!("targets of {called}")));
        draft.depend(format!("target group {called}: {}", targets(&list)));
    }
}

fn delete(answers: &Answers, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let kind = text(record, "/Type").unwrap_or("load balancer of an untold type");
    let before = json!({
        "dns": record.get("DNSName"),
        "scheme": record.get("Scheme"),
        "security_groups": record.get("SecurityGroups"),
        "subnets": texts(record, "/AvailabilityZones", "SubnetId"),
    });
    let what = format!("load balancer {name} ({kind}) is deleted, and every connection through it ends");
    draft.change_from(id, Kind::LoadBalancer, Effect::Destroy, what, Some(before), None);
    let listeners = listed(answers, LISTENERS, "Listeners");
    draft.gap(listeners.gap("listeners"));
    for listener in listeners.entries() {
        let arn = TargetId::new(or_dash(listener, "/ListenerArn"));
        let port = listener.get("Port").map_or_else(|| "?".to_owned(), Value::to_string);
        let what = format!("its listener on port {port} goes with it, with its rules");
        draft.change_from(&arn, Kind::Route, Effect::Destroy, what, Some((*listener).clone()), None);
        rules_go(answers, arn.as_str(), draft);
    }
    let groups = listed(answers, GROUPS, "TargetGroups");
    for group in groups.entries() {
        let what = format!(
            "nothing reaches target group {} through {name} any more",
            or_dash(group, "/TargetGroupName")
        );
        let arn = TargetId::new(or_dash(group, "/TargetGroupArn"));
        draft.change(&arn, Kind::Group, Effect::Interrupt, what);
    }
    draft.bind(
        id.as_str(),
        json!({"listeners": listeners.entries().len(), "created": record.get("CreatedTime")}),
    );
    let attributes = listed(answers, ATTRIBUTES, "Attributes");
    draft.gap(attributes.gap("attributes"));
    let protected = attributes.entries().iter().any(|one| {
        text(one, "/Key") == Some("deletion_protection.enabled") && text(one, "/Value") == Some("true")
    });
    if protected {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::LoadBalancer, Effect::Destroy, refused);
    }
    draft.unknown(format!("which DNS records lead to {name} was not looked at"));
    draft.reversibility = Reversibility::Lossy;
}

fn attributes(action: &Action, answers: &Answers, (name, id): (&str, &TargetId), draft: &mut Draft) {
    let now = listed(answers, ATTRIBUTES, "Attributes");
    draft.gap(now.gap("attributes"));
    let mut exact = now.complete();
    for asked in entries(&action.arguments, "/Attributes") {
        let (key, value) = (or_dash(asked, "/Key"), or_dash(asked, "/Value"));
        let have = now.entries().iter().find(|one| text(one, "/Key") == Some(key));
        let was = have.map(|have| or_dash(have, "/Value"));
        exact &= was.is_some();
        draft.bind(format!("{id} {key}"), json!(was));
        if was == Some(value) {
            continue;
        }
        let guard =
            (key == "deletion_protection.enabled" || key.ends_with("logs.s3.enabled")) && value == "false";
        let effect = if guard { Effect::GuardRemoval } else { Effect::Update };
        let what =
            format!("{name}: {key} changes from {} to {value}", was.unwrap_or("what could not be read"));
        draft.change_from(id, Kind::LoadBalancer, effect, what, Some(json!(was)), Some(json!(value)));
    }
    draft.settle();
    draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::None };
}

/// Other security groups or subnets than it has.
fn places(action: &Action, (name, id): (&str, &TargetId), member: &str, now: Vec<&str>, draft: &mut Draft) {
    let mut asked = strings(&action.arguments, &format!("/{member}"));
    asked.extend(texts(&action.arguments, "/SubnetMappings", "SubnetId"));
    let (mut now, mut new) = (now, asked);
    now.sort_unstable();
    new.sort_unstable();
    draft.bind(format!("{id} {member}"), json!(now));
    draft.settle();
    draft.reversibility = Reversibility::Exact;
    if now == new {
        return;
    }
    let lost: Vec<&str> = now.iter().copied().filter(|one| !new.contains(one)).collect();
    let loses =
        if lost.is_empty() { String::new() } else { format!("; {} no longer", words::some(&lost, 5)) };
    let what = format!("{name}: {member} become {}{loses}", words::some(&new, 5));
    draft.change_from(id, Kind::LoadBalancer, leading(action), what, Some(json!(now)), Some(json!(new)));
}
