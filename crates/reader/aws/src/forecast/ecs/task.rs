//! ECS tasks.
//!
//! A stopped task is gone, with what it held in memory and on disks of its own; one that a service wants is started
//! anew, another is not. Reads: DescribeTasks.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::{
    super::{
        Look,
        answer::{given, listed, or_dash, text},
        arn,
        draft::{Draft, leading},
    },
    cluster, target,
};

/// The forecaster of tasks.
pub(in crate::forecast) struct Task;

const TASK: &str = "ecs task";

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = arn::last(given(action, "task")?);
    let resource = format!("task/{}/{name}", cluster(action));
    Some((name, target(action, Kind::Instance, &resource, name)))
}

impl Look for Task {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:ecs:StopTask" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let arguments = json!({"cluster": cluster(action), "tasks": [given(action, "task")]});
        vec![crate::call::read(action, TASK, "ecs", "DescribeTasks", arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let tasks = listed(answers, TASK, "tasks");
        let Some(record) = tasks.entries().first() else {
            draft.gap(tasks.gap("tasks"));
            if tasks.complete() {
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
            } else {
                let what = format!("task {name}, whose state could not be read");
                draft.change(&id, Kind::Instance, leading(action), what);
            }
            return;
        };
        draft.saw();
        let (exists, data) = (Some(true), Bears::No);
        draft.observe(&id, Observed { exists, data, ..Observed::default() });
        let definition = text(record, "/taskDefinitionArn").map_or("?", arn::last);
        let status = or_dash(record, "/lastStatus");
        draft.bind(id.as_str(), json!({"definition": definition, "created": record.get("createdAt")}));
        let what = format!("task {name} ({definition}, {status}) stops, and what it held in memory is lost");
        draft.change(&id, Kind::Instance, Effect::Interrupt, what);
        match text(record, "/group").and_then(|group| group.strip_prefix("service:")) {
            Some(service) => {
                draft.depend(format!("service {service} starts another one in its place"));
                draft.reversibility = Reversibility::Lossy;
            }
            None => draft.depend(format!("nothing starts task {name} again")),
        }
        draft.unknown(format!("what task {name} holds on disks of its own cannot be seen"));
    }
}
