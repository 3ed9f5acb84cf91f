//! The one name that a plain value goes by: in the ledger, in `--json`, in rules and in sentences.

use serde::Serialize;
use serde_json::Value;

/// The name of a value that is written as a word: `database-snapshot`. Of one that is not, nothing.
pub fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use crate::Kind;

    #[test]
    fn a_word_is_named_and_nothing_else_is() {
        assert_eq!(name_of(&Kind::DatabaseSnapshot), "database-snapshot");
        assert_eq!(name_of(&7), "");
    }
}
