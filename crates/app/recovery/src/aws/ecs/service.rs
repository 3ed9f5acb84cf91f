//! A service: updated, deleted.
//!
//! Kept: all that it is created with. Back: what differs is updated; a service that is gone is created again. Compared: all
//! that is kept. Lost by a deletion, by fewer tasks and by a new deployment: the tasks that ran. Not a way back: an update that
//! says more than is kept, such as how services find each other.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{
        at, busy, call, changed, is, is_less, list, only, sends_only, standing, step, tags, text, token,
        wait, what, with, word,
    },
};

/// The way.
pub(super) struct Service;

/// What an update takes too.
const UPDATED: &[&str] = &[
    "taskDefinition",
    "desiredCount",
    "deploymentConfiguration",
    "capacityProviderStrategy",
    "platformVersion",
    "loadBalancers",
    "serviceRegistries",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
];
/// What of it a service takes over without a new deployment.
const QUIET: &[&str] = &[
    "cluster",
    "service",
    "desiredCount",
    "deploymentConfiguration",
    "healthCheckGracePeriodSeconds",
    "availabilityZoneRebalancing",
];
/// What only a creation takes.
const CREATED: &[&str] = &["launchType", "schedulingStrategy", "deploymentController", "platformFamily"];

fn of(deed: &Deed) -> Option<(Option<&str>, &str)> {
    let name = match deed.operation.verb() {
        "UpdateService" | "DeleteService" => text(deed, "/service")?,
        _ => return None,
    };
    let known = sends_only(deed, &[UPDATED, &["cluster", "service", "forceNewDeployment", "force"]]);
    let ours = known && is(deed, "ecs", &["UpdateService", "DeleteService"]);
    ours.then_some((text(deed, "/cluster"), name))
}

/// The service's own name, of which its ARN is the longer form.
fn short(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

impl OneRead for Service {
    fn called(&self) -> &'static str {
        "ecs/service"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (cluster, name) = of(deed)?;
        let arguments = json!({"cluster": cluster, "services": [name], "include": ["TAGS"]});
        Some(Ask("ecs", "DescribeServices", with(arguments, json!({}))))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let service = answer.and_then(|answer| list(answer, "/services").first());
        let working = service.is_some_and(|service| word(service, "/status") == Some("DRAINING"));
        let service = service.filter(|service| word(service, "/status") == Some("ACTIVE"));
        let Some(service) = service else { return Ok(standing(Value::Null, json!({"busy": working}))) };
        let controller = word(service, "/deploymentController/type").unwrap_or("ECS");
        let mut kept = with(only(service, UPDATED), only(service, CREATED));
        // The service names its own role where none was named, and says nothing as an empty list.
        if let Some(members) = kept.as_object_mut() {
            members.retain(|_, value| value != &json!([]) && value != &json!({}));
        }
        let more = json!({"controller": controller, "tags": tags(at(service, "/tags"))});
        Ok(standing(with(kept, more), json!({"busy": false})))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        // Another controller deploys on its own terms.
        if was.is_null() || word(was, "/controller") != Some("ECS") {
            return None;
        }
        let number = |of: &Value, name: &str| at(of, name).as_f64();
        let fewer = is_less(number(&deed.arguments, "/desiredCount"), number(was, "/desiredCount"));
        let ends = is(deed, "ecs", &["DeleteService"]) || fewer || !sends_only(deed, &[QUIET]);
        Some(match ends {
            true => Terms::lossy(10, &["the tasks that ran: others are started"]),
            false => Terms { minutes: 10, ..Terms::exact() },
        })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (cluster, name) = of(deed).ok_or("the service is not named")?;
        let (was, is) = (what(before), what(now));
        let place = with(json!({"cluster": cluster}), json!({}));
        if is.is_null() {
            let mut steps = if busy(now) { vec![wait(format!("wait until {name} is gone"))] } else { vec![] };
            let more = json!({
                "serviceName": short(name),
                "clientToken": token(deed, "service"),
                "tags": at(was, "/tags"),
            });
            let mut make = with(with(place, more), with(only(was, UPDATED), only(was, CREATED)));
            // One or the other names where tasks run.
            if let (true, Some(members)) =
                (make.get("capacityProviderStrategy").is_some(), make.as_object_mut())
            {
                members.shift_remove("launchType");
            }
            steps.push(step(
                format!("create the service {name} again"),
                call(deed, "ecs", "CreateService", make),
            ));
            return Ok(steps);
        }
        let mut differing = only(&changed(was, is), UPDATED);
        // What was not said and is now: nothing of it.
        if let Some(members) = differing.as_object_mut() {
            for list in ["loadBalancers", "serviceRegistries", "placementConstraints", "placementStrategy"] {
                if was.get(list).is_none() && is.get(list).is_some() {
                    members.insert(list.to_owned(), json!([]));
                }
            }
        }
        let words: Vec<String> =
            differing.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        if words.is_empty() {
            return Err("what differs is nothing that an update takes".to_owned());
        }
        let update = with(with(place, json!({"service": name})), differing);
        let update = call(deed, "ecs", "UpdateService", update);
        Ok(vec![step(format!("set {} of {name} back", words.join(", ")), update)])
    }
}
