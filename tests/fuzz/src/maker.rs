//! Makes up values of the catalogue's shapes from the input's bytes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use interlock_reader_aws::catalogue::{Kind, Service, ShapeId, Structure};
use serde_json::{Map, Value, json};

use crate::{cursor::Cursor, operations::Spoken};

/// So many values are made at most.
const MOST: usize = 120;

/// Makes up values.
pub(crate) struct Maker<'s, 'c, 'b> {
    service: &'s Service,
    cursor: &'c mut Cursor<'b>,
    left: usize,
}

/// Parameters of an operation. Lists and structures are never empty: a form cannot say that.
pub(crate) fn input(spoken: &Spoken, cursor: &mut Cursor<'_>) -> Value {
    let (service, operation, _) = spoken;
    let mut maker = Maker { service, cursor, left: MOST };
    let Some(input) = service.input(operation) else { return json!({}) };
    let mut made = maker.structure(input, 4);
    for member in input.members.iter().filter(|member| member.required || member.host_label) {
        if made.get(member.name).is_none()
            && let Some(value) = maker.value(member.shape, 3)
        {
            made[member.name] = value;
        }
    }
    made
}

/// An answer of an operation.
pub(crate) fn output(spoken: &Spoken, cursor: &mut Cursor<'_>) -> Value {
    let (service, operation, _) = spoken;
    let mut maker = Maker { service, cursor, left: MOST };
    service.output(operation).map_or_else(|| json!({}), |output| maker.structure(output, 5))
}

impl Maker<'_, '_, '_> {
    fn structure(&mut self, structure: &Structure, depth: usize) -> Value {
        let mut made = Map::new();
        for member in &structure.members {
            if self.left == 0 || self.cursor.rest().is_empty() {
                break;
            }
            if self.cursor.below(3) == 0 || structure.event_stream {
                continue;
            }
            if let Some(value) = self.value(member.shape, depth.saturating_sub(1)) {
                made.insert(member.name.to_owned(), value);
            }
        }
        Value::Object(made)
    }

    /// `None` for what would be empty.
    fn value(&mut self, shape: ShapeId, depth: usize) -> Option<Value> {
        self.left = self.left.saturating_sub(1);
        let kind = &self.service.shape(shape)?.kind;
        Some(match kind {
            Kind::Structure(structure) if depth > 0 => {
                let made = self.structure(structure, depth);
                return Some(made).filter(|made| *made != json!({}));
            }
            Kind::List { member, .. } if depth > 0 => {
                let count = 1 + self.cursor.below(3);
                let items: Vec<Value> = (0..count).filter_map(|_| self.value(*member, depth - 1)).collect();
                return Some(Value::from(items)).filter(|made| *made != json!([]));
            }
            Kind::Map { value, .. } if depth > 0 => {
                let mut made = Map::new();
                for _ in 0..1 + self.cursor.below(3) {
                    let key = self.cursor.text();
                    if let Some(item) = self.value(*value, depth - 1) {
                        made.insert(key, item);
                    }
                }
                return Some(Value::Object(made)).filter(|made| *made != json!({}));
            }
            Kind::Structure(_) | Kind::List { .. } | Kind::Map { .. } => return None,
            Kind::String => Value::from(self.cursor.text()),
            Kind::Blob { .. } => Value::from(STANDARD.encode(self.cursor.text())),
            Kind::Integer | Kind::Long => {
                let numbers = [0, 1, -1, 7, 22, 3389, 65_535, i64::from(i32::MAX), i64::MAX, i64::MIN];
                json!(numbers[self.cursor.below(numbers.len())])
            }
            Kind::Float | Kind::Double => {
                let numbers = [json!(0.5), json!(-1e300), json!("NaN"), json!("Infinity"), json!(3.0)];
                numbers[self.cursor.below(numbers.len())].clone()
            }
            Kind::Boolean => json!(self.cursor.below(2) == 0),
            Kind::Timestamp(_) => {
                let times = ["2026-01-02T03:04:05Z", "1970-01-01T00:00:00Z", "9999-12-30T00:00:00Z"];
                json!(times[self.cursor.below(times.len())])
            }
            Kind::Document => json!({"a": [1, null, {"b": 1.5}], "": true}),
        })
    }
}
