//! Which input members name which resources: hand tables for the services that matter most.
//!
//! A member may be written `Operation:Member` where only that operation means this by it.

mod compute;
mod content;
mod database;
mod identity;
mod network;

/// The service's family, the member path, and the ARN template; `!` as template: names nothing that is a target.
pub(super) type Row = (&'static str, &'static str, &'static str);

/// The rows that the operation's members may match.
///
/// Member path, ARN template, and whether the row is for this operation alone.
pub(super) fn rows<'a>(
    family: &'a str,
    operation: &'a str,
) -> impl Iterator<Item = (&'static str, &'static str, bool)> + 'a {
    [database::ROWS, content::ROWS, compute::ROWS, identity::ROWS, network::ROWS]
        .into_iter()
        .flatten()
        .filter(move |(service, ..)| *service == family)
        .filter_map(move |(_, member, template)| match member.split_once(':') {
            Some((only, member)) => (only == operation).then_some((member, *template, true)),
            None => Some((*member, *template, false)),
        })
}

/// Every row, for the test that each member stands in the catalogue.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [database::ROWS, content::ROWS, compute::ROWS, identity::ROWS, network::ROWS].into_iter().flatten()
}
