//! Parameters and forms: the query and ec2 protocols.

use serde_json::{Map, Value};

use super::form::Node;
use super::scalar;
use super::walk::{Path, Walk, ambiguous, malformed, object, time_format, unwritable};
use crate::ReadError;
use crate::catalogue::{Kind, Member, ShapeId, Structure, TimestampFormat};

const TIME: TimestampFormat = TimestampFormat::Iso8601;

/// Which of the two form dialects.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Query,
    Ec2,
}

impl Dialect {
    /// A member's key.
    fn key(self, member: &Member, kind: &Kind) -> String {
        match (self, kind) {
            (Self::Ec2, _) => member.ec2_name(),
            // A flattened list is named after its members.
            (Self::Query, Kind::List { flattened, member_name: Some(name), .. })
                if *flattened || member.flattened =>
            {
                (*name).to_owned()
            }
            (Self::Query, _) => member.location_name.to_owned(),
        }
    }

    fn flattens(self, member: Option<&Member>, flattened: bool) -> bool {
        self == Self::Ec2 || flattened || member.is_some_and(|member| member.flattened)
    }
}

/// Reads the members of a structure.
pub(super) fn read_members(
    walk: &mut Walk<'_>,
    dialect: Dialect,
    structure: &Structure,
    wire: &Node,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if wire.value.as_ref().is_some_and(|value| !value.is_empty()) {
        return Err(malformed(path, "a structure"));
    }
    let mut keys = Vec::with_capacity(structure.members.len());
    for member in &structure.members {
        keys.push((dialect.key(member, walk.kind(member.shape)?), member));
    }
    let mut read = Map::new();
    for (key, node) in &wire.children {
        let Some((_, member)) = keys.iter().find(|(have, _)| have == key) else {
            walk.note_member(path, key);
            continue;
        };
        let here = Path::Member(path, member.name);
        if let Some(value) = read_shape(walk, dialect, member.shape, Some(member), node, &here)? {
            read.insert(member.name.to_owned(), value);
        }
    }
    Ok(Value::Object(read))
}

fn read_shape(
    walk: &mut Walk<'_>,
    dialect: Dialect,
    shape: ShapeId,
    member: Option<&Member>,
    wire: &Node,
    path: &Path<'_>,
) -> Result<Option<Value>, ReadError> {
    let kind = walk.kind(shape)?;
    match kind {
        // `Key=` without more is how some clients write "nothing".
        Kind::Structure(_) if wire.children.is_empty() && wire.value.as_deref() == Some("") => Ok(None),
        Kind::Structure(structure) => read_members(walk, dialect, structure, wire, path).map(Some),
        Kind::List { .. } if wire.children.is_empty() && wire.value.as_deref() == Some("") => {
            Ok(Some(Value::Array(Vec::new())))
        }
        Kind::List { member: item, flattened, member_name } => {
            let flat = dialect.flattens(member, *flattened);
            let items = items(wire, flat, member_name.unwrap_or("member"), "member", path)?;
            let mut read = Vec::with_capacity(items.len());
            for (at, node) in items.into_iter().enumerate() {
                let here = Path::Item(path, at);
                read.push(read_item(walk, dialect, *item, node, &here)?);
            }
            Ok(Some(Value::Array(read)))
        }
        Kind::Map { value, flattened, key_name, value_name, .. } => {
            let flat = dialect.flattens(member, *flattened);
            let mut read = Map::new();
            for entry in items(wire, flat, "entry", "entry", path)? {
                let names = (key_name.unwrap_or("key"), value_name.unwrap_or("value"));
                let (key, node) = entry_parts(entry, names, path)?;
                let here = Path::Member(path, key);
                if read.contains_key(key) {
                    return Err(ambiguous(&here, "stands twice"));
                }
                let item = read_item(walk, dialect, *value, node, &here)?;
                read.insert(key.to_owned(), item);
            }
            Ok(Some(Value::Object(read)))
        }
        kind => match &wire.value {
            Some(text) if wire.children.is_empty() => {
                scalar::from_text(kind, text, time_format(kind, member, TIME), path).map(Some)
            }
            _ => Err(malformed(path, scalar::wanted(kind))),
        },
    }
}

/// A member of a list or map: a structure without members cannot be said there.
fn read_item(
    walk: &mut Walk<'_>,
    dialect: Dialect,
    shape: ShapeId,
    wire: &Node,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    read_shape(walk, dialect, shape, None, wire, path)?.ok_or_else(|| malformed(path, "a structure"))
}

fn entry_parts<'n>(
    entry: &'n Node,
    (key_name, value_name): (&str, &str),
    path: &Path<'_>,
) -> Result<(&'n str, &'n Node), ReadError> {
    let key = entry.children.get(key_name).filter(|key| key.children.is_empty());
    let key = key.and_then(|key| key.value.as_deref());
    match (key, entry.children.get(value_name)) {
        (Some(key), Some(value)) if entry.children.len() == 2 && entry.value.is_none() => Ok((key, value)),
        _ => Err(malformed(path, "a map of keys and values")),
    }
}

/// The numbered members of a list or map, in order: `1` to `n` without a gap. Not flattened ones stand under `name`
/// (AWS reads `other` as well).
fn items<'n>(
    wire: &'n Node,
    flat: bool,
    name: &str,
    other: &str,
    path: &Path<'_>,
) -> Result<Vec<&'n Node>, ReadError> {
    let wrong = || malformed(path, "a list numbered from 1 without a gap");
    let mut numbered = wire;
    if !flat {
        let mut children = wire.children.iter();
        let (have, node) = children.next().ok_or_else(wrong)?;
        if children.next().is_some() || (have != name && have != other) {
            return Err(wrong());
        }
        numbered = node;
    }
    if wire.value.is_some() || numbered.value.is_some() {
        return Err(ambiguous(path, "has a value beside its members"));
    }
    let mut found = Vec::with_capacity(numbered.children.len());
    for at in 1..=numbered.children.len() {
        found.push(numbered.children.get(&at.to_string()).ok_or_else(wrong)?);
    }
    Ok(found)
}

/// Writes the members of a structure as pairs.
pub(super) fn write_members(
    walk: &Walk<'_>,
    dialect: Dialect,
    structure: &Structure,
    value: &Value,
    prefix: &str,
    path: &Path<'_>,
    out: &mut Vec<(String, String)>,
) -> Result<(), ReadError> {
    let parameters = object(structure, value, path)?;
    for member in &structure.members {
        let Some(value) = parameters.get(member.name).filter(|value| !value.is_null()) else { continue };
        let key = dialect.key(member, walk.kind(member.shape)?);
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        write_shape(
            walk,
            dialect,
            member.shape,
            Some(member),
            value,
            &key,
            &Path::Member(path, member.name),
            out,
        )?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a walk's place is the shape, the value, the key and the path")]
fn write_shape(
    walk: &Walk<'_>,
    dialect: Dialect,
    shape: ShapeId,
    member: Option<&Member>,
    value: &Value,
    key: &str,
    path: &Path<'_>,
    out: &mut Vec<(String, String)>,
) -> Result<(), ReadError> {
    let kind = walk.kind(shape)?;
    match (kind, value) {
        (Kind::Structure(structure), value) => write_members(walk, dialect, structure, value, key, path, out),
        (Kind::List { .. }, Value::Array(items)) if items.is_empty() => {
            if dialect == Dialect::Query {
                out.push((key.to_owned(), String::new()));
            }
            Ok(())
        }
        (Kind::List { member: item, flattened, member_name }, Value::Array(items)) => {
            let key = if dialect.flattens(member, *flattened) {
                key.to_owned()
            } else {
                format!("{key}.{}", member_name.unwrap_or("member"))
            };
            for (at, value) in items.iter().enumerate() {
                let key = format!("{key}.{}", at + 1);
                write_item(walk, dialect, *item, value, &key, &Path::Item(path, at), out)?;
            }
            Ok(())
        }
        (Kind::Map { value: shape, flattened, key_name, value_name, .. }, Value::Object(entries)) => {
            let around = if dialect.flattens(member, *flattened) { "" } else { ".entry" };
            for (at, (name, item)) in entries.iter().enumerate() {
                let entry = format!("{key}{around}.{}", at + 1);
                out.push((format!("{entry}.{}", key_name.unwrap_or("key")), name.clone()));
                let key = format!("{entry}.{}", value_name.unwrap_or("value"));
                write_item(walk, dialect, *shape, item, &key, &Path::Member(path, name), out)?;
            }
            Ok(())
        }
        (_, Value::Null) => Err(unwritable(path, "is null, which a form cannot say")),
        (kind, value) => {
            let text = scalar::to_text(kind, value, time_format(kind, member, TIME), path)?;
            out.push((key.to_owned(), text));
            Ok(())
        }
    }
}

/// A member of a list or map. One that leaves no trace would move those after it.
fn write_item(
    walk: &Walk<'_>,
    dialect: Dialect,
    shape: ShapeId,
    value: &Value,
    key: &str,
    path: &Path<'_>,
    out: &mut Vec<(String, String)>,
) -> Result<(), ReadError> {
    let before = out.len();
    write_shape(walk, dialect, shape, None, value, key, path, out)?;
    if out.len() == before {
        return Err(unwritable(path, "is empty, which a form cannot say"));
    }
    Ok(())
}
