//! The first word of a statement, for the few services whose parameter is a statement.
//!
//! This is no SQL reader: it only proves that a statement begins as a read and holds no second one. Everything else is
//! not proven.

use super::Subject;

/// The PartiQL statements of a DynamoDB request.
pub(crate) fn partiql_statements<'a>(subject: &Subject<'a>) -> Vec<&'a str> {
    ["Statement", "Statements[].Statement", "TransactStatements[].Statement"]
        .into_iter()
        .flat_map(|path| subject.texts(path))
        .collect()
}

/// The first word in upper case, after white space and comments; empty where a comment never ends.
pub(crate) fn first_word(statement: &str) -> String {
    bare(statement).chars().take_while(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase()
}

fn bare(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        let after = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map(|(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map(|(_, after)| after)
        } else {
            return rest;
        };
        match after {
            Some(after) => rest = after.trim_start(),
            None => return "",
        }
    }
}

/// Whether it is one PartiQL `SELECT`; PartiQL knows no comments, no second statement and no writing functions.
pub(crate) fn is_select(statement: &str) -> bool {
    statement
        .trim_start()
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("SELECT"))
}

/// Whether it is one statement that only reads, in an engine without writing functions (Athena, Timestream).
pub(crate) fn reads_only(statement: &str) -> bool {
    let single = !statement.trim_end().trim_end_matches(';').contains(';');
    match first_word(statement).as_str() {
        "SELECT" | "SHOW" | "DESCRIBE" | "DESC" => single,
        // `WITH` may begin an `INSERT`, and `EXPLAIN ANALYZE` runs what it explains.
        "EXPLAIN" => single && !has_word(statement, &["ANALYZE"]),
        "WITH" => {
            single
                && !has_word(statement, &["INSERT", "DELETE", "UPDATE", "MERGE", "CREATE", "UNLOAD", "DROP"])
        }
        _ => false,
    }
}

fn has_word(statement: &str, words: &[&str]) -> bool {
    statement
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .any(|word| words.iter().any(|bad| word.eq_ignore_ascii_case(bad)))
}

/// The table that a PartiQL statement names first after `FROM`, `INTO` or `UPDATE`, quotes taken off.
pub(crate) fn partiql_table(statement: &str) -> Option<String> {
    let mut words = statement.split_whitespace();
    while let Some(word) = words.next() {
        if ["FROM", "INTO", "UPDATE"].iter().any(|mark| word.eq_ignore_ascii_case(mark)) {
            let name = words.next()?.trim_start_matches('"');
            let name = name.split(['"', '.', ';', '(']).next()?;
            return (!name.is_empty()).then(|| name.to_owned());
        }
    }
    None
}
