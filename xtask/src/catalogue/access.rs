//! The access level of an operation: the worst of what the sources say of the IAM actions that authorise it.

use super::{iam::Reference, model::Dumped, tables::Tables};

/// A published level, least first. The order is that of [`u8`] codes in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    List,
    Read,
    Tagging,
    Write,
    Permissions,
    Unknown,
}

impl Level {
    /// As the hand table writes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "List" => Self::List,
            "Read" => Self::Read,
            "Tagging" => Self::Tagging,
            "Write" => Self::Write,
            "Permissions" => Self::Permissions,
            _ => return None,
        })
    }

    /// As the sources write it: `Read`, `Tagging, Write`, `Permissions management`.
    pub(super) fn published(text: &str) -> Self {
        let words: Vec<&str> = text.split(',').map(str::trim).collect();
        let has = |word| words.contains(&word);
        if has("Permissions management") {
            Self::Permissions
        } else if has("Tagging") {
            Self::Tagging
        } else if has("Write") {
            Self::Write
        } else if has("Read") {
            Self::Read
        } else if has("List") {
            Self::List
        } else {
            Self::Unknown
        }
    }
}

/// Verbs that are never a read, whatever a source publishes: some `Stop…` and `Cancel…` of logs and X-Ray stand as Read.
const NEVER_READS: [&str; 36] = [
    "Add",
    "Associate",
    "Attach",
    "Authorize",
    "Cancel",
    "Copy",
    "Create",
    "Delete",
    "Deregister",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Import",
    "Install",
    "Invoke",
    "Modify",
    "Move",
    "Publish",
    "Purge",
    "Put",
    "Reboot",
    "Register",
    "Remove",
    "Reset",
    "Restore",
    "Revoke",
    "Rotate",
    "Run",
    "Send",
    "Set",
    "Stop",
    "Tag",
    "Terminate",
    "Untag",
    "Update",
];

/// What is known of an operation's authorisation.
pub(super) struct Authorised {
    pub(super) level: Level,
    /// The IAM actions, `prefix:Name`.
    pub(super) actions: Vec<String>,
    /// The resource types of those actions: prefix, type, required.
    pub(super) resources: Vec<(String, String, bool)>,
}

/// The IAM prefixes that a service's actions may have, likeliest first.
pub(super) fn prefixes(service: &Dumped, tables: &Tables) -> Vec<String> {
    let signing = service.metadata.signing_name.as_ref().unwrap_or(&service.metadata.endpoint_prefix);
    let mut prefixes = tables.prefixes.get(&service.name).cloned().unwrap_or_default();
    for prefix in [signing, &service.metadata.endpoint_prefix, &service.name] {
        if !prefixes.contains(prefix) {
            prefixes.push(prefix.clone());
        }
    }
    prefixes
}

/// Level, actions and resource types of one operation.
pub(super) fn authorised(
    service: &Dumped,
    operation: &str,
    method: &str,
    reference: &Reference,
    tables: &Tables,
) -> Authorised {
    let mut level: Option<Level> = None;
    let mut names: Vec<(String, String)> = Vec::new();
    let by_name = prefixes(service, tables)
        .into_iter()
        .find(|prefix| reference.action(prefix, operation).is_some())
        .map(|prefix| (prefix, operation.to_owned()));
    if let Some((own, actions)) = tables.actions.get(&format!("{}:{operation}", service.name)) {
        level = *own;
        names.extend(actions.iter().filter_map(|action| {
            action.split_once(':').map(|(prefix, name)| (prefix.to_owned(), name.to_owned()))
        }));
    } else if let Some(found) = by_name {
        names.push(found);
    } else if service.name.starts_with("apigateway") && service.name != "apigatewaymanagementapi" {
        // API Gateway is authorised by HTTP method, not by operation.
        names.push(("apigateway".to_owned(), method.to_owned()));
    }
    let mut found = Authorised { level: Level::Unknown, actions: Vec::new(), resources: Vec::new() };
    for (prefix, name) in &names {
        match reference.action(prefix, name) {
            Some(action) => {
                level = Some(level.map_or(action.level, |level| level.max(action.level)));
                found.actions.push(action.name.clone());
                for (resource, required) in &action.resources {
                    let entry = (prefix.clone(), resource.clone(), *required);
                    if !found.resources.iter().any(|have| have.0 == entry.0 && have.1 == entry.1) {
                        found.resources.push(entry);
                    }
                }
            }
            None => found.actions.push(format!("{prefix}:{name}")),
        }
    }
    found.level = level.unwrap_or(Level::Unknown);
    if found.level < Level::Write && found.level != Level::Tagging && never_reads(operation) {
        found.level = Level::Write;
    }
    found
}

/// Whether the operation's first word is a verb that changes something.
fn never_reads(operation: &str) -> bool {
    let rest = operation.trim_start_matches("Batch");
    NEVER_READS.iter().any(|verb| {
        rest.strip_prefix(verb)
            .is_some_and(|after| after.is_empty() || after.starts_with(|letter: char| letter.is_uppercase()))
    })
}
