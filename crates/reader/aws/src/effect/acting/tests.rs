use std::collections::BTreeSet;

use serde_json::json;

use super::*;
use crate::catalogue::{Catalogue, Kind, Service, ShapeId};

/// Sensitive members of a shape, by the name that they stand under.
fn sensitive(
    service: &Service,
    id: ShapeId,
    name: &str,
    seen: &mut Vec<ShapeId>,
    found: &mut BTreeSet<String>,
) {
    let Some(shape) = service.shape(id) else { return };
    let number = matches!(
        shape.kind,
        Kind::Boolean | Kind::Integer | Kind::Long | Kind::Float | Kind::Double | Kind::Timestamp(_)
    );
    if shape.sensitive && !name.is_empty() && !number {
        found.insert(name.to_owned());
        // What acts is walked into.
        if !acts(service.name, name) {
            return;
        }
    }
    // Lists and maps stand under another name elsewhere.
    if matches!(shape.kind, Kind::Structure(_)) {
        if seen.contains(&id) {
            return;
        }
        seen.push(id);
    }
    match &shape.kind {
        Kind::Structure(structure) => {
            for member in &structure.members {
                sensitive(service, member.shape, member.name, seen, found);
            }
        }
        Kind::List { member, .. } => sensitive(service, *member, name, seen, found),
        Kind::Map { value, .. } => sensitive(service, *value, name, seen, found),
        _ => {}
    }
}

/// Reviewed: names, addresses, credentials, contents. They say nothing of what a call does.
const VALUES: &str = include_str!("values.txt");

#[test]
fn every_sensitive_member_that_may_act_was_looked_at() {
    let reviewed: BTreeSet<(&str, String)> = VALUES
        .lines()
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(service, members)| {
            members.split_whitespace().map(move |member| (service, member.to_owned()))
        })
        .collect();
    let (mut seen, mut acting, mut missing) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        for operation in &service.operations {
            let action = crate::judge(&service, operation, None, None, &json!({}));
            let (true, Some(input)) = (action.mutates(), operation.input) else { continue };
            let mut members = BTreeSet::new();
            sensitive(&service, input, "", &mut Vec::new(), &mut members);
            for member in members {
                let one = (name, member);
                if acts(name, &one.1) {
                    acting.insert(one);
                } else if let Some(known) = reviewed.get(&one) {
                    seen.insert(known);
                } else if !is_secret_word(&one.1) {
                    missing.insert(format!("{name}: {}", one.1));
                }
            }
        }
    }
    assert!(missing.is_empty(), "values only, or do they act? {missing:#?}");
    let gone: Vec<_> = reviewed.iter().filter(|one| !seen.contains(one)).collect();
    assert!(gone.is_empty(), "no longer in the catalogue: {gone:?}");
    for (service, members) in ACTING {
        for member in members.iter().filter(|member| **member != ALL) {
            assert!(acting.contains(&(*service, (*member).to_owned())), "{service}: {member}");
        }
    }
}
