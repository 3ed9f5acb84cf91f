//! ECS clusters.
//!
//! A cluster with services, tasks or container instances is refused; an empty one goes and is made again by its name
//! (ECS Developer Guide, "Deleting a cluster"). Reads: DescribeClusters.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::{
    super::{
        Look,
        answer::{Live, number, text},
        draft::{Draft, leading},
        existence, words,
    },
    cluster, given, target,
};

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

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unknown(format!("cluster {name} could not be read: {why}"));
                let what = format!("cluster {name}, whose state could not be read");
                draft.change(&id, Kind::Cluster, leading(action), what);
                return;
            }
        };
        let inside = [
            ("/activeServicesCount", "service"),
            ("/runningTasksCount", "task"),
            ("/registeredContainerInstancesCount", "container instance"),
        ];
        let count = |pointer: &str| number(record, pointer);
        let words: Vec<String> = inside
            .iter()
            .filter_map(|(pointer, one)| {
                count(pointer).filter(|many| *many > 0).map(|many| words::count(many, one))
            })
            .collect();
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        draft.bind(id.as_str(), json!({"inside": words, "status": record.get("status")}));
        let holds = if words.is_empty() { "nothing in it".to_owned() } else { words.join(", ") };
        let what = format!("cluster {name} ({holds}) is deleted");
        draft.change_from(&id, Kind::Cluster, Effect::Destroy, what, Some(record.clone()), None);
        if !words.is_empty() {
            let what = format!("{name} still has {}: the service will refuse", words.join(", "));
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
