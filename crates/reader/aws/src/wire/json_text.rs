//! JSON text, read strictly: a key twice in one object is refused at any depth, as are trailing bytes, text that is not
//! UTF-8, and nesting deeper than [`super::MAX_DEPTH`].

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::limits::{MAX_DEPTH, MAX_VALUES, too_deep, too_many};
use super::walk::clip;
use crate::ReadError;

const TWICE: &str = "a key stands twice: ";
const DEEP: &str = "nested too deep";
const MANY: &str = "too many values";

/// Reads one JSON value that fills all of `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, ReadError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let left = Cell::new(MAX_VALUES);
    let value = Strict { depth: 0, left: &left }.deserialize(&mut reader).map_err(|error| refusal(&error))?;
    reader.end().map_err(|_| ReadError::Malformed("more bytes after the JSON value".to_owned()))?;
    Ok(value)
}

fn refusal(error: &serde_json::Error) -> ReadError {
    let text = error.to_string();
    if let Some((_, key)) = text.split_once(TWICE) {
        // serde_json adds ` at line … column …`.
        let key = key.rsplit_once(" at line ").map_or(key, |(key, _)| key);
        return ReadError::Ambiguous(format!("the JSON key `{}` stands twice", clip(key)));
    }
    if text.contains(DEEP) || text.starts_with("recursion limit exceeded") {
        return too_deep();
    }
    if text.contains(MANY) {
        return too_many();
    }
    // serde_json's own words never carry values of the text, only positions; visitor errors cannot occur for `Value`.
    ReadError::Malformed(format!("not JSON (line {}, column {})", error.line(), error.column()))
}

#[derive(Clone, Copy)]
struct Strict<'c> {
    depth: usize,
    left: &'c Cell<usize>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(&self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(DEEP));
        }
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom(MANY))?;
        self.left.set(left);
        Ok(Self { depth: self.depth + 1, left: self.left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.deeper()?)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("{TWICE}{key}")));
            }
            let value = entries.next_value_seed(self.deeper()?)?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}
