//! Hand tables: operations whose class neither the published level nor the verb tells.
//!
//! A row replaces what level and verb would say; several rows that match add up. One file a theme.

mod audit;
mod content;
mod execute;
mod guard;
mod identity;
mod network;
mod recovery;
mod sensitive;

use interlock_action::{Claim, Effect};

use super::Subject;

/// Service, operations (a trailing `*` stands for any rest), effects, and plain words for a person.
pub(super) type Row = (&'static str, &'static [&'static str], &'static [Effect], &'static str);

const TABLES: [&[Row]; 8] = [
    audit::ROWS,
    guard::ROWS,
    recovery::ROWS,
    sensitive::ROWS,
    execute::ROWS,
    identity::ROWS,
    network::ROWS,
    content::ROWS,
];

/// What the tables say of the operation; empty when no row names it.
pub(super) fn claims(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for (service, operations, effects, why) in TABLES.into_iter().flatten() {
        let fits = *service == subject.family()
            && operations.iter().any(|pattern| matches(pattern, subject.operation));
        if !fits {
            continue;
        }
        for effect in *effects {
            if !claims.iter().any(|claim| claim.effect == *effect) {
                claims.push(Claim::plain(*effect, *why));
            }
        }
    }
    if claims.is_empty() { network::claims(subject) } else { claims }
}

fn matches(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => operation.starts_with(start),
        None => pattern == operation,
    }
}

/// Every service and operation pattern of the tables, for the test that each names something in the catalogue.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES
        .into_iter()
        .flatten()
        .flat_map(|(service, operations, _, _)| operations.iter().map(|operation| (*service, *operation)))
}
