//! Amazon Redshift: clusters and their snapshots.

pub(super) mod cluster;
pub(super) mod snapshot;

use interlock_action::Action;

use super::arn;

/// A text among the arguments.
fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}

/// The ARN of a snapshot of a cluster.
fn snapshot_arn(action: &Action, cluster: &str, name: &str) -> String {
    arn::build(action, "redshift", &format!("snapshot:{cluster}/{name}"))
}
