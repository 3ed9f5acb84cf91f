//! ECS clusters.
//!
//! A cluster with services, tasks or container instances is refused; an empty one goes and is made again by its name
//! (ECS Developer Guide, "Deleting a cluster"). Reads: DescribeClusters, ListServices.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::{
    super::{
        Look,
        answer::{Live, given, listed, number, text},
        arn,
        draft::Draft,
        existence, words,
    },
    cluster, target,
};

const SERVICES: &str = "ecs services";

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    given(action, "cluster")?;
    let name = cluster(action);
    Some((name, target(action, Kind::Cluster, &format!("cluster/{name}"), name)))
}

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:ecs:DeleteCluster" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let of = json!({ "cluster": cluster(action) });
        vec![crate::call::read(action, SERVICES, "ecs", "ListServices", of)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("cluster {name}"), &id, Kind::Cluster), &why);
            }
        };
        let services = listed(answers, SERVICES, "serviceArns");
        draft.gap(services.gap("services"));
        let inside = [
            ("/runningTasksCount", "running task"),
            ("/pendingTasksCount", "pending task"),
            ("/registeredContainerInstancesCount", "container instance"),
        ];
        let count = |pointer: &str| number(record, pointer);
        let active = count("/activeServicesCount").unwrap_or(0).max(services.entries().len() as u64);
        let active = (active > 0).then(|| words::count(active, "service"));
        let others = inside.iter().filter_map(|(pointer, one)| {
            count(pointer).filter(|many| *many > 0).map(|many| words::count(many, one))
        });
        let holds: Vec<String> = active.into_iter().chain(others).collect();
        let names: Vec<&str> =
            services.entries().iter().filter_map(|one| one.as_str()).map(arn::last).collect();
        if !names.is_empty() {
            draft.depend(format!("services {}", words::some(&names, 5)));
        }
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        draft.bind(id.as_str(), json!({"inside": holds, "status": record.get("status")}));
        let inside_it = if holds.is_empty() { "nothing in it".to_owned() } else { holds.join(", ") };
        let what = format!("cluster {name} ({inside_it}) is deleted");
        draft.change_from(&id, Kind::Cluster, Effect::Destroy, what, Some(record.clone()), None);
        if !holds.is_empty() {
            let what = format!("{name} still has {inside_it}: the service will refuse");
            draft.change(&id, Kind::Cluster, Effect::Destroy, what);
        }
        if text(record, "/status") == Some("INACTIVE") {
            draft.depend(format!("cluster {name} is deleted already"));
        }
        if inside.iter().any(|(pointer, _)| count(pointer).is_none()) {
            draft.unknown(format!("what runs in cluster {name} is not told in full"));
        }
        draft.reversibility = Reversibility::Lossy;
    }
}
