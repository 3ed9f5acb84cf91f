//! Parameters and CBOR bodies: smithy-rpc-v2-cbor.

use serde_json::{Map, Number, Value};

use super::cbor_item::Item;
use super::scalar;
use super::time;
use super::walk::{Path, Walk, malformed, object, unwritable};
use crate::ReadError;
use crate::catalogue::{Kind, ShapeId, Structure, TimestampFormat};

/// Reads the members of a structure.
pub(super) fn read_members(
    walk: &mut Walk<'_>,
    structure: &Structure,
    wire: Item,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    let Item::Map(entries) = wire else { return walk.misfit(generic(wire), path, "a CBOR map") };
    let mut read = Map::new();
    for (key, item) in entries {
        let Some(member) = structure.members.iter().find(|member| member.location_name == key) else {
            walk.note_member(path, &key);
            continue;
        };
        if item == Item::Null {
            continue;
        }
        let value = read_shape(walk, member.shape, item, &Path::Member(path, member.name))?;
        read.insert(member.name.to_owned(), value);
    }
    Ok(Value::Object(read))
}

fn read_shape(walk: &mut Walk<'_>, shape: ShapeId, wire: Item, path: &Path<'_>) -> Result<Value, ReadError> {
    let kind = walk.kind(shape)?;
    let read = match (kind, &wire) {
        (Kind::Structure(structure), _) => return read_members(walk, structure, wire, path),
        (_, Item::Array(_) | Item::Map(_)) => return read_nested(walk, kind, wire, path),
        (Kind::Document, _) => Some(generic(wire.clone())),
        (Kind::String, Item::Text(text)) => Some(Value::from(text.as_str())),
        (Kind::Boolean, Item::Bool(flag)) => Some(Value::Bool(*flag)),
        (Kind::Integer | Kind::Long, Item::Integer(number)) => i64::try_from(*number).ok().map(Value::from),
        (Kind::Float | Kind::Double, Item::Float(number)) => Some(scalar::from_float(*number)),
        (Kind::Float | Kind::Double, Item::Integer(number)) => {
            i64::try_from(*number).ok().and_then(|number| scalar::float(&Value::from(number)))
        }
        (Kind::Blob { .. }, Item::Bytes(bytes)) => Some(Value::from(scalar::base64(bytes))),
        (Kind::Timestamp(_), Item::Time(seconds)) => moment(seconds).map(Value::String),
        _ => None,
    };
    match read {
        Some(read) => Ok(read),
        None => walk.misfit(generic(wire), path, scalar::wanted(kind)),
    }
}

fn read_nested(walk: &mut Walk<'_>, kind: &Kind, wire: Item, path: &Path<'_>) -> Result<Value, ReadError> {
    match (kind, wire) {
        (Kind::List { member, .. }, Item::Array(items)) => {
            let items = items.into_iter().enumerate();
            let read: Result<Vec<Value>, ReadError> =
                items.map(|(at, item)| read_nullable(walk, *member, item, &Path::Item(path, at))).collect();
            read.map(Value::Array)
        }
        (Kind::Map { value, .. }, Item::Map(entries)) => {
            let mut read = Map::new();
            for (key, item) in entries {
                let item = read_nullable(walk, *value, item, &Path::Member(path, &key))?;
                read.insert(key, item);
            }
            Ok(Value::Object(read))
        }
        (Kind::Document, wire) => Ok(generic(wire)),
        (kind, wire) => walk.misfit(generic(wire), path, scalar::wanted(kind)),
    }
}

/// Members of sparse lists and maps may be null.
fn read_nullable(
    walk: &mut Walk<'_>,
    shape: ShapeId,
    wire: Item,
    path: &Path<'_>,
) -> Result<Value, ReadError> {
    if wire == Item::Null { Ok(Value::Null) } else { read_shape(walk, shape, wire, path) }
}

fn moment(seconds: &Item) -> Option<String> {
    match seconds {
        Item::Integer(seconds) => time::from_number(&Number::from(i64::try_from(*seconds).ok()?)),
        Item::Float(seconds) => time::from_float(*seconds),
        _ => None,
    }
}

/// An item without a shape: bytes become base64, points in time text.
pub(super) fn generic(item: Item) -> Value {
    match item {
        Item::Null => Value::Null,
        Item::Bool(flag) => Value::Bool(flag),
        Item::Integer(number) => {
            i64::try_from(number).map_or_else(|_| scalar::from_float(number as f64), Value::from)
        }
        Item::Float(number) => scalar::from_float(number),
        Item::Text(text) => Value::String(text),
        Item::Bytes(bytes) => Value::String(scalar::base64(&bytes)),
        Item::Array(items) => Value::Array(items.into_iter().map(generic).collect()),
        Item::Map(entries) => {
            Value::Object(entries.into_iter().map(|(key, item)| (key, generic(item))).collect())
        }
        Item::Time(seconds) => moment(&seconds).map_or_else(|| generic(*seconds), Value::String),
    }
}

/// Writes the members of a structure.
pub(super) fn write_members(
    walk: &Walk<'_>,
    structure: &Structure,
    value: &Value,
    path: &Path<'_>,
) -> Result<Item, ReadError> {
    let parameters = object(structure, value, path)?;
    let mut wire = Vec::new();
    for member in &structure.members {
        let Some(value) = parameters.get(member.name).filter(|value| !value.is_null()) else { continue };
        let item = write_shape(walk, member.shape, value, &Path::Member(path, member.name))?;
        wire.push((member.location_name.to_owned(), item));
    }
    Ok(Item::Map(wire))
}

fn write_shape(walk: &Walk<'_>, shape: ShapeId, value: &Value, path: &Path<'_>) -> Result<Item, ReadError> {
    let kind = walk.kind(shape).map_err(|_| unwritable(path, "has no shape"))?;
    let item = match (kind, value) {
        (_, Value::Null) => Some(Item::Null),
        (Kind::Structure(structure), value) => return write_members(walk, structure, value, path),
        (Kind::List { member, .. }, Value::Array(items)) => {
            let items = items.iter().enumerate();
            let wire: Result<Vec<Item>, ReadError> =
                items.map(|(at, item)| write_shape(walk, *member, item, &Path::Item(path, at))).collect();
            return wire.map(Item::Array);
        }
        (Kind::Map { value: shape, .. }, Value::Object(entries)) => {
            let mut wire = Vec::new();
            for (key, item) in entries {
                wire.push((key.clone(), write_shape(walk, *shape, item, &Path::Member(path, key))?));
            }
            return Ok(Item::Map(wire));
        }
        (Kind::String, Value::String(text)) => Some(Item::Text(text.clone())),
        (Kind::Boolean, Value::Bool(flag)) => Some(Item::Bool(*flag)),
        (Kind::Integer | Kind::Long, Value::Number(number)) => {
            number.as_i64().map(|number| Item::Integer(number.into()))
        }
        (Kind::Float | Kind::Double, value) => scalar::number(value).map(Item::Float),
        (Kind::Blob { .. }, Value::String(text)) => scalar::bytes(text).map(Item::Bytes),
        (Kind::Timestamp(_), Value::String(text)) => write_time(text),
        _ => None,
    };
    item.ok_or_else(|| unwritable(path, &format!("is not {}", scalar::wanted(kind))))
}

fn write_time(text: &str) -> Option<Item> {
    let Value::Number(seconds) = time::to_wire(text, TimestampFormat::Unix)? else { return None };
    let item = match seconds.as_i64() {
        Some(whole) => Item::Integer(whole.into()),
        None => Item::Float(seconds.as_f64()?),
    };
    Some(Item::Time(Box::new(item)))
}

/// The item of a body that must be a map; an empty body is an empty map.
pub(super) fn body_map(bytes: &[u8]) -> Result<Item, ReadError> {
    if bytes.is_empty() {
        return Ok(Item::Map(Vec::new()));
    }
    match super::cbor_item::read(bytes)? {
        map @ Item::Map(_) => Ok(map),
        _ => Err(malformed(&Path::Root, "a CBOR map")),
    }
}
