//! EKS node groups: deleted, scaled, brought to another version or image.
//!
//! A node group is machines that EKS replaces at will: what pods keep on the machines' own disks (`emptyDir`,
//! `hostPath`) goes with them and is not looked at, and volumes of their own stay. Scaling to nothing stops what runs
//! there; another version or image replaces every machine, one after another, and by force also those whose pods a
//! disruption budget holds. Reads: DescribeNodegroup.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, flag, live, number, or_dash, text},
    compare::diff,
    draft::{Draft, leading},
    words,
};
use crate::rules::facts;

const GROUP: &str = "the node group";

/// The forecaster of node groups.
pub(in crate::forecast) struct NodeGroup;

const OPERATIONS: [&str; 3] = ["DeleteNodegroup", "UpdateNodegroupConfig", "UpdateNodegroupVersion"];

fn subject(action: &Action) -> Option<(&str, &str, TargetId)> {
    let cluster = text(&action.arguments, "/clusterName")?;
    let name = text(&action.arguments, "/nodegroupName")?;
    let own = |target: &&interlock_action::Target| {
        target.relation != Relation::Reaches && target.id.as_str().contains(":nodegroup/")
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((cluster, name, id.unwrap_or_else(|| TargetId::new(format!("{cluster}/{name}")))))
}

impl Look for NodeGroup {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "eks"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((cluster, name, _)) = subject(action) else { return Vec::new() };
        let which = json!({"clusterName": cluster, "nodegroupName": name});
        vec![crate::call::read(action, GROUP, "eks", "DescribeNodegroup", which)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((cluster, name, id)) = subject(action) else { return };
        let record = match live(answers, GROUP) {
            Live::Found(answer) => answer.get("nodegroup").unwrap_or(&Value::Null),
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unread(action, (&format!("node group {name}"), &id, Kind::Instance), &why);
                if action.operation.verb() == "DeleteNodegroup" {
                    draft.lose(format!("the machines of node group {name}: how many could not be read"));
                    draft.secure(Securing::Impossible(format!("node group {name} could not be read: {why}")));
                }
                return;
            }
        };
        draft.saw();
        let nodes = number(record, "/scalingConfig/desiredSize");
        let size = size(record, nodes);
        draft.observe(
            &id,
            Observed {
                exists: Some(true),
                tags: super::super::existence::tag_map(record.get("tags")),
                data: Bears::No,
                size: Some(size.clone()),
                immutable_id: text(record, "/nodegroupArn").map(str::to_owned),
                ..Observed::default()
            },
        );
        draft.bind(
            id.as_str(),
            json!({
                "createdAt": record.get("createdAt"), "scalingConfig": record.get("scalingConfig"),
                "version": record.get("version"), "releaseVersion": record.get("releaseVersion"),
                "launchTemplate": record.get("launchTemplate"),
            }),
        );
        draft.depend(format!("whatever cluster {cluster} runs on these {size}"));
        match action.operation.verb() {
            "DeleteNodegroup" => {
                let what = format!("node group {name} of {cluster} ({size}) is deleted");
                draft.change(&id, Kind::Instance, Effect::Destroy, what);
                on_disks(name, draft);
                draft.reversibility = Reversibility::Lossy;
            }
            "UpdateNodegroupConfig" => scale(action, name, &id, record, draft),
            _ => replace(action, name, &id, record, draft),
        }
    }
}

/// `3 nodes m5.large`.
fn size(record: &Value, nodes: Option<u64>) -> String {
    let kinds = super::super::answer::strings(record, "/instanceTypes");
    let nodes =
        nodes.map_or_else(|| "nodes, how many is not told,".to_owned(), |many| words::count(many, "node"));
    let kinds = if kinds.is_empty() { "of its launch template".to_owned() } else { words::some(&kinds, 3) };
    format!("{nodes} {kinds}")
}

fn on_disks(name: &str, draft: &mut Draft) {
    draft.lose(format!("what pods keep on the own disks of the machines of {name}"));
    draft.unknown(format!("what pods keep on the own disks of the machines of {name} was not looked at"));
}

const SIZES: [&str; 3] = ["/scalingConfig/minSize", "/scalingConfig/desiredSize", "/scalingConfig/maxSize"];

fn scale(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    for pointer in SIZES {
        let Some(asked) = number(&action.arguments, pointer) else { continue };
        let (member, now) = (pointer.rsplit('/').next().unwrap_or(pointer), number(record, pointer));
        if now != Some(asked) {
            let from = now.map_or_else(|| "not told".to_owned(), |now| now.to_string());
            let what = format!("{name}: {member} goes from {from} to {asked}");
            let effect = if now.is_none_or(|now| asked < now) { Effect::Interrupt } else { Effect::Update };
            draft.change_from(id, Kind::Instance, effect, what, now.map(Value::from), Some(json!(asked)));
        }
    }
    let sizes = SIZES.map(|size| (size, size));
    let lowered = diff::lowered(action, record, &sizes);
    draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, Some(lowered));
    let told = ["labels", "taints", "updateConfig", "nodeRepairConfig"];
    let others = action
        .arguments
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(member, _)| told.contains(&member.as_str()));
    let mut exact = true;
    for (member, asked) in others {
        exact = false;
        draft.change(id, Kind::Instance, leading(action), format!("{name}: {member} changes: {asked}"));
    }
    let all = number(&action.arguments, "/scalingConfig/desiredSize") == Some(0);
    if all {
        let what = format!("{name} has no machine left: whatever only runs there stops");
        draft.change(id, Kind::Instance, Effect::Interrupt, what);
    }
    if lowered {
        on_disks(name, draft);
    }
    draft.reversibility = if exact && !lowered { Reversibility::Exact } else { Reversibility::Lossy };
}

fn replace(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let asked = |member: &str| text(&action.arguments, &format!("/{member}"));
    let to = match (asked("version"), asked("releaseVersion")) {
        (None, None) => "the newest image of its version".to_owned(),
        (version, release) => [version, release].into_iter().flatten().collect::<Vec<_>>().join(", image "),
    };
    let now = format!("{}, image {}", or_dash(record, "/version"), or_dash(record, "/releaseVersion"));
    let mut what = format!("every machine of {name} ({now}) is replaced by one of {to}");
    if action.arguments.get("launchTemplate").is_some_and(|template| !template.is_null()) {
        what.push_str(", from another launch template");
    }
    if flag(&action.arguments, "/force") == Some(true) {
        what.push_str(", also where a disruption budget holds pods");
    }
    draft.change(id, Kind::Instance, Effect::Interrupt, what);
    on_disks(name, draft);
    draft.reversibility = Reversibility::Lossy;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Bears, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, having, survey, target},
        rules::facts,
    };

    const ID: &str = "arn:aws:eks:us-east-1:111122223333:nodegroup/*/workers";

    fn look(operation: &str, mut arguments: Value) -> Survey {
        arguments["clusterName"] = json!("school");
        arguments["nodegroupName"] = json!("workers");
        let effect = if operation == "DeleteNodegroup" { Effect::Destroy } else { Effect::Update };
        let mut asked = having(action("eks", operation, arguments), effect);
        asked.targets = vec![target(ID, Kind::Instance, "workers")];
        survey(&asked, |operation, _| match operation {
            "DescribeNodegroup" => found(json!({"nodegroup": {
                "nodegroupName": "workers", "createdAt": 1, "version": "1.29", "releaseVersion": "1.29-1",
                "scalingConfig": {"minSize": 1, "desiredSize": 3, "maxSize": 6}, "instanceTypes": ["m5.large"],
                "tags": {"env": "dev"},
            }})),
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn machines_go_and_their_disks_are_named() {
        let gone = look("DeleteNodegroup", json!({}));
        assert!(gone.forecast.changes[0].what.contains("3 nodes m5.large"));
        assert_eq!(gone.observed[&ID.into()].data, Bears::No);
        assert!(matches!(gone.securing, Securing::Impossible(_)), "what stands on their disks is lost");
        assert!(gone.forecast.unknowns.iter().any(|one| one.contains("own disks")));
        assert_eq!(gone.observed[&ID.into()].tags.as_ref().unwrap()["env"], "dev");
    }

    #[test]
    fn sizes_are_compared() {
        let scale = |sizes: Value| look("UpdateNodegroupConfig", json!({ "scalingConfig": sizes }));
        let up = scale(json!({"desiredSize": 5}));
        assert_eq!(up.facts.get(facts::AUTOSCALING_SIZE_LOWERED), Some(&json!(false)));
        assert_eq!(up.forecast.reversibility, Reversibility::Exact);
        let zero = scale(json!({"minSize": 0, "desiredSize": 0}));
        assert_eq!(zero.facts.get(facts::AUTOSCALING_SIZE_LOWERED), Some(&json!(true)));
        assert!(zero.forecast.changes.iter().any(|change| change.what.contains("no machine left")));
        let less = scale(json!({"minSize": 0}));
        assert_eq!(less.facts.get(facts::AUTOSCALING_SIZE_LOWERED), Some(&json!(true)));
    }

    #[test]
    fn another_version_replaces_every_machine() {
        let new = look("UpdateNodegroupVersion", json!({"version": "1.30", "force": true}));
        let what = &new.forecast.changes[0].what;
        assert!(what.contains("image 1.29-1") && what.contains("1.30") && what.contains("budget"), "{what}");
    }
}
