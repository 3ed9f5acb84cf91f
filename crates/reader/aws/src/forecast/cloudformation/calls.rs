//! What an update of a stack changes in its place, as the call of the thing's own service that does the same: its
//! forecaster knows what is lost with that, and how it can be kept first.
//!
//! Only what means the same in both is here: a number that the call takes as it is, or a resource that is a setting of
//! another thing and nothing else. A value that is not told counts as none, one that the template no longer says stays
//! as it is.

use interlock_action::Action;
use serde_json::{Value, json};

use super::{
    super::answer::text,
    kinds::{self, Arguments},
    parts::Part,
    plan::{self, Falls},
    template::{self, Keep},
    touch::{Changed, is_told},
};

/// What a schedule or policy says its group by.
const GROUP: &str = "AutoScalingGroupName";

/// The type, the service and its operation, how the physical id names the thing, and each property with the parameter
/// that it is: members of members behind a slash.
type Row = (&'static str, &'static str, &'static str, Arguments, &'static [(&'static str, &'static str)]);

const ROWS: [Row; 5] = [
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "autoscaling",
        "UpdateAutoScalingGroup",
        |id| json!({ "AutoScalingGroupName": id }),
        &[("DesiredCapacity", "DesiredCapacity"), ("MaxSize", "MaxSize"), ("MinSize", "MinSize")],
    ),
    (
        "AWS::EKS::Nodegroup",
        "eks",
        "UpdateNodegroupConfig",
        |id| {
            let (cluster, group) = id.split_once('/').unwrap_or((id, id));
            json!({"clusterName": cluster, "nodegroupName": group})
        },
        &[
            ("ScalingConfig/DesiredSize", "scalingConfig/desiredSize"),
            ("ScalingConfig/MaxSize", "scalingConfig/maxSize"),
            ("ScalingConfig/MinSize", "scalingConfig/minSize"),
        ],
    ),
    (
        "AWS::ECS::Service",
        "ecs",
        "UpdateService",
        |id| {
            let cluster = id.rsplit('/').nth(1).unwrap_or("default");
            json!({"cluster": cluster, "service": id})
        },
        &[("DesiredCount", "desiredCount")],
    ),
    (
        "AWS::RDS::DBInstance",
        "rds",
        "ModifyDBInstance",
        |id| json!({ "DBInstanceIdentifier": id }),
        &[("BackupRetentionPeriod", "BackupRetentionPeriod")],
    ),
    (
        "AWS::RDS::DBCluster",
        "rds",
        "ModifyDBCluster",
        |id| json!({ "DBClusterIdentifier": id }),
        &[("BackupRetentionPeriod", "BackupRetentionPeriod")],
    ),
];

/// Types that are a setting of a group: the operation that makes it, and the properties that it takes by the same names.
const SETTINGS: [(&str, &str, &[&str]); 2] = [
    (
        "AWS::AutoScaling::ScheduledAction",
        "PutScheduledUpdateGroupAction",
        &["MinSize", "MaxSize", "DesiredCapacity"],
    ),
    (
        "AWS::AutoScaling::ScalingPolicy",
        "PutScalingPolicy",
        &[
            "PolicyType",
            "AdjustmentType",
            "ScalingAdjustment",
            "StepAdjustments",
            "MinAdjustmentMagnitude",
            "TargetTrackingConfiguration",
        ],
    ),
];

fn row(kind: &str) -> Option<&'static Row> {
    ROWS.iter().find(|(name, ..)| *name == kind)
}

/// A property's name without the members of it.
fn top(property: &'static str) -> &'static str {
    property.split('/').next().unwrap_or(property)
}

/// The call with these arguments, as it is judged.
pub(super) fn call(action: &Action, kind: &str, arguments: &Value) -> Option<Action> {
    let setting = SETTINGS.iter().find(|(name, ..)| *name == kind);
    let (service, operation) = match setting {
        // Of which group it is was not told.
        Some(_) if arguments.get(GROUP).is_none() => return None,
        Some((_, operation, _)) => ("autoscaling", *operation),
        None => row(kind).map(|(_, service, operation, ..)| (*service, *operation))?,
    };
    kinds::judged(action, service, operation, arguments)
}

/// Whether a property's change is told by such a call.
pub(super) fn tells(change: &Value, property: &str) -> bool {
    let kind = change.pointer("/ResourceChange/ResourceType").and_then(Value::as_str);
    let own =
        kind.and_then(row).is_some_and(|(.., members)| members.iter().any(|(name, _)| top(name) == property));
    own && arguments(change).is_some()
}

/// The arguments of the call that makes this change; none where it changes nothing that a call tells.
pub(super) fn arguments(change: &Value) -> Option<Value> {
    let record = change.get("ResourceChange")?;
    let kind = text(record, "/ResourceType")?;
    if let Some((.., members)) = SETTINGS.iter().find(|(name, ..)| *name == kind) {
        return setting(change, members);
    }
    if plan::falls(change) != Falls::Within {
        return None;
    }
    let (.., names, members) = row(kind)?;
    let physical = text(record, "/PhysicalResourceId").filter(|id| !id.is_empty())?;
    let changed = Changed::of(change);
    let touched = changed.properties();
    let mut arguments = names(physical);
    let mut any = false;
    for (property, parameter) in members.iter().filter(|(property, _)| touched.contains(top(property))) {
        let Some(size) = size(changed.values(top(property)).1.as_ref(), property) else { continue };
        any = true;
        let mut place = &mut arguments;
        for member in parameter.split('/') {
            place = place.as_object_mut()?.entry(member).or_insert_with(|| json!({}));
        }
        *place = json!(size);
    }
    any.then_some(arguments)
}

/// A setting of a group as a whole, where it is made or changed; of another group it is another one.
fn setting(change: &Value, members: &[&str]) -> Option<Value> {
    if matches!(plan::falls(change), Falls::Takes { replaced: false, .. }) {
        return None;
    }
    let changed = Changed::of(change);
    // What follows the load takes nothing away, of whatever group.
    let follows = changed.becomes(None, "PolicyType").filter(is_told);
    if follows.is_some_and(|kind| kind == "TargetTrackingScaling" || kind == "PredictiveScaling") {
        return None;
    }
    let group = changed.becomes(None, GROUP).filter(is_told);
    let name = text(change, "/ResourceChange/LogicalResourceId").unwrap_or("?");
    let mut arguments = json!({"ScheduledActionName": name, "PolicyName": name});
    if let (Some(group), Some(arguments)) = (group, arguments.as_object_mut()) {
        arguments.insert(GROUP.to_owned(), group);
    }
    for member in members {
        let value = changed.becomes(None, member).filter(|value| !value.is_null());
        if let (Some(value), Some(arguments)) = (value, arguments.as_object_mut()) {
            arguments.insert((*member).to_owned(), if is_told(&value) { value } else { json!(0) });
        }
    }
    Some(arguments)
}

/// The number at a property; `None` where the template says none.
fn size(after: Option<&Value>, property: &str) -> Option<u64> {
    let Some(after) = after else { return Some(0) };
    let within = property.split('/').skip(1).try_fold(after, |value, member| value.get(member))?;
    match within {
        Value::Null => None,
        Value::Number(number) => Some(number.as_u64().unwrap_or(0)),
        Value::String(digits) => Some(digits.trim().parse().unwrap_or(0)),
        _ => Some(0),
    }
}

/// Whether it is a setting of a group that is not told.
pub(super) fn is_untold(change: &Value) -> bool {
    let setting = text(change, "/ResourceChange/ResourceType")
        .is_some_and(|kind| SETTINGS.iter().any(|(name, ..)| *name == kind));
    setting && arguments(change).is_some_and(|arguments| arguments.get(GROUP).is_none())
}

/// Whether a setting is of a group that the same plan makes: with that nothing goes. `body`: the template of the plan.
fn is_of_new(change: &Value, changes: &[(String, &Value)], body: &str) -> bool {
    let logical = |change: &Value| text(change, "/ResourceChange/LogicalResourceId").map(str::to_owned);
    let group = logical(change).and_then(|setting| template::refers(body, &setting, GROUP));
    let makes = |(within, change): &(String, &Value)| {
        within.is_empty()
            && logical(change) == group
            && text(change, "/ResourceChange/ResourceType") == Some("AWS::AutoScaling::AutoScalingGroup")
            && text(change, "/ResourceChange/Action") == Some("Add")
    };
    group.is_some() && changes.iter().any(makes)
}

/// What changes in its place and may lose something by it. `body`: the template of the plan, where it was read.
pub(super) fn parts(changes: &[(String, &Value)], body: Option<&str>) -> Vec<Part> {
    let part = |(within, change): &(String, &Value)| {
        let record = change.get("ResourceChange")?;
        let top = body.filter(|_| within.is_empty() && is_untold(change));
        if top.is_some_and(|body| is_of_new(change, changes, body)) {
            return None;
        }
        Some(Part {
            logical: format!("{within}{}", text(record, "/LogicalResourceId").unwrap_or("?")),
            kind: text(record, "/ResourceType")?.to_owned(),
            physical: text(record, "/PhysicalResourceId").map(str::to_owned),
            keep: Keep::Delete,
            replaced: false,
            sure: true,
            changed: Some(arguments(change)?),
        })
    };
    changes.iter().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ROWS, arguments, call};
    use crate::forecast::{name_of, testing::action};

    fn change(kind: &str, physical: &str, details: Value, after: Option<Value>) -> Value {
        let mut change = json!({"ResourceChange": {
            "Action": "Modify", "Replacement": "False", "LogicalResourceId": "It", "ResourceType": kind,
            "PhysicalResourceId": physical, "Details": details,
        }});
        if let Some(after) = after {
            change["ResourceChange"]["BeforeContext"] = json!("{\"Properties\": {}}");
            change["ResourceChange"]["AfterContext"] = json!(json!({ "Properties": after }).to_string());
        }
        change
    }

    fn named(property: &str) -> Value {
        json!([{"Target": {"Attribute": "Properties", "Name": property}}])
    }

    #[test]
    fn every_call_has_a_forecaster_of_its_own() {
        let stack = action("cloudformation", "UpdateStack", json!({"StackName": "s"}));
        for (kind, service, _, names, _) in ROWS {
            let call = call(&stack, kind, &names("a/b")).unwrap();
            assert!(name_of(&call).starts_with(service), "{kind}: {}", name_of(&call));
        }
    }

    #[test]
    fn a_value_that_is_not_told_is_none_and_one_that_is_not_there_stays() {
        let group = "AWS::AutoScaling::AutoScalingGroup";
        let of = |details: Value, after: Option<Value>| arguments(&change(group, "web", details, after));
        let web = |size: u32| Some(json!({"AutoScalingGroupName": "web", "DesiredCapacity": size}));
        assert_eq!(of(named("DesiredCapacity"), Some(json!({"DesiredCapacity": "2"}))), web(2));
        assert_eq!(of(named("DesiredCapacity"), None), web(0));
        assert_eq!(of(named("DesiredCapacity"), Some(json!({}))), None);
        assert_eq!(of(named("Cooldown"), Some(json!({"Cooldown": "9"}))), None);
        let nodes = json!({"ScalingConfig": {"DesiredSize": 1, "MaxSize": 3}});
        let nodes = change("AWS::EKS::Nodegroup", "school/blue", named("ScalingConfig"), Some(nodes));
        let wanted = json!({"clusterName": "school", "nodegroupName": "blue",
            "scalingConfig": {"desiredSize": 1, "maxSize": 3}});
        assert_eq!(arguments(&nodes), Some(wanted));
        let night = json!({"AutoScalingGroupName": "web", "DesiredCapacity": "0", "Recurrence": "0 0 * * *"});
        let mut night = change("AWS::AutoScaling::ScheduledAction", "", json!([]), Some(night));
        night["ResourceChange"]["Action"] = json!("Add");
        let stack = action("cloudformation", "UpdateStack", json!({"StackName": "s"}));
        let kind = "AWS::AutoScaling::ScheduledAction";
        let call = call(&stack, kind, &arguments(&night).unwrap()).unwrap();
        assert_eq!((name_of(&call), &call.arguments["DesiredCapacity"]), ("autoscaling/later", &json!("0")));
        night["ResourceChange"]["Action"] = json!("Remove");
        assert_eq!(arguments(&night), None);
        let hidden = json!({"AutoScalingGroupName": "****", "DesiredCapacity": "0"});
        let mut hidden = change(kind, "", json!([]), Some(hidden));
        hidden["ResourceChange"]["Action"] = json!("Add");
        let hidden = arguments(&hidden).unwrap();
        assert!(
            super::call(&stack, kind, &hidden).is_none(),
            "nobody knows of which group, and all counts as going"
        );
        let tracks = json!({"AutoScalingGroupName": "****", "PolicyType": "TargetTrackingScaling"});
        let mut tracks = change("AWS::AutoScaling::ScalingPolicy", "", json!([]), Some(tracks));
        tracks["ResourceChange"]["Action"] = json!("Add");
        assert_eq!(arguments(&tracks), None, "it follows the load");
        let service = "arn:aws:ecs:us-east-1:111122223333:service/school/web";
        let tasks =
            change("AWS::ECS::Service", service, named("DesiredCount"), Some(json!({"DesiredCount": 0})));
        let wanted = json!({"cluster": "school", "service": service, "desiredCount": 0});
        assert_eq!(arguments(&tasks), Some(wanted));
    }
}
