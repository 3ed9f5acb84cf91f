//! Amazon ECS: clusters, services, tasks.

pub(super) mod cluster;
pub(super) mod service;
pub(super) mod task;

use interlock_action::{Action, Kind, TargetId};

use super::{answer::given, arn};

/// The cluster of the request: the default one where it names none.
fn cluster(action: &Action) -> &str {
    given(action, "cluster").map_or("default", arn::last)
}

/// The target of a kind that the request acts on.
fn target(action: &Action, kind: Kind, resource: &str, name: &str) -> TargetId {
    arn::target(action, kind, "ecs", resource, name)
}
