//! The hand tables: what no source says.

use std::collections::{BTreeMap, BTreeSet};

use super::{CatalogueError, access::Level};

/// All hand tables. Keys are `service:Operation`.
pub(super) struct Tables {
    /// Which IAM actions authorise an operation, and a level of its own.
    pub(super) actions: BTreeMap<String, (Option<Level>, Vec<String>)>,
    /// IAM prefixes of services.
    pub(super) prefixes: BTreeMap<String, Vec<String>>,
    /// Operations whose answer carries credentials.
    pub(super) credentials: BTreeSet<String>,
    /// Operations whose answer carries presigned URLs.
    pub(super) presigned: BTreeSet<String>,
    /// Paths of what is made; an empty list says that nothing provably new is named.
    pub(super) created: BTreeMap<String, Vec<String>>,
    /// Input members that fill variables: `service variable` or `service:Operation variable` to members.
    pub(super) fills: BTreeMap<String, Vec<String>>,
}

impl Tables {
    pub(super) fn load() -> Result<Self, CatalogueError> {
        let mut actions = BTreeMap::new();
        for (key, words) in lines(include_str!("tables/actions.txt")) {
            let level = match words.first().and_then(|word| word.strip_prefix('=')) {
                None => None,
                Some(name) => Some(Level::named(name).ok_or_else(|| CatalogueError::Form {
                    what: "tables/actions.txt".to_owned(),
                    why: format!("`{name}` is no level"),
                })?),
            };
            let names = words.into_iter().filter(|word| !word.starts_with('=')).collect();
            actions.insert(key, (level, names));
        }
        Ok(Self {
            actions,
            prefixes: lines(include_str!("tables/prefixes.txt")).collect(),
            credentials: lines(include_str!("tables/credentials.txt")).map(|(key, _)| key).collect(),
            presigned: lines(include_str!("tables/presigned.txt")).map(|(key, _)| key).collect(),
            created: lines(include_str!("tables/created.txt")).collect(),
            fills: lines(include_str!("tables/fills.txt"))
                .filter_map(|(scope, words)| {
                    let (variable, members) = words.split_first()?;
                    Some((format!("{scope} {variable}"), members.to_vec()))
                })
                .collect(),
        })
    }
}

/// The first word and the others of every line that is not a comment.
fn lines(text: &str) -> impl Iterator<Item = (String, Vec<String>)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some((words.next()?, words.collect()))
    })
}
