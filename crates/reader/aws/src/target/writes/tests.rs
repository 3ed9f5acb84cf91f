use std::collections::{BTreeSet, HashSet};

use interlock_action::ClassifierWrite;
use serde_json::{Map, Value, json};

use super::WRITES_NONE;
use crate::catalogue::{Catalogue, Kind, Service, ShapeId};

/// Names with the word in them that are about something else.
const OTHERS: [(&str, &str); 11] = [
    ("ec2TagFilters", "chooses what something is done to"),
    ("onPremisesInstanceTagFilters", "chooses what something is done to"),
    ("CostAllocationTagsStatus", "says which tags bills are told apart by"),
    ("StageVariables", "are variables of a stage"),
    ("stageVariables", "are variables of a stage"),
    ("stageVariableOverrides", "are variables of a stage"),
    ("stages", "are stages"),
    ("TagFilters", "chooses what something is done to"),
    ("tagFilters", "chooses what something is done to"),
    ("TagRules", "says which rows a session sees"),
    ("tagValues", "chooses what something is done to"),
];

/// Deeper than this no service nests.
const DEEPEST: usize = 10;

/// Whether a shape holds keys and values.
fn is_pairs(service: &Service, id: ShapeId) -> bool {
    match &service.shape(id).unwrap().kind {
        Kind::Map { value, .. } => matches!(service.shape(*value).unwrap().kind, Kind::String),
        Kind::List { member, .. } => match &service.shape(*member).unwrap().kind {
            Kind::Structure(structure) => structure
                .members
                .iter()
                .any(|member| ["key", "tagkey", "name"].contains(&member.name.to_lowercase().as_str())),
            _ => false,
        },
        _ => false,
    }
}

/// The shapes that a shape is made of, each with the member that it stands in.
fn parts(service: &Service, id: ShapeId) -> Vec<(Option<&'static str>, ShapeId)> {
    match &service.shape(id).unwrap().kind {
        Kind::Structure(structure) => {
            structure.members.iter().map(|member| (Some(member.name), member.shape)).collect()
        }
        Kind::List { member, .. } => vec![(None, *member)],
        Kind::Map { value, .. } => vec![(None, *value)],
        _ => Vec::new(),
    }
}

fn is_wanted(service: &Service, name: &str, id: ShapeId) -> bool {
    name.to_lowercase().contains("tag") && is_pairs(service, id)
}

/// Shapes with something wanted in them, however deep.
fn fruitful(service: &Service) -> HashSet<ShapeId> {
    let all: Vec<ShapeId> = (0..).map(ShapeId).take_while(|id| service.shape(*id).is_some()).collect();
    let mut found = HashSet::new();
    loop {
        let before = found.len();
        for id in &all {
            let wanted = |(name, part): &(Option<&'static str>, ShapeId)| {
                name.is_some_and(|name| is_wanted(service, name, *part)) || found.contains(part)
            };
            if parts(service, *id).iter().any(wanted) {
                found.insert(*id);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// A value in which only the tags at one place stand, and the names on the way to it.
fn grow(
    service: &Service,
    id: ShapeId,
    fruitful: &HashSet<ShapeId>,
    seen: &mut Vec<ShapeId>,
) -> Vec<(Value, Vec<&'static str>)> {
    if seen.contains(&id) || seen.len() > DEEPEST || !fruitful.contains(&id) {
        return Vec::new();
    }
    seen.push(id);
    let list = matches!(service.shape(id).unwrap().kind, Kind::List { .. });
    let mut grown = Vec::new();
    for (name, part) in parts(service, id) {
        let wrap = |value: Value| match name {
            Some(name) => Value::Object(Map::from_iter([(name.to_owned(), value)])),
            None if list => json!([value]),
            None => json!({ "any": value }),
        };
        if let Some(name) = name.filter(|name| is_wanted(service, name, part)) {
            grown.push((wrap(pair(service, part)), vec![name]));
        }
        for (value, mut names) in grow(service, part, fruitful, seen) {
            names.extend(name);
            grown.push((wrap(value), names));
        }
    }
    seen.pop();
    grown
}

const KEY: &str = "zq-key";

/// One tag in the shape of this list or map.
fn pair(service: &Service, id: ShapeId) -> Value {
    let Kind::List { member, .. } = service.shape(id).unwrap().kind else { return json!({KEY: "dev"}) };
    let members = parts(service, member);
    let one = members.into_iter().filter_map(|(name, part)| {
        let name = name?;
        let value = match (&service.shape(part).unwrap().kind, name.to_lowercase()) {
            (Kind::List { .. }, _) => json!(["dev"]),
            (_, lower) if lower.ends_with("key") || lower == "name" => json!(KEY),
            _ => json!("dev"),
        };
        Some((name.to_owned(), value))
    });
    json!([Value::Object(one.collect())])
}

#[test]
fn every_member_for_tags_is_read_wherever_it_stands() {
    let (mut missed, mut used, mut looked) = (BTreeSet::new(), HashSet::new(), 0);
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        let fruitful = fruitful(&service);
        for operation in service.operations.iter().filter(|operation| !operation.access.is_read()) {
            let Some(input) = operation.input.filter(|input| fruitful.contains(input)) else { continue };
            for (parameters, names) in grow(&service, input, &fruitful, &mut Vec::new()) {
                looked += 1;
                let except = WRITES_NONE
                    .iter()
                    .find(|(at, member, _)| (*at == "*" || *at == service.name) && names.contains(member));
                if let Some((at, member, _)) = except {
                    used.insert((*at, *member));
                    continue;
                }
                if OTHERS.iter().any(|(other, _)| names.contains(other)) {
                    continue;
                }
                let action = crate::judge(&service, operation, None, None, &parameters);
                let written = action
                    .writes
                    .iter()
                    .any(|write| matches!(write, ClassifierWrite::Tag { key, .. } if key == KEY));
                // Tags of a session are none of a thing.
                if !written && action.mutates() {
                    missed.insert(format!("{name}:{} {parameters}", operation.name));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} of {looked}: {missed:#?}", missed.len());
    assert!(looked > 2000, "only {looked} members were found");
    let reasoned = WRITES_NONE.iter().map(|(_, _, why)| why).chain(OTHERS.iter().map(|(_, why)| why));
    assert!(reasoned.into_iter().all(|why| why.len() > 8));
}
