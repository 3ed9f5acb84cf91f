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

/// The SQL statements of a request to a service that runs them.
pub(crate) fn statements<'a>(subject: &Subject<'a>) -> Vec<&'a str> {
    ["QueryString", "Sql", "sql", "Sqls[]"].into_iter().flat_map(|path| subject.texts(path)).collect()
}

/// Whether a statement is proven to only read, in the engine behind the service.
pub(crate) fn reads(service: &str, statement: &str) -> bool {
    match service {
        "athena" | "timestream-query" => reads_only(statement),
        _ => plain_select(statement),
    }
}

/// Functions that do nothing but compute. A call of any other may do anything.
const PURE: [&str; 20] = [
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "COALESCE",
    "NULLIF",
    "LOWER",
    "UPPER",
    "LENGTH",
    "TRIM",
    "ROUND",
    "ABS",
    "DATE_TRUNC",
    "EXTRACT",
    "NOW",
    "CONCAT",
    "CAST",
    "IN",
    "VALUES",
];

/// Whether it is one `SELECT` that calls nothing but pure functions, in an engine that has functions with effects:
/// PostgreSQL, Redshift, MySQL. It is looked at as text: what stands in quotes counts like everything else, so that
/// nothing can hide there.
fn plain_select(statement: &str) -> bool {
    let text = statement.trim().trim_end_matches(';');
    let comment = ["--", "/*", "#", ";", "\\", "@"].iter().any(|mark| text.contains(mark));
    let words = ["INTO", "FOR", "LOCK", "PROCEDURE", "OUTFILE", "DUMPFILE", "CALL", "EXECUTE"];
    let pure = |before: &str| {
        let before = before.trim_end_matches(is_space);
        let lead = before.trim_end_matches(in_name);
        let word = before.strip_prefix(lead).unwrap_or(before);
        // A parenthesis after an operator or a word of the language groups; one after a name calls.
        let groups = [
            "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "ON", "BY", "AS", "EXISTS", "JOIN", "UNION", "ALL",
        ];
        if word.is_empty() {
            return lead.is_empty() || lead.ends_with(|letter| "(,=<>+-*/%|!~^&".contains(letter));
        }
        let word = word.to_ascii_uppercase();
        let quoted = lead.ends_with(['"', '`', ']', '\'']);
        // After a dot it is somebody's own function of that name.
        let own = lead.trim_end_matches(is_space).ends_with('.');
        !quoted && !own && (groups.contains(&word.as_str()) || PURE.contains(&word.as_str()))
    };
    let calls = text.match_indices('(').all(|(at, _)| text.get(..at).is_some_and(pure));
    first_word(text) == "SELECT" && !comment && !has_word(text, &words) && calls
}

/// What a name goes on with. Engines take `$` and every letter beyond ASCII into one, even what Unicode calls a space.
fn in_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '$') || !letter.is_ascii()
}

/// White space, as engines know it.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t'..='\r')
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
        // `TABLE(…)` hands a statement through to the database behind a connector.
        "SELECT" => single && !has_word(statement, &["TABLE"]),
        "SHOW" | "DESCRIBE" | "DESC" => single,
        // `WITH` may begin an `INSERT`, and `EXPLAIN ANALYZE` runs what it explains.
        "EXPLAIN" => single && !has_word(statement, &["ANALYZE"]),
        "WITH" => {
            single
                && !has_word(
                    statement,
                    &["INSERT", "DELETE", "UPDATE", "MERGE", "CREATE", "UNLOAD", "DROP", "TABLE"],
                )
        }
        _ => false,
    }
}

fn has_word(statement: &str, words: &[&str]) -> bool {
    statement.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').any(|word| {
        // Older engines end a number where a letter begins: `1INTO` is two words.
        let number = word.starts_with(|letter: char| letter.is_ascii_digit());
        let word = word.to_ascii_uppercase();
        words.iter().any(|bad| word == *bad || (number && word.ends_with(bad)))
    })
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
