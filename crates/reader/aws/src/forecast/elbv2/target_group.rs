//! Target groups and their targets.
//!
//! A target that is deregistered is sent nothing any more, once its open requests are drained; where none remains, what
//! leads to the group fails. Registering it again takes it back. A group that a listener or rule uses is refused. Reads:
//! DescribeTargetGroups, DescribeTargetHealth.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::{
    super::{
        Look,
        answer::{Live, entries, or_dash, strings},
        arn,
        compare::diff,
        draft::Draft,
        existence, words,
    },
    given, health, health_read, ours, targets,
};

/// The forecaster of target groups.
pub(in crate::forecast) struct TargetGroup;

const OPERATIONS: [&str; 4] =
    ["DeleteTargetGroup", "DeregisterTargets", "RegisterTargets", "ModifyTargetGroup"];

impl Look for TargetGroup {
    fn knows(&self, action: &Action) -> bool {
        ours(action)
            && OPERATIONS.contains(&action.operation.verb())
            && given(action, "TargetGroupArn").is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        given(action, "TargetGroupArn").map(|id| health_read(action, id.as_str())).into_iter().collect()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(id) = given(action, "TargetGroupArn") else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("target group {id}"), &id, Kind::Group), &why);
            }
        };
        let name = or_dash(record, "/TargetGroupName");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let list = health(answers, id.as_str());
        draft.gap(list.gap("targets"));
        let mut now: Vec<&str> = list.entries().iter().map(|one| or_dash(one, "/Target/Id")).collect();
        now.sort_unstable();
        draft.bind(id.as_str(), json!({"targets": now, "used": record.get("LoadBalancerArns")}));
        let used: Vec<&str> = strings(record, "/LoadBalancerArns")
            .into_iter()
            .map(|one| arn::parse(one).map_or(one, |arn| arn.resource))
            .collect();
        if !used.is_empty() {
            draft.depend(format!("{} leads to it", used.join(", ")));
        }
        match action.operation.verb() {
            "DeleteTargetGroup" => {
                let what = format!("target group {name} is deleted ({})", targets(&list));
                draft.change_from(&id, Kind::Group, Effect::Destroy, what, Some(record.clone()), None);
                if !used.is_empty() {
                    let what = format!("{name} is in use: the service will refuse");
                    draft.change(&id, Kind::Group, Effect::Destroy, what);
                }
                draft.reversibility = Reversibility::Lossy;
            }
            "ModifyTargetGroup" => {
                diff::changes(action, &id, Kind::Group, record, draft);
                draft.settle();
                let told = diff::tells_all(action, record, &["TargetGroupArn"]);
                draft.reversibility = if told { Reversibility::Exact } else { Reversibility::None };
            }
            _ => registered(action, (name, &id), (&now, list.complete()), draft),
        }
    }
}

fn registered(
    action: &Action,
    (name, id): (&str, &TargetId),
    (now, complete): (&[&str], bool),
    draft: &mut Draft,
) {
    let asked: Vec<&str> =
        entries(&action.arguments, "/Targets").iter().map(|one| or_dash(one, "/Id")).collect();
    let deregisters = action.operation.verb() == "DeregisterTargets";
    let moved: Vec<&str> =
        asked.iter().copied().filter(|one| now.contains(one) == deregisters || !complete).collect();
    draft.settle();
    draft.reversibility = if complete { Reversibility::Exact } else { Reversibility::None };
    if moved.is_empty() {
        return;
    }
    let many = words::count(moved.len() as u64, "target");
    let (effect, what) = if deregisters {
        let left = now.iter().filter(|one| !moved.contains(one)).count();
        let left = match (complete, left) {
            (false, _) => "how many remain is not known".to_owned(),
            (true, 0) => "none remains, and what leads to the group fails".to_owned(),
            (true, left) => format!("{left} of {} remain", now.len()),
        };
        (
            Effect::Interrupt,
            format!("{many} of {name} ({}) are sent nothing any more: {left}", words::some(&moved, 5)),
        )
    } else {
        (Effect::Update, format!("{many} ({}) join {name}", words::some(&moved, 5)))
    };
    draft.change_from(id, Kind::Group, effect, what, Some(json!(now)), None);
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    #[test]
    fn what_remains_is_counted() {
        let arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1";
        let drop = |ids: &[&str]| {
            let targets: Vec<Value> = ids.iter().map(|id| json!({ "Id": id })).collect();
            let arguments = json!({ "TargetGroupArn": arn, "Targets": targets });
            let mut asked = having(action("elbv2", "DeregisterTargets", arguments), Effect::Interrupt);
            asked.targets = vec![target(arn, Kind::Group, "web")];
            let survey = survey(&asked, |operation, _| match operation {
                "DescribeTargetGroups" => found(json!({"TargetGroups": [{
                    "TargetGroupName": "web", "TargetGroupArn": arn, "LoadBalancerArns": [],
                }]})),
                "DescribeTargetHealth" => found(json!({"TargetHealthDescriptions": [
                    {"Target": {"Id": "i-1"}}, {"Target": {"Id": "i-2"}},
                ]})),
                _ => found(json!({"TagDescriptions": [{"Tags": []}]})),
            });
            survey.forecast.changes.first().map(|change| change.what.clone()).unwrap_or_default()
        };
        assert!(drop(&["i-1"]).contains("1 of 2 remain"));
        assert!(drop(&["i-1", "i-2"]).contains("none remains"));
        assert_eq!(drop(&["i-9"]), "", "it is none of them");
    }
}
