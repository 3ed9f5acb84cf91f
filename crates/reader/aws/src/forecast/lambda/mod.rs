//! Lambda: functions with their versions, aliases, event source mappings.

pub(super) mod alias;
pub(super) mod event_source;
pub(super) mod function;

use interlock_action::{Action, Kind, Relation, TargetId};

use super::answer::text;

/// Whether it is one of these operations.
fn is(action: &Action, verbs: &[&str]) -> bool {
    action.operation.service() == "lambda" && verbs.contains(&action.operation.verb())
}

/// The function as the request names it, its plain name, and its target.
fn subject(action: &Action) -> Option<(&str, &str, TargetId)> {
    let given = text(&action.arguments, "/FunctionName")?;
    let name = given.split(":function:").last().unwrap_or(given);
    let name = name.split(':').next().unwrap_or(name);
    let own = |target: &&interlock_action::Target| {
        target.kind == Kind::Function && target.relation != Relation::Reaches
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((given, name, id.unwrap_or_else(|| TargetId::new(name))))
}

/// What a request calls the function, without a version or an alias: what lists things of it takes none.
fn unqualified(given: &str) -> &str {
    let parts = if given.starts_with("arn:") {
        7
    } else if given.contains(":function:") {
        3
    } else {
        1
    };
    let end = given.match_indices(':').nth(parts - 1).map_or(given.len(), |(at, _)| at);
    given.get(..end).unwrap_or(given)
}
