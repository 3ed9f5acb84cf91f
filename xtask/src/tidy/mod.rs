//! `cargo xtask tidy`: the rules of the house that a machine can check. One file a rule; its doc comment is its page.
//!
//! Exceptions stand in `xtask/tidy.toml`, each with a date and a reason. One that nothing needs any more is itself found.

#[cfg(test)]
pub(crate) mod planted;

mod adr;
mod allowed;
mod catalogue;
mod direction;
mod file_size;
mod function_size;
mod generated;
mod links;
mod lints;
mod machine_words;
mod module_docs;
mod pure_graph;
mod pure_source;
mod readable;
mod skipped;
mod tree;

use std::fmt;

pub(crate) use tree::{Source, Tree, code_lines, doc_lines};

use crate::{error::XtaskError, house::House};

/// One place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule's name.
    check: &'static str,
    /// Where, as an exception would name it.
    place: String,
    /// What is wrong there.
    what: String,
    /// How much, for rules about sizes.
    size: Option<usize>,
}

impl Finding {
    fn new(check: &'static str, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check, place: place.into(), what: what.into(), size: None }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "[{}] {}: {}", self.check, self.place, self.what)
    }
}

/// A rule.
pub(crate) struct Check {
    name: &'static str,
    find: fn(&Tree) -> Result<Vec<Finding>, XtaskError>,
}

/// Every rule.
pub(crate) const CHECKS: &[Check] = &[
    readable::CHECK,
    file_size::CHECK,
    function_size::CHECK,
    direction::CHECK,
    pure_graph::CHECK,
    pure_source::CHECK,
    module_docs::CHECK,
    lints::CHECK,
    adr::CHECK,
    links::CHECK,
    generated::CHECK,
    catalogue::CHECK,
    skipped::CHECK,
    machine_words::CHECK,
];

/// Where the exceptions stand.
const EXCEPTIONS: &str = "xtask/tidy.toml";

/// Checks everything; what is found and not excepted.
pub(crate) fn check(house: &House) -> Result<Vec<Finding>, XtaskError> {
    let tree = Tree::read(house)?;
    let mut found = Vec::new();
    for check in CHECKS {
        found.extend((check.find)(&tree)?);
    }
    let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    let allowed = allowed::Allowed::parse(tree.text(EXCEPTIONS).unwrap_or_default(), &names)?;
    Ok(allowed.apply(found))
}
