//! Which resource types bear data, or are what data is restored from.

use std::{collections::BTreeMap, sync::LazyLock};

use interlock_action::Bears;
use serde::Deserialize;

const TABLE: &str = include_str!("../data/stateful.json");

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "type")]
    kind: String,
    why: String,
}

static TYPES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let rows: Vec<Row> = serde_json::from_str(TABLE).unwrap_or_default();
    rows.into_iter().map(|row| (row.kind, row.why)).collect()
});

/// Types of other providers than a cloud's, which hold nothing outside the state.
const LOCAL: [&str; 12] = [
    "terraform_data",
    "null_resource",
    "random_id",
    "random_integer",
    "random_password",
    "random_pet",
    "random_shuffle",
    "random_string",
    "random_uuid",
    "time_offset",
    "time_rotating",
    "time_static",
];

/// What a resource of this type holds, in plain words; `None` where it is not known to hold anything.
pub(crate) fn holds(kind: &str) -> Option<&'static str> {
    TYPES.get(kind).map(String::as_str)
}

/// Whether it is nothing outside the state.
pub(crate) fn is_local(kind: &str) -> bool {
    LOCAL.contains(&kind)
}

/// Whether a resource of this type bears data, as far as the lists tell.
pub(crate) fn bears(kind: &str) -> Bears {
    match (holds(kind), is_local(kind)) {
        (Some(_), _) => Bears::Yes,
        (None, true) => Bears::No,
        (None, false) => Bears::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        assert_eq!(TYPES.len(), 95);
        assert!(holds("aws_db_instance").is_some_and(|why| why.contains("automated backups")));
        assert_eq!((bears("aws_efs_file_system"), bears("terraform_data")), (Bears::Yes, Bears::No));
        assert_eq!(bears("aws_made_up"), Bears::Unknown);
    }
}
