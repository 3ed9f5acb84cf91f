//! ECS services.
//!
//! A desired count below the present one stops tasks, a count of nothing stops them all; another task definition or a
//! forced deployment replaces each. A service that still wants tasks is deleted only by force (ECS Developer Guide,
//! "Deleting a service"). The forecast compares the request with the live service; putting the present count and
//! definition again takes the change back. Reads: DescribeServices.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, given, number, or_dash, text},
        arn,
        draft::{Draft, leading},
        existence,
    },
    cluster, target,
};
use crate::rules::facts;

/// The forecaster of services.
pub(in crate::forecast) struct Service;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = arn::last(given(action, "service")?);
    let resource = format!("service/{}/{name}", cluster(action));
    Some((name, target(action, Kind::Service, &resource, name)))
}

impl Look for Service {
    fn knows(&self, action: &Action) -> bool {
        let operations = ["aws:ecs:UpdateService", "aws:ecs:DeleteService"];
        operations.contains(&action.operation.as_str()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let arguments = json!({"cluster": cluster(action), "services": [name]});
        vec![crate::call::read(action, existence::live_key(&id), "ecs", "DescribeServices", arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            // A deleted service is told of for a while.
            Live::Found(record) if text(record, "/status") == Some("INACTIVE") => {
                let what = format!("service {name} is deleted already: the service will refuse");
                draft.change(&id, Kind::Service, leading(action), what);
                return;
            }
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, None);
                draft.unread(action, (&format!("service {name}"), &id, Kind::Service), &why);
                return;
            }
        };
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "created": record.get("createdAt"),
                "desired": record.get("desiredCount"),
                "definition": record.get("taskDefinition"),
            }),
        );
        for balancer in entries(record, "/loadBalancers") {
            let to = text(balancer, "/targetGroupArn").or_else(|| text(balancer, "/loadBalancerName"));
            draft.depend(format!("what comes through {}", to.map_or("a load balancer", arn::last)));
        }
        for registry in entries(record, "/serviceRegistries") {
            draft.depend(format!("whoever finds it by {}", or_dash(registry, "/registryArn")));
        }
        draft.reversibility = Reversibility::Exact;
        if action.operation.verb() == "DeleteService" {
            delete(action, (name, &id), record, draft);
        } else {
            update(action, (name, &id), record, draft);
        }
    }
}

/// `service web (3 of 3 tasks run, web:7)`.
fn describe(name: &str, record: &Value) -> String {
    let of = |member: &str| number(record, member).map_or_else(|| "?".to_owned(), |count| count.to_string());
    let definition = text(record, "/taskDefinition").map_or("?", revision);
    format!("service {name} ({} of {} tasks run, {definition})", of("/runningCount"), of("/desiredCount"))
}

/// `web:7` of a task definition's ARN.
fn revision(definition: &str) -> &str {
    arn::parse(definition).map_or(definition, |arn| arn.resource.trim_start_matches("task-definition/"))
}

fn delete(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let what = format!("{} is deleted, and its tasks stop", describe(name, record));
    let before = json!({
        "desiredCount": record.get("desiredCount"),
        "taskDefinition": record.get("taskDefinition"),
        "networkConfiguration": record.get("networkConfiguration"),
        "loadBalancers": record.get("loadBalancers"),
    });
    draft.change_from(id, Kind::Service, Effect::Destroy, what, Some(before), None);
    let wants = number(record, "/desiredCount").is_none_or(|count| count > 0);
    if wants && flag(&action.arguments, "/force") != Some(true) {
        let what = format!("service {name} still wants tasks: the service will refuse");
        draft.change(id, Kind::Service, Effect::Destroy, what);
    }
    draft.unknown(format!(
        "what the tasks of {name} hold on disks of their own, which go with them, cannot be seen"
    ));
    draft.reversibility = Reversibility::Lossy;
}

/// Members that are told of by themselves, or set nothing.
const TOLD: [&str; 5] = ["cluster", "desiredCount", "forceNewDeployment", "service", "taskDefinition"];

fn update(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    draft.settle();
    let asked = number(&action.arguments, "/desiredCount");
    let now = number(record, "/desiredCount");
    let lowered = asked.map_or(Some(false), |asked| now.map(|now| asked < now));
    draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, lowered);
    if let Some(asked) = asked.filter(|asked| Some(*asked) != now) {
        let was = now.map_or_else(|| "an unknown number of".to_owned(), |now| now.to_string());
        let (effect, what) = match asked {
            0 => (Effect::Interrupt, format!("service {name}: all of its {was} tasks stop")),
            _ if lowered != Some(false) => {
                (Effect::Interrupt, format!("service {name} goes from {was} to {asked} tasks"))
            }
            _ => (Effect::Update, format!("service {name} goes from {was} to {asked} tasks")),
        };
        draft.change_from(id, Kind::Service, effect, what, Some(json!(now)), Some(json!(asked)));
    }
    let definition = given(action, "taskDefinition").map(revision);
    let runs = text(record, "/taskDefinition").map(revision);
    // A family without a revision is its latest one, which the record does not tell.
    if let Some(definition) = definition.filter(|asked| Some(*asked) != runs) {
        let runs = runs.unwrap_or("?");
        let what = format!("service {name}: every task is replaced by one of {definition}; {runs} runs now");
        draft.change_from(
            id,
            Kind::Service,
            leading(action),
            what,
            Some(json!(runs)),
            Some(json!(definition)),
        );
    } else if flag(&action.arguments, "/forceNewDeployment") == Some(true) {
        draft.change(id, Kind::Service, leading(action), format!("service {name}: every task is replaced"));
    }
    let asked = action.arguments.as_object().into_iter().flatten();
    for (member, asked) in asked.filter(|(member, _)| !TOLD.contains(&member.as_str())) {
        let now = record.get(member);
        if now != Some(asked) {
            // A record that leaves a member out tells nothing that could be put again.
            draft.reversibility = draft.reversibility.max(match now {
                Some(_) => Reversibility::Exact,
                None => Reversibility::Lossy,
            });
            let what = format!("service {name}: {member} changes");
            draft.change_from(id, Kind::Service, leading(action), what, now.cloned(), Some(asked.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind, Reversibility, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, having, survey, target},
        rules::facts,
    };

    fn ask(operation: &str, mut arguments: Value) -> Survey {
        arguments["cluster"] = json!("c");
        arguments["service"] = json!("web");
        let mut asked = having(action("ecs", operation, arguments), Effect::Update);
        asked.targets =
            vec![target("arn:aws:ecs:us-east-1:111122223333:service/c/web", Kind::Service, "web")];
        survey(&asked, |operation, _| match operation {
            "DescribeServices" => found(json!({"services": [{
                "serviceName": "web", "status": "ACTIVE", "desiredCount": 3, "runningCount": 3, "createdAt": 1,
                "taskDefinition": "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7",
            }]})),
            _ => found(json!({"tags": []})),
        })
    }

    #[test]
    fn counts_and_definitions_are_compared() {
        let said = |arguments: Value| {
            let survey = ask("UpdateService", arguments);
            let first = survey.forecast.changes.first().map(|change| (change.effect, change.what.clone()));
            (first, survey.facts.get(facts::AUTOSCALING_SIZE_LOWERED).cloned())
        };
        let (first, lowered) = said(json!({"desiredCount": 0}));
        assert!(first.unwrap().1.contains("all of its 3 tasks stop"));
        assert_eq!(lowered, Some(json!(true)));
        let (first, lowered) = said(json!({"desiredCount": 5}));
        assert_eq!((first.unwrap().0, lowered), (Effect::Update, Some(json!(false))));
        assert_eq!(said(json!({"desiredCount": 3, "taskDefinition": "web:7"})).0, None, "it is that already");
        for member in ["serviceRegistries", "capacityProviderStrategy", "enableExecuteCommand"] {
            let survey = ask("UpdateService", json!({ member: [] }));
            assert!(survey.forecast.changes[0].what.contains(&format!("{member} changes")), "{member}");
            assert_eq!(
                survey.forecast.reversibility,
                Reversibility::Lossy,
                "{member}: the record tells of none"
            );
        }
        assert!(said(json!({"taskDefinition": "web:8"})).0.unwrap().1.contains("web:7 runs now"));
    }

    #[test]
    fn a_service_that_wants_tasks_goes_only_by_force() {
        let refused = |arguments: Value| {
            let changes = ask("DeleteService", arguments).forecast.changes;
            changes.iter().any(|change| change.what.contains("will refuse"))
        };
        assert!(refused(json!({})) && !refused(json!({"force": true})));
    }
}
