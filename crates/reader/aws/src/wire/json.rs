//! Parameters and JSON bodies: AWS JSON 1.0 and 1.1, and the bodies of rest-json.

use serde_json::{Map, Value};

use super::scalar;
use super::time;
use super::walk::{Path, Walk, in_body, malformed, object, time_format, unwritable};
use crate::ReadError;
use crate::catalogue::{Kind, Member, ShapeId, Structure, TimestampFormat};

/// Times in JSON bodies are numbers where neither member nor shape says otherwise.
const TIME: TimestampFormat = TimestampFormat::Unix;

/// Reads the members of a structure. With `rest_root` only those that stand in the body.
pub(super) fn read_members(
    walk: &mut Walk<'_>,
    structure: &Structure,
    wire: Value,
    rest_root: bool,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let Value::Object(wire) = wire else { return walk.misfit(wire, path, "a JSON object") };
    let mut read = Map::new();
    for (key, value) in wire {
        let member =
            structure.members.iter().find(|member| member.location_name == key && in_body(member, rest_root));
        let Some(member) = member else {
            walk.note_member(path, &key);
            continue;
        };
        if value.is_null() {
            continue;
        }
        let value = read_shape(walk, member.shape, Some(member), value, &Path::Member(path, member.name))?;
        read.insert(member.name.to_owned(), value);
    }
    Ok(Value::Object(read))
}

/// Reads a value of a shape.
pub(super) fn read_shape(
    walk: &mut Walk<'_>,
    shape: ShapeId,
    member: Option<&Member>,
    wire: Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let kind = walk.kind(shape)?;
    match (kind, wire) {
        (Kind::Document, wire) => Ok(wire),
        (Kind::Structure(structure), wire) => read_members(walk, structure, wire, false, path),
        (Kind::List { member, .. }, Value::Array(items)) => {
            let items = items.into_iter().enumerate();
            let read: Result<Vec<Value>, ReadError> =
                items.map(|(at, item)| read_nullable(walk, *member, item, &Path::Item(path, at))).collect();
            read.map(Value::Array)
        }
        (Kind::Map { value, .. }, Value::Object(entries)) => {
            let mut read = Map::new();
            for (key, item) in entries {
                let item = read_nullable(walk, *value, item, &Path::Member(path, &key))?;
                read.insert(key, item);
            }
            Ok(Value::Object(read))
        }
        (kind, wire) => read_scalar(walk, kind, time_format(kind, member, TIME), wire, path),
    }
}

/// Members of sparse lists and maps may be null.
fn read_nullable(
    walk: &mut Walk<'_>,
    shape: ShapeId,
    wire: Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if wire.is_null() { Ok(wire) } else { read_shape(walk, shape, None, wire, path) }
}

fn read_scalar(
    walk: &Walk<'_>,
    kind: &Kind,
    format: TimestampFormat,
    wire: Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let read = match (kind, &wire) {
        (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => return Ok(wire),
        (Kind::Integer | Kind::Long, Value::Number(number)) => whole(number).map(Value::from),
        (Kind::Float | Kind::Double, wire) => scalar::float(wire),
        (Kind::Blob { .. }, Value::String(text)) => scalar::blob(text).map(Value::String),
        (Kind::Timestamp(_), Value::Number(number)) => time::from_number(number).map(Value::String),
        // A number in quotes is no ISO text and no RFC 822 date: only the format's own text is read as one.
        (Kind::Timestamp(_), Value::String(text)) if format == TimestampFormat::Unix => {
            time::from_text(text, TimestampFormat::Iso8601).map(Value::String)
        }
        (Kind::Timestamp(_), Value::String(text)) => time::from_text(text, format).map(Value::String),
        _ => None,
    };
    match read {
        Some(read) => Ok(read),
        None => walk.misfit(wire, path, scalar::wanted(kind)),
    }
}

/// An integer, also when it is written as `5.0`: JavaScript has only one kind of number.
fn whole(number: &serde_json::Number) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT)?;
    format!("{float:.0}").parse().ok()
}

/// Writes the members of a structure. With `rest_root` only those that stand in the body.
pub(super) fn write_members(
    walk: &Walk<'_>,
    structure: &Structure,
    value: &Value,
    rest_root: bool,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let parameters = object(structure, value, path)?;
    let mut wire = Map::new();
    for member in structure.members.iter().filter(|member| in_body(member, rest_root)) {
        let Some(value) = parameters.get(member.name).filter(|value| !value.is_null()) else { continue };
        let value = write_shape(walk, member.shape, Some(member), value, &Path::Member(path, member.name))?;
        wire.insert(member.location_name.to_owned(), value);
    }
    Ok(Value::Object(wire))
}

/// Writes a value of a shape.
pub(super) fn write_shape(
    walk: &Walk<'_>,
    shape: ShapeId,
    member: Option<&Member>,
    value: &Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let kind = walk.kind(shape).map_err(|_| unwritable(path, "has no shape"))?;
    match (kind, value) {
        (Kind::Document, value) => Ok(value.clone()),
        (Kind::Structure(structure), value) => write_members(walk, structure, value, false, path),
        (Kind::List { member, .. }, Value::Array(items)) => {
            let items = items.iter().enumerate();
            let wire: Result<Vec<Value>, ReadError> =
                items.map(|(at, item)| write_nullable(walk, *member, item, &Path::Item(path, at))).collect();
            wire.map(Value::Array)
        }
        (Kind::Map { value: shape, .. }, Value::Object(entries)) => {
            let mut wire = Map::new();
            for (key, item) in entries {
                wire.insert(key.clone(), write_nullable(walk, *shape, item, &Path::Member(path, key))?);
            }
            Ok(Value::Object(wire))
        }
        (kind, value) => write_scalar(kind, time_format(kind, member, TIME), value, path),
    }
}

fn write_nullable(
    walk: &Walk<'_>,
    shape: ShapeId,
    value: &Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if value.is_null() { Ok(Value::Null) } else { write_shape(walk, shape, None, value, path) }
}

fn write_scalar(
    kind: &Kind,
    format: TimestampFormat,
    value: &Value,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let wire = match (kind, value) {
        (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) => Some(value.clone()),
        (Kind::Integer | Kind::Long, Value::Number(number)) => whole(number).map(Value::from),
        (Kind::Float | Kind::Double, value) => scalar::float(value),
        (Kind::Blob { .. }, Value::String(text)) => scalar::blob(text).map(Value::String),
        (Kind::Timestamp(_), Value::String(text)) => time::to_wire(text, format),
        _ => None,
    };
    wire.ok_or_else(|| unwritable(path, &format!("is not {}", scalar::wanted(kind))))
}

/// The value of a body that must be an object; an empty body is an empty object.
pub(super) fn body_object(bytes: &[u8]) -> Result<Value, ReadError> {
    if bytes.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    let value = super::json_text::read(bytes)?;
    if value.is_object() { Ok(value) } else { Err(malformed(&Path::Root, "a JSON object")) }
}
