//! EC2: instances, volumes, snapshots, security groups, networks, routes, network ACLs.

pub(super) mod acl;
pub(super) mod behind;
pub(super) mod image;
pub(super) mod instance;
pub(super) mod network;
mod points;
pub(super) mod route;
pub(super) mod security_group;
pub(super) mod snapshot;
pub(super) mod stop_first;
pub(super) mod volume;

use interlock_action::{Action, Bears, Kind, Relation, Target, TargetId};
use serde_json::Value;

use super::{answer::strings, arn};

/// Whether the operation is EC2's.
fn ours(action: &Action) -> bool {
    action.operation.service() == "ec2"
}

/// The ids under a member that takes one, or under another that takes a list.
fn ids<'a>(action: &'a Action, one: &str, list: &str) -> Vec<&'a str> {
    let mut ids = strings(&action.arguments, &format!("/{list}"));
    ids.extend(action.arguments.get(one).and_then(Value::as_str));
    ids
}

fn id_of(action: &Action, kind: Kind, prefix: &str, id: &str) -> TargetId {
    arn::target(action, kind, "ec2", &format!("{prefix}/{id}"), id)
}

/// A target that was found by looking.
fn discovered(action: &Action, kind: Kind, prefix: &str, id: &str) -> Target {
    Target {
        id: id_of(action, kind, prefix, id),
        kind,
        name: Some(id.to_owned()),
        account: action.account.clone(),
        region: action.region.clone(),
        relation: Relation::Acts,
        data: Bears::Yes,
        environment: None,
    }
}
