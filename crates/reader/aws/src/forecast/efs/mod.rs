//! Amazon EFS: file systems, and the ways into them.

pub(super) mod access_point;
pub(super) mod file_system;
pub(super) mod mount_target;

use interlock_action::Action;

/// A text among the arguments.
fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}
