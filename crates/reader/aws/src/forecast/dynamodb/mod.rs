//! DynamoDB: tables, their items, their backups.

pub(super) mod backup;
pub(super) mod items;
mod points;
pub(super) mod table;

use interlock_action::{Action, Kind, TargetId};

use super::arn;

/// The name of a table that a member gives by name or by ARN.
fn table_name(given: &str) -> &str {
    match arn::parse(given) {
        Some(arn) => {
            arn.resource.strip_prefix("table/").and_then(|rest| rest.split('/').next()).unwrap_or(given)
        }
        None => given,
    }
}

/// The target that is this table.
fn table_id(action: &Action, name: &str) -> TargetId {
    arn::target(action, Kind::Table, "dynamodb", &format!("table/{name}"), name)
}
