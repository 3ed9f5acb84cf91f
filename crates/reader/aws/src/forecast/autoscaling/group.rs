//! Auto Scaling groups.
//!
//! A group that shrinks terminates instances, and the volumes that go with them, without asking. The forecast reckons
//! the new size from the request and the live state: a maximum below the desired size lowers that too. Where every
//! instance goes, each is looked at as by TerminateInstances, and Interlock takes snapshots of the volumes first; where
//! some go, the service chooses which, and the forecast says so. A refresh replaces each in turn. Instances that are
//! protected from scale-in stay. A group with instances is deleted only by force (EC2 Auto Scaling User Guide, "Delete
//! your Auto Scaling group"). Reads: DescribeAutoScalingGroups, and what the forecaster of instances reads.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, entries, flag, number, strings, text, texts},
    compare::diff,
    draft::{Draft, leading},
    ec2::instance::{terminating, terminating_reads},
    existence,
    tally::Tally,
    words,
};
use crate::rules::facts;

/// The forecaster of groups.
pub(in crate::forecast) struct Group;

const OPERATIONS: [&str; 5] = [
    "UpdateAutoScalingGroup",
    "SetDesiredCapacity",
    "DeleteAutoScalingGroup",
    "StartInstanceRefresh",
    "SuspendProcesses",
];

/// Whether every instance goes, protected or not.
fn takes_all(action: &Action) -> bool {
    ["DeleteAutoScalingGroup", "StartInstanceRefresh"].contains(&action.operation.verb())
}

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = action.arguments.get("AutoScalingGroupName")?.as_str()?;
    let is = |target: &&interlock_action::Target| target.name.as_deref() == Some(name);
    let id = action.targets.iter().find(is).map(|target| target.id.clone());
    Some((name, id.unwrap_or_else(|| TargetId::new(name))))
}

/// How many instances the group is to have by these sizes, as far as they are given: `None` where that is not told.
pub(super) fn sized(sizes: &Value, record: &Value) -> Option<u64> {
    if let Some(asked) = number(sizes, "/DesiredCapacity") {
        return Some(asked);
    }
    let of = |member: &str| {
        let pointer = format!("/{member}");
        number(sizes, &pointer).or_else(|| number(record, &pointer))
    };
    let (now, most, least) = (number(record, "/DesiredCapacity")?, of("MaxSize")?, of("MinSize")?);
    Some(now.min(most).max(least))
}

/// Whether any of the sizes given is below the present one.
pub(super) fn lowers(sizes: &Value, record: &Value) -> bool {
    ["/DesiredCapacity", "/MinSize", "/MaxSize"]
        .iter()
        .any(|size| number(sizes, size).is_some_and(|new| number(record, size).is_none_or(|now| new < now)))
}

/// What the group does with its instances.
pub(super) enum Shrinks<'a> {
    /// It keeps them.
    Not,
    /// These go: all that may.
    All(Vec<&'a str>),
    /// So many go; the service chooses.
    Some(u64),
    /// Nobody could tell.
    Unknown,
}

fn shrinks<'a>(action: &Action, record: &'a Value) -> Shrinks<'a> {
    match action.operation.verb() {
        "SuspendProcesses" => Shrinks::Not,
        _ if takes_all(action) => shrinks_to(Some(0), record, true),
        _ => shrinks_to(sized(&action.arguments, record), record, false),
    }
}

/// What it does with them to come to so many; `forced`: whatever protects them.
pub(super) fn shrinks_to(desired: Option<u64>, record: &Value, forced: bool) -> Shrinks<'_> {
    let Some(desired) = desired else { return Shrinks::Unknown };
    let instances = entries(record, "/Instances");
    let now = instances.len() as u64;
    let stays = |one: &&Value| flag(one, "/ProtectedFromScaleIn") != Some(true) || forced;
    let free: Vec<&str> = instances.iter().filter(stays).filter_map(|one| text(one, "/InstanceId")).collect();
    match now.saturating_sub(desired) {
        0 => Shrinks::Not,
        going if going >= free.len() as u64 => Shrinks::All(free),
        going => Shrinks::Some(going),
    }
}

impl Look for Group {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "autoscaling"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let Live::Found(record) = existence::of(action, so_far, &id) else { return Vec::new() };
        match shrinks(action, record) {
            Shrinks::All(instances) => terminating_reads(action, so_far, &instances),
            _ => Vec::new(),
        }
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, (name, &id), &why, draft),
        };
        see(&id, record, draft);
        draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, Some(lowers(&action.arguments, record)));
        let protects = flag(record, "/NewInstancesProtectedFromScaleIn");
        draft.fact(facts::AUTOSCALING_PROTECTS, true, protects);
        draft.reversibility = Reversibility::Exact;
        match action.operation.verb() {
            "DeleteAutoScalingGroup" => delete(action, answers, (name, &id), record, draft),
            "SuspendProcesses" => suspend(action, (name, &id), record, draft),
            _ => resize(action, answers, (name, &id), record, draft),
        }
    }
}

fn sorted(names: &[&str]) -> Value {
    let mut names = names.to_vec();
    names.sort_unstable();
    json!(names)
}

/// The group could not be read.
pub(super) fn unread(action: &Action, (name, id): (&str, &TargetId), why: &str, draft: &mut Draft) {
    draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, None);
    draft.fact(facts::AUTOSCALING_PROTECTS, true, None);
    draft.unread(action, (&format!("group {name}"), id, Kind::Group), why);
    // What its instances hold may go with them.
    draft.observe(id, Observed { data: Bears::Yes, ..Observed::default() });
    let lost = format!("what the instances of group {name} hold that it terminates");
    draft.lose_unread(&format!("group {name}"), lost, why);
}

/// What is seen of the group, and what an approval is bound to.
pub(super) fn see(id: &TargetId, record: &Value, draft: &mut Draft) {
    draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    draft.bind(
        id.as_str(),
        json!({
            "sizes": [record.get("MinSize"), record.get("MaxSize"), record.get("DesiredCapacity")],
            "instances": sorted(&texts(record, "/Instances", "InstanceId")),
        }),
    );
    for group in strings(record, "/TargetGroupARNs") {
        draft.depend(format!("target group {}", super::super::arn::last(group)));
    }
    for balancer in strings(record, "/LoadBalancerNames") {
        draft.depend(format!("load balancer {balancer}"));
    }
}

fn delete(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    let instances = texts(record, "/Instances", "InstanceId");
    let many = words::count(instances.len() as u64, "instance");
    let before = json!({
        "sizes": [record.get("MinSize"), record.get("MaxSize"), record.get("DesiredCapacity")],
        "template": record.get("LaunchTemplate").or_else(|| record.get("LaunchConfigurationName")),
        "subnets": record.get("VPCZoneIdentifier"),
    });
    let what = format!("group {name} ({many}) is deleted");
    draft.change_from(id, Kind::Group, Effect::Destroy, what, Some(before), None);
    draft.reversibility = Reversibility::Lossy;
    if instances.is_empty() {
        return;
    }
    if flag(&action.arguments, "/ForceDelete") != Some(true) {
        let what = format!("{name} still has {many}: the service will refuse");
        draft.change(id, Kind::Group, Effect::Destroy, what);
        return;
    }
    terminating(action, answers, &instances, draft);
}

fn suspend(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let asked = strings(&action.arguments, "/ScalingProcesses");
    let already = texts(record, "/SuspendedProcesses", "ProcessName");
    let new: Vec<&str> = asked.iter().copied().filter(|one| !already.contains(one)).collect();
    draft.settle();
    if new.is_empty() && !asked.is_empty() {
        return;
    }
    let which = if asked.is_empty() { "every process".to_owned() } else { new.join(", ") };
    let what = format!("{which} of group {name} stops: it no longer looks after its instances by itself");
    draft.change_from(id, Kind::Group, leading(action), what, Some(json!(already)), None);
}

fn resize(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    draft: &mut Draft,
) {
    // What goes with a smaller size is told below.
    diff::changes_as(Effect::Update, action, id, Kind::Group, record, draft);
    draft.settle();
    goes(action, answers, (name, id), record, shrinks(action, record), draft);
}

/// What goes with a smaller size.
pub(super) fn goes(
    action: &Action,
    answers: &Answers,
    (name, id): (&str, &TargetId),
    record: &Value,
    shrinks: Shrinks<'_>,
    draft: &mut Draft,
) {
    let now = entries(record, "/Instances").len();
    match shrinks {
        Shrinks::Not => {}
        Shrinks::Unknown => {
            draft.unknown(format!("how many instances group {name} is to have could not be told"));
            draft.observe(id, Observed { data: Bears::Yes, ..Observed::default() });
            draft.lose(format!("what the instances of group {name} hold that it terminates"));
            draft.secure(Securing::Impossible(format!("which instances of {name} go is not known")));
        }
        Shrinks::All(instances) => {
            let what = format!("group {name} terminates {} of its {now} instances", instances.len());
            draft.change(id, Kind::Group, Effect::Interrupt, what);
            terminating(action, answers, &instances, draft);
        }
        Shrinks::Some(going) => {
            let what =
                format!("group {name} terminates {going} of its {now} instances, which the service chooses");
            draft.change(id, Kind::Group, Effect::Interrupt, what);
            draft.unknown(format!(
                "which {going} of the {now} instances of {name} go, and with which volumes"
            ));
            draft.lose(format!(
                "what {going} of the {now} instances of {name} hold on volumes that go with them"
            ));
            draft.tally(Tally::unread());
            draft.reversibility = Reversibility::Lossy;
            let why = "the service chooses which instances go, so that their volumes cannot be kept first";
            draft.secure(Securing::Impossible(format!("{name}: {why}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, survey, target},
        rules::facts,
    };

    fn ask(operation: &str, mut arguments: Value) -> Survey {
        arguments["AutoScalingGroupName"] = json!("web");
        let mut asked = action("autoscaling", operation, arguments);
        let id = "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName/web";
        asked.targets = vec![target(id, Kind::Group, "web")];
        survey(&asked, |operation, _| match operation {
            "DescribeAutoScalingGroups" => found(json!({"AutoScalingGroups": [{
                "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 4, "DesiredCapacity": 3, "Tags": [],
                "Instances": [
                    {"InstanceId": "i-1"}, {"InstanceId": "i-2"}, {"InstanceId": "i-3", "ProtectedFromScaleIn": true},
                ],
            }]})),
            "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{
                "InstanceId": "i", "InstanceType": "t3.micro", "BlockDeviceMappings": [],
            }]}]})),
            "DescribeInstanceTypes" => found(json!({"InstanceTypes": [{"InstanceStorageSupported": false}]})),
            other => panic!("{other} was not expected"),
        })
    }

    #[test]
    fn the_new_size_is_reckoned_from_the_live_state() {
        let said = |arguments: Value| {
            let survey = ask("UpdateAutoScalingGroup", arguments);
            let words: Vec<String> =
                survey.forecast.changes.iter().map(|change| change.what.clone()).collect();
            words.join("; ")
        };
        assert!(
            said(json!({"DesiredCapacity": 2}))
                .contains("terminates 1 of its 3 instances, which the service")
        );
        assert!(
            said(json!({"MaxSize": 2})).contains("terminates 1 of its 3"),
            "the maximum is below the desired size"
        );
        assert!(!said(json!({"MaxSize": 9})).contains("terminates"));
        assert!(said(json!({"DesiredCapacity": 0})).contains("terminates 2 of its 3"), "one is protected");
    }

    #[test]
    fn who_goes_is_named_only_where_it_is_known() {
        let all = ask("SetDesiredCapacity", json!({"DesiredCapacity": 0}));
        assert_eq!(all.discovered.len(), 2, "{:?}", all.discovered);
        assert_eq!(all.facts.get(facts::AUTOSCALING_SIZE_LOWERED), Some(&json!(true)));
        let some = ask("SetDesiredCapacity", json!({"DesiredCapacity": 2}));
        assert!(some.discovered.is_empty());
        assert!(matches!(some.securing, Securing::Impossible(_)));
        assert!(!some.forecast.data_loss.is_empty());
    }

    #[test]
    fn a_refresh_replaces_every_instance() {
        let refresh = ask("StartInstanceRefresh", json!({}));
        assert_eq!(refresh.discovered.len(), 3, "{:?}", refresh.discovered);
        assert!(refresh.forecast.changes.iter().any(|change| change.what.contains("3 of its 3")));
    }

    #[test]
    fn a_group_with_instances_goes_only_by_force() {
        let plain = ask("DeleteAutoScalingGroup", json!({}));
        assert!(plain.forecast.changes.iter().any(|change| change.what.contains("will refuse")));
        let forced = ask("DeleteAutoScalingGroup", json!({"ForceDelete": true}));
        assert_eq!(forced.discovered.len(), 3, "force knows no protection");
    }
}
