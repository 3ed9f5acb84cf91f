//! What scales an Auto Scaling group by itself: scheduled actions and policies; and a policy that is carried out now.
//!
//! A scheduled action sets its sizes when it fires; a policy may leave no machine in one step, again and again. Neither asks
//! anybody then, and what is on the instances cannot be kept first: what the direct call would keep first is lost. A policy
//! that follows the load and leaves machines is what a group is for. Carrying out a policy is the direct call. How many go
//! is reckoned from the present size. What an update of a scheduled action leaves out counts as kept from the one that is
//! there. Reads: DescribeAutoScalingGroups,
//! DescribeScheduledActions, DescribePolicies, and what the forecaster of instances reads.

use interlock_action::{Action, Answers, Effect, Kind, Read, Reversibility, Securing, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, given, listed, number, text},
        arn,
        draft::{Draft, digest},
        ec2::instance::terminating_reads,
        existence,
    },
    group::{self, Shrinks, goes, lowers, shrinks_to, sized},
};
use crate::rules::facts;

/// The forecaster of scheduled actions and policies.
pub(in crate::forecast) struct Later;

const OPERATIONS: [&str; 4] = [
    "PutScheduledUpdateGroupAction",
    "BatchPutScheduledUpdateGroupAction",
    "PutScalingPolicy",
    "ExecutePolicy",
];

/// The key of the read of the scheduled actions or of the policy as they are now.
const SET: &str = "what scales the group";

/// The group within the ARN of a policy.
fn of_policy(action: &Action) -> Option<&str> {
    let arn = given(action, "PolicyName").filter(|name| name.starts_with("arn:"))?;
    let (_, rest) = arn.split_once("autoScalingGroupName/")?;
    Some(rest.split(":policyName/").next().unwrap_or(rest))
}

/// The group: it is named beside, or within the ARN of its policy.
fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "AutoScalingGroupName").or_else(|| of_policy(action))?;
    let resource = format!("autoScalingGroup:*:autoScalingGroupName/{name}");
    Some((name, arn::target(action, Kind::Group, "autoscaling", &resource, name)))
}

/// Whether it scales now, and not later.
fn now(action: &Action) -> bool {
    action.operation.verb() == "ExecutePolicy"
}

/// The scheduled actions of the request, one or several.
fn scheduled(action: &Action) -> Vec<&Value> {
    match action.operation.verb() {
        "PutScheduledUpdateGroupAction" => vec![&action.arguments],
        _ => entries(&action.arguments, "/ScheduledUpdateGroupActions").iter().collect(),
    }
}

/// The sizes that a scheduled action sets, those that it leaves out from the one that is there; `None` where that could
/// not be read.
fn sizes(asked: &Value, answers: &Answers) -> Option<Value> {
    let present = listed(answers, SET, "ScheduledUpdateGroupActions");
    let name = text(asked, "/ScheduledActionName")?;
    let same = |one: &&&Value| text(one, "/ScheduledActionName") == Some(name);
    let have = present.entries().iter().find(same);
    if have.is_none() && !present.complete() {
        return None;
    }
    let mut sizes = json!({});
    for member in ["MinSize", "MaxSize", "DesiredCapacity"] {
        let given = |of: &Value| of.get(member).filter(|size| !size.is_null()).cloned();
        if let Some(size) = given(asked).or_else(|| given(have?)) {
            sizes.as_object_mut()?.insert(member.to_owned(), size);
        }
    }
    Some(sizes)
}

/// By how much a policy of fixed steps takes instances away at most: how it counts, and its lowest step.
fn step(policy: &Value) -> Option<(&str, i64)> {
    let of = |of: &Value| {
        let by = of.get("ScalingAdjustment")?;
        by.as_i64().or_else(|| by.as_str()?.trim().parse().ok())
    };
    let steps = entries(policy, "/StepAdjustments").iter().map(of);
    let lowest = steps.chain(policy.get("ScalingAdjustment").map(|_| of(policy))).min()??;
    Some((text(policy, "/AdjustmentType")?, lowest))
}

/// How many instances a policy leaves at least when it is carried out once.
fn left(policy: &Value, record: &Value) -> Option<u64> {
    let least = number(record, "/MinSize")?;
    let present = number(record, "/DesiredCapacity")?;
    if matches!(text(policy, "/PolicyType"), Some("PredictiveScaling" | "TargetTrackingScaling")) {
        return Some(present);
    }
    let (counts, lowest) = step(policy)?;
    let fewer = lowest.unsigned_abs();
    let goes = match counts {
        "ExactCapacity" => return Some(u64::try_from(lowest).ok()?.max(least).min(present)),
        _ if lowest >= 0 => return Some(present),
        "ChangeInCapacity" => fewer,
        "PercentChangeInCapacity" => {
            let magnitude = ["/MinAdjustmentMagnitude", "/MinAdjustmentStep"];
            let at_least = magnitude.iter().filter_map(|pointer| number(policy, pointer)).max().unwrap_or(0);
            present.saturating_mul(fewer).div_ceil(100).max(at_least)
        }
        _ => return None,
    };
    Some(present.saturating_sub(goes).max(least).min(present))
}

/// To how few instances the group may come, and whether a size is lowered; `None` where nobody could tell.
fn floor(action: &Action, answers: &Answers, record: &Value) -> Option<(u64, bool)> {
    let by_policy = |policy: &Value| {
        let (left, present) = (left(policy, record)?, number(record, "/DesiredCapacity")?);
        // With the load a group comes and goes; what leaves no machine is no such policy.
        let follows = text(policy, "/AdjustmentType") != Some("ExactCapacity");
        let left = if left > 0 && follows && !now(action) { present } else { left };
        Some((left, present > left))
    };
    match action.operation.verb() {
        "PutScalingPolicy" => by_policy(&action.arguments),
        "ExecutePolicy" => {
            // Which of two groups would be meant is not for us to guess.
            let (beside, within) = (given(action, "AutoScalingGroupName"), of_policy(action));
            let one = beside.is_none() || within.is_none() || beside == within;
            match listed(answers, SET, "ScalingPolicies").entries() {
                [policy] if one => by_policy(policy),
                _ => None,
            }
        }
        _ => {
            let each = scheduled(action).into_iter().map(|asked| {
                let sizes = sizes(asked, answers)?;
                Some((sized(&sizes, record)?, lowers(&sizes, record)))
            });
            let all: Vec<(u64, bool)> = each.collect::<Option<_>>()?;
            let lowers = all.iter().any(|(_, lowers)| *lowers);
            all.iter().map(|(left, _)| *left).min().map(|left| (left, lowers))
        }
    }
}

/// The group's record, whether it is a target of the request or only named in a policy's ARN.
fn record<'a>(action: &Action, answers: &'a Answers, id: &TargetId) -> Live<'a> {
    match existence::of(action, answers, id) {
        Live::Found(answer) if answer.get("AutoScalingGroups").is_some() => {
            answer.pointer("/AutoScalingGroups/0").map_or(Live::Absent, Live::Found)
        }
        other => other,
    }
}

impl Look for Later {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "autoscaling"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let read = |key: String, operation, arguments| {
            crate::call::read(action, key, "autoscaling", operation, arguments)
        };
        let one = json!({ "AutoScalingGroupNames": [name] });
        let mut reads = vec![read(existence::live_key(&id), "DescribeAutoScalingGroups", one)];
        match action.operation.verb() {
            "PutScalingPolicy" => {}
            "ExecutePolicy" => {
                let policy =
                    json!({"AutoScalingGroupName": name, "PolicyNames": [given(action, "PolicyName")]});
                reads.push(read(SET.to_owned(), "DescribePolicies", policy));
            }
            _ => {
                let of = json!({ "AutoScalingGroupName": name });
                reads.push(read(SET.to_owned(), "DescribeScheduledActions", of));
            }
        }
        if let Live::Found(record) = record(action, so_far, &id)
            && let Some((left, _)) = floor(action, so_far, record)
            && let Shrinks::All(instances) = shrinks_to(Some(left), record, false)
        {
            reads.extend(terminating_reads(action, so_far, &instances));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match record(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return group::unread(action, (name, &id), &why, draft),
        };
        draft.saw();
        group::see(&id, record, draft);
        let set = answers.get(SET).map(|answer| json!(answer)).unwrap_or_default();
        draft.bind(format!("{id} set"), digest(&set));
        let floor = floor(action, answers, record);
        draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, floor.map(|(_, lowers)| lowers));
        draft.reversibility = Reversibility::Lossy;
        let shrinks = shrinks_to(floor.map(|(left, _)| left), record, false);
        if matches!(shrinks, Shrinks::Not) {
            return;
        }
        if !now(action) {
            let what = format!(
                "group {name} scales in by itself later, and what goes with its machines then cannot be kept first: \
                 SetDesiredCapacity scales in now, and keeps it"
            );
            draft.change(&id, Kind::Group, Effect::Destroy, what);
        }
        goes(action, answers, (name, &id), record, shrinks, draft);
        if !now(action) && draft.loses() {
            let why = format!("group {name} scales in later, when nothing is kept first");
            draft.secure(Securing::Impossible(why));
            draft.reversibility = Reversibility::None;
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Bears, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, survey, target},
        rules::facts,
    };

    const GROUP: &str =
        "arn:aws:autoscaling:us-east-1:111122223333:autoScalingGroup:*:autoScalingGroupName/web";

    /// A group of two machines with a volume each that goes with it; `set`: what scales it now.
    fn ask(operation: &str, least: u32, mut arguments: Value, set: &Value) -> Survey {
        if arguments.get("PolicyName").is_none_or(|name| name == "in") {
            arguments["AutoScalingGroupName"] = json!("web");
        }
        let mut asked = action("autoscaling", operation, arguments);
        asked.targets = vec![target(GROUP, Kind::Group, "web")];
        survey(&asked, |operation, arguments| match operation {
            "DescribeAutoScalingGroups" => found(json!({"AutoScalingGroups": [{
                "AutoScalingGroupName": "web", "MinSize": least, "MaxSize": 4, "DesiredCapacity": 2, "Tags": [],
                "Instances": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}],
            }]})),
            "DescribeScheduledActions" => found(json!({ "ScheduledUpdateGroupActions": set })),
            "DescribePolicies" => found(json!({ "ScalingPolicies": set })),
            "DescribeInstances" => {
                let one = arguments["InstanceIds"][0].as_str().unwrap().to_owned();
                let disk = json!({"Ebs": {"VolumeId": format!("vol-{one}"), "DeleteOnTermination": true}});
                found(json!({"Reservations": [{"Instances": [{
                    "InstanceId": one, "InstanceType": "t3.micro", "BlockDeviceMappings": [disk],
                }]}]}))
            }
            "DescribeInstanceTypes" => found(json!({"InstanceTypes": [{"InstanceStorageSupported": false}]})),
            "DescribeVolumes" => found(
                json!({"Volumes": [{"VolumeId": arguments["VolumeIds"][0], "Size": 8, "Encrypted": false}]}),
            ),
            "DescribeSnapshots" => found(json!({"Snapshots": []})),
            other => panic!("{other} was not expected"),
        })
    }

    fn schedule(sizes: Value, set: &Value) -> Survey {
        let mut asked = sizes;
        asked["ScheduledActionName"] = json!("night");
        ask("PutScheduledUpdateGroupAction", 0, asked, set)
    }

    fn lowered(survey: &Survey) -> Option<bool> {
        survey.facts.get(facts::AUTOSCALING_SIZE_LOWERED)?.as_bool()
    }

    #[test]
    fn what_fires_later_keeps_nothing_first() {
        let night = schedule(json!({"DesiredCapacity": 0}), &json!([]));
        assert!(matches!(night.securing, Securing::Impossible(_)), "{:?}", night.securing);
        assert_eq!(night.discovered.len(), 4, "both machines, both volumes");
        assert_eq!(lowered(&night), Some(true));
        assert!(night.forecast.changes.iter().any(|change| change.what.contains("SetDesiredCapacity")));
        let more = schedule(json!({"MinSize": 1, "DesiredCapacity": 3}), &json!([]));
        assert_eq!((more.securing, more.facts.0.len()), (Securing::NotNeeded, 1));
        assert!(more.discovered.is_empty() && more.forecast.data_loss.is_empty());
        let batch = json!({"ScheduledUpdateGroupActions": [
            {"ScheduledActionName": "day", "DesiredCapacity": 4},
            {"ScheduledActionName": "night", "MaxSize": 0},
        ]});
        let batch = ask("BatchPutScheduledUpdateGroupAction", 0, batch, &json!([]));
        assert!(matches!(batch.securing, Securing::Impossible(_)));
    }

    #[test]
    fn what_an_update_leaves_out_stays() {
        let night = |size: u32| json!([{"ScheduledActionName": "night", "DesiredCapacity": size}]);
        let sooner = |set: &Value| schedule(json!({"Recurrence": "0 0 * * *"}), set);
        assert_eq!(lowered(&sooner(&night(0))), Some(true));
        assert!(matches!(sooner(&night(0)).securing, Securing::Impossible(_)));
        assert_eq!(lowered(&sooner(&night(3))), Some(false));
        assert_eq!(lowered(&sooner(&Value::Null)), None, "the answer was not understood");
    }

    #[test]
    fn a_policy_that_may_leave_nothing_is_told() {
        let put = |least: u32, mut policy: Value| {
            policy["PolicyName"] = json!("in");
            ask("PutScalingPolicy", least, policy, &json!([]))
        };
        let tracking = json!({"PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": {}});
        assert_eq!(put(0, tracking).securing, Securing::NotNeeded, "it goes with the load");
        let change = |by: i64| json!({"AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": by});
        assert_eq!(lowered(&put(0, change(-1))), Some(false), "one of two stays");
        assert_eq!(lowered(&put(0, change(-2))), Some(true));
        assert_eq!(lowered(&put(2, change(-2))), Some(false), "the group keeps its minimum");
        let one = json!({"AdjustmentType": "ExactCapacity", "ScalingAdjustment": 1});
        assert_eq!(lowered(&put(0, one)), Some(true), "it sets a size, whatever the load");
        let steps = json!({"PolicyType": "StepScaling", "AdjustmentType": "ExactCapacity",
            "StepAdjustments": [{"ScalingAdjustment": 3}, {"ScalingAdjustment": 0}]});
        assert!(matches!(put(0, steps).securing, Securing::Impossible(_)));
        assert_eq!(lowered(&put(0, json!({"ScalingAdjustment": -1}))), None, "how it counts is not told");
    }

    #[test]
    fn a_policy_carried_out_now_is_the_direct_call() {
        let execute =
            |name: &str, policy: Value| ask("ExecutePolicy", 0, json!({ "PolicyName": name }), &policy);
        let percent = |by: i64| json!([{"PolicyName": "in", "AdjustmentType": "PercentChangeInCapacity", "ScalingAdjustment": by}]);
        let all = execute("in", percent(-100));
        assert!(
            matches!(&all.securing, Securing::ByCalls { makes, .. } if makes.len() == 2),
            "{:?}",
            all.securing
        );
        let one = execute("in", percent(-10));
        assert!(one.forecast.changes.iter().any(|change| change.what.contains("terminates 1 of its 2")));
        assert_eq!(lowered(&execute("in", percent(10))), Some(false));
        assert_eq!(lowered(&execute("in", json!([]))), None);
        let arn = "arn:aws:autoscaling:us-east-1:111122223333:scalingPolicy:a:autoScalingGroupName/web:policyName/in";
        assert_eq!(execute(arn, percent(-100)).discovered.len(), 4);
        let other = json!({"PolicyName": arn.replace("/web", "/other"), "AutoScalingGroupName": "web"});
        let other = ask("ExecutePolicy", 0, other, &percent(10));
        assert_eq!(lowered(&other), None, "which of the two is meant nobody knows");
        assert_eq!(other.observed[&GROUP.into()].data, Bears::Yes);
    }
}
