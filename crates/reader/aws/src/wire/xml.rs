//! Parameters and XML bodies: rest-xml requests, and the answers of rest-xml, query and ec2.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::scalar;
use super::time;
use super::walk::{Path, Walk, ambiguous, clip, in_body, malformed, object, time_format, unwritable};
use super::xml_tree::{Element, is_forbidden};
use crate::ReadError;
use crate::catalogue::{Kind, Member, ShapeId, Structure, TimestampFormat};

/// Times in XML are ISO 8601 where neither member nor shape says otherwise.
const TIME: TimestampFormat = TimestampFormat::Iso8601;

/// Whether a member's list or map stands without an element around it.
fn flattens(member: Option<&Member>, kind: &Kind) -> bool {
    let own = matches!(kind, Kind::List { flattened: true, .. } | Kind::Map { flattened: true, .. });
    own || member.is_some_and(|member| member.flattened)
}

/// Reads the members of a structure. With `rest_root` only those that stand in the body.
pub(super) fn read_members(
    walk: &mut Walk<'_>,
    structure: &Structure,
    wire: &Element,
    rest_root: bool,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if walk.strict && !wire.text.trim().is_empty() {
        return Err(malformed(path, "a structure"));
    }
    let mut read = Map::new();
    let mut known = BTreeSet::new();
    for member in structure.members.iter().filter(|member| in_body(member, rest_root)) {
        let kind = walk.kind(member.shape)?;
        let here = Path::Member(path, member.name);
        if member.xml_attribute {
            let found = wire.attributes.iter().find(|(name, _)| name == member.location_name);
            if let Some((_, text)) = found {
                let value = scalar::from_text(kind, text, time_format(kind, Some(member), TIME), &here)?;
                read.insert(member.name.to_owned(), value);
            }
            continue;
        }
        let flat = flattens(Some(member), kind);
        if !flat && list_takes(walk, structure, member)? {
            continue;
        }
        let item_name = match kind {
            Kind::List { member_name, .. } if flat => *member_name,
            _ => None,
        };
        let named = |name: &str| name == member.location_name || item_name == Some(name);
        let found: Vec<&Element> = wire.children.iter().filter(|child| named(&child.name)).collect();
        let Some(first) = found.first() else { continue };
        known.extend(found.iter().map(|child| child.name.as_str()));
        let value = if flat {
            read_flat(walk, kind, &found, &here)?
        } else if found.len() > 1 && walk.strict {
            return Err(ambiguous(&here, "stands twice"));
        } else {
            read_shape(walk, member.shape, Some(member), first, &here)?
        };
        read.insert(member.name.to_owned(), value);
    }
    note_strangers(walk, structure, wire, &known, path);
    Ok(Value::Object(read))
}

/// S3's deprecated notifications have an `Event` and a list of `Event`s: the list takes what stands there.
fn list_takes(walk: &Walk<'_>, structure: &Structure, scalar: &Member) -> Result<bool, ReadError> {
    for other in &structure.members {
        let same = other.location_name == scalar.location_name && other.name != scalar.name;
        if same && flattens(Some(other), walk.kind(other.shape)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn note_strangers(
    walk: &mut Walk<'_>,
    structure: &Structure,
    wire: &Element,
    known: &BTreeSet<&str>,
    path: &Path<'_>,
) {
    for child in wire.children.iter().filter(|child| !known.contains(child.name.as_str())) {
        walk.note_member(path, &child.name);
    }
    let is_member = |name: &str| {
        structure.members.iter().any(|member| member.xml_attribute && member.location_name == name)
    };
    for (name, _) in wire.attributes.iter().filter(|(name, _)| !is_member(name)) {
        walk.note_member(path, &format!("@{name}"));
    }
}

/// A list or map whose members stand among those of the parent.
fn read_flat(
    walk: &mut Walk<'_>,
    kind: &Kind,
    found: &[&Element],
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    match kind {
        Kind::List { member, .. } => read_items(walk, *member, found, path),
        _ => read_entries(walk, kind, found, path),
    }
}

fn read_items(
    walk: &mut Walk<'_>,
    shape: ShapeId,
    items: &[&Element],
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let items = items.iter().enumerate();
    let read: Result<Vec<Value>, ReadError> =
        items.map(|(at, item)| read_shape(walk, shape, None, item, &Path::Item(path, at))).collect();
    read.map(Value::Array)
}

fn read_entries(
    walk: &mut Walk<'_>,
    kind: &Kind,
    entries: &[&Element],
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let Kind::Map { value, key_name, value_name, .. } = kind else {
        return Err(malformed(path, scalar::wanted(kind)));
    };
    let (key_name, value_name) = (key_name.unwrap_or("key"), value_name.unwrap_or("value"));
    let mut read = Map::new();
    for entry in entries {
        let (Some(key), Some(item)) = (entry.child(key_name), entry.child(value_name)) else {
            return Err(malformed(path, "a map of keys and values"));
        };
        let here = Path::Member(path, &key.text);
        if walk.strict && (read.contains_key(&key.text) || entry.children.len() != 2) {
            return Err(ambiguous(&here, "stands twice"));
        }
        let item = read_shape(walk, *value, None, item, &here)?;
        read.insert(key.text.clone(), item);
    }
    Ok(Value::Object(read))
}

/// Reads the value of a shape from its element.
pub(super) fn read_shape(
    walk: &mut Walk<'_>,
    shape: ShapeId,
    member: Option<&Member>,
    wire: &Element,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let kind = walk.kind(shape)?;
    match kind {
        Kind::Structure(structure) => read_members(walk, structure, wire, false, path),
        Kind::List { member: item, member_name, .. } => {
            let name = member_name.unwrap_or("member");
            let (items, strangers): (Vec<&Element>, Vec<&Element>) =
                wire.children.iter().partition(|child| !walk.strict || child.name == name);
            for stranger in strangers {
                walk.note_member(path, &stranger.name);
            }
            read_items(walk, *item, &items, path)
        }
        Kind::Map { .. } => {
            let (entries, strangers): (Vec<&Element>, Vec<&Element>) =
                wire.children.iter().partition(|child| child.name == "entry");
            for stranger in strangers {
                walk.note_member(path, &stranger.name);
            }
            read_entries(walk, kind, &entries, path)
        }
        kind => {
            if walk.strict && (!wire.children.is_empty() || !wire.attributes.is_empty()) {
                return Err(malformed(path, scalar::wanted(kind)));
            }
            read_scalar(walk, kind, time_format(kind, member, TIME), &wire.text, path)
        }
    }
}

fn read_scalar(
    walk: &Walk<'_>,
    kind: &Kind,
    format: TimestampFormat,
    text: &str,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if walk.strict {
        return scalar::from_text(kind, text, format, path);
    }
    if let Kind::Timestamp(_) = kind {
        return Ok(Value::String(time::from_any_text(text).unwrap_or_else(|| text.to_owned())));
    }
    Ok(scalar::from_text(kind, text, format, path).unwrap_or_else(|_| Value::from(text)))
}

/// Writes the members of a structure into an element. With `rest_root` only those that stand in the body.
pub(super) fn write_members(
    walk: &Walk<'_>,
    structure: &Structure,
    value: &Value,
    name: &str,
    rest_root: bool,
    path: &Path<'_>,
) -> Result<Element, ReadError> {
    let parameters = object(structure, value, path)?;
    let mut wire = Element::text(name, "");
    if let Some(namespace) = structure.xml_namespace {
        wire.attributes.push(namespace_attribute(namespace));
    }
    for member in structure.members.iter().filter(|member| in_body(member, rest_root)) {
        let Some(value) = parameters.get(member.name).filter(|value| !value.is_null()) else { continue };
        let here = Path::Member(path, member.name);
        if member.xml_attribute {
            let kind = walk.kind(member.shape)?;
            let text = scalar::to_text(kind, value, time_format(kind, Some(member), TIME), &here)?;
            wire.attributes.push((member.location_name.to_owned(), checked(text, &here)?));
            continue;
        }
        let before = wire.children.len();
        write_shape(walk, member.shape, Some(member), value, member.location_name, &mut wire, &here)?;
        if let (Some(namespace), Some(child)) = (member.xml_namespace(), wire.children.get_mut(before)) {
            let attribute = namespace_attribute(namespace);
            if !child.attributes.contains(&attribute) {
                child.attributes.insert(0, attribute);
            }
        }
    }
    Ok(wire)
}

/// `xmlns` or `xmlns:prefix`, with the URI.
pub(super) fn namespace_attribute(namespace: crate::catalogue::XmlNamespace) -> (String, String) {
    let name = namespace.prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
    (name, namespace.uri.to_owned())
}

fn write_shape(
    walk: &Walk<'_>,
    shape: ShapeId,
    member: Option<&Member>,
    value: &Value,
    name: &str,
    parent: &mut Element,
    path: &Path<'_>,
) -> Result<(), ReadError> {
    let kind = walk.kind(shape)?;
    let flat = flattens(member, kind);
    match (kind, value) {
        (Kind::Structure(structure), value) => {
            parent.children.push(write_members(walk, structure, value, name, false, path)?);
        }
        (Kind::List { member, member_name, .. }, Value::Array(items)) => {
            let mut around = Element::text(name, "");
            let item_name = if flat { name } else { member_name.unwrap_or("member") };
            let into = if flat { &mut *parent } else { &mut around };
            for (at, item) in items.iter().enumerate() {
                write_shape(walk, *member, None, item, item_name, into, &Path::Item(path, at))?;
            }
            if !flat {
                parent.children.push(around);
            }
        }
        (Kind::Map { key_name, value_name, value: shape, .. }, Value::Object(entries)) => {
            let mut around = Element::text(name, "");
            for (key, item) in entries {
                let here = Path::Member(path, key);
                let mut entry = Element::text(if flat { name } else { "entry" }, "");
                let key = checked(key.clone(), &here)?;
                entry.children.push(Element::text(key_name.unwrap_or("key"), &key));
                write_shape(walk, *shape, None, item, value_name.unwrap_or("value"), &mut entry, &here)?;
                if flat { &mut *parent } else { &mut around }.children.push(entry);
            }
            if !flat {
                parent.children.push(around);
            }
        }
        (kind, value) => {
            let text = scalar::to_text(kind, value, time_format(kind, member, TIME), path)?;
            parent.children.push(Element::text(name, &checked(text, path)?));
        }
    }
    Ok(())
}

fn checked(text: String, path: &Path<'_>) -> Result<String, ReadError> {
    if text.chars().any(is_forbidden) {
        return Err(unwritable(
            path,
            &format!("has a character that XML forbids (`{}`)", clip(path_name(path))),
        ));
    }
    Ok(text)
}

fn path_name<'p>(path: &Path<'p>) -> &'p str {
    match path {
        Path::Member(_, name) => name,
        Path::Root | Path::Item(..) => "",
    }
}
