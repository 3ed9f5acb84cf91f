//! What an answer hands out: credentials, presigned URLs.

use std::collections::BTreeSet;

use super::{
    model::{Dumped, OperationModel},
    tables::Tables,
    words::plain,
};

/// Whether the answer carries credentials.
pub(super) fn credentials(
    service: &Dumped,
    operation: &str,
    model: &OperationModel,
    tables: &Tables,
) -> bool {
    if tables.credentials.contains(&format!("{}:{operation}", service.name)) {
        return true;
    }
    let Some(output) = &model.output else { return false };
    let mut names = BTreeSet::new();
    walk(service, &output.shape, 0, &mut Vec::new(), &mut names);
    let has = |wanted: &[&str]| wanted.iter().any(|name| names.contains(*name));
    has(&["secretaccesskey", "secretkey"]) && has(&["sessiontoken", "securitytoken"])
}

/// Whether the answer carries presigned URLs.
pub(super) fn presigned(service: &Dumped, operation: &str, tables: &Tables) -> bool {
    tables.presigned.contains(&format!("{}:{operation}", service.name))
}

/// Collects the plain names of all members down to a depth of five.
fn walk<'a>(
    service: &'a Dumped,
    shape: &'a str,
    depth: usize,
    above: &mut Vec<&'a str>,
    names: &mut BTreeSet<String>,
) {
    if depth > 5 || above.contains(&shape) {
        return;
    }
    above.push(shape);
    if let Some(model) = service.shapes.get(shape) {
        for (name, member) in &model.members {
            names.insert(plain(name));
            walk(service, &member.shape, depth + 1, above, names);
        }
        for member in [&model.member, &model.value].into_iter().flatten() {
            walk(service, &member.shape, depth + 1, above, names);
        }
    }
    above.pop();
}
