//! What would be different of a resource, attribute by attribute.

use interlock_reader_aws::secrets_in;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{plan::Change, resolve::holds};

/// One attribute that would be different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `ingress/0/cidr_blocks`.
    pub attribute: String,
    /// Its value now; `None` where it has none, or it is secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// Its value then; `None` where it has none, it is secret, or it is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// It is known only after the plan is applied.
    pub unknown: bool,
    /// It is secret: only that it is different is told.
    pub secret: bool,
    /// That it is different forces the replacement.
    pub forces_replacement: bool,
}

/// The attributes that would be different, in the order of the plan.
pub fn differences(change: &Change) -> Vec<Difference> {
    let mut found = Vec::new();
    let sides = Sides {
        before: Some(&change.before),
        after: Some(&change.after),
        unknown: Some(&change.unknown),
        secret: (Some(&change.sensitive.0), Some(&change.sensitive.1)),
    };
    walk(&sides, &mut Vec::new(), change, &mut found);
    found
}

/// The same place of every tree.
#[derive(Clone, Copy)]
struct Sides<'v> {
    before: Option<&'v Value>,
    after: Option<&'v Value>,
    unknown: Option<&'v Value>,
    secret: (Option<&'v Value>, Option<&'v Value>),
}

impl<'v> Sides<'v> {
    fn below(&self, of: impl Fn(&'v Value) -> Option<&'v Value>) -> Self {
        let deeper = |side: Option<&'v Value>| side.and_then(&of);
        Self {
            before: deeper(self.before),
            after: deeper(self.after),
            unknown: deeper(self.unknown),
            secret: (deeper(self.secret.0), deeper(self.secret.1)),
        }
    }

    fn is_unknown(&self) -> bool {
        self.unknown == Some(&Value::Bool(true))
    }

    fn is_secret(&self) -> bool {
        [self.secret.0, self.secret.1].contains(&Some(&Value::Bool(true)))
    }

    fn same(&self) -> bool {
        value(self.before) == value(self.after) && !self.unknown.is_some_and(holds)
    }
}

fn value(side: Option<&Value>) -> Option<&Value> {
    side.filter(|value| !value.is_null())
}

fn walk(sides: &Sides<'_>, at: &mut Vec<String>, change: &Change, found: &mut Vec<Difference>) {
    if sides.same() {
        return;
    }
    let open = !sides.is_unknown() && !sides.is_secret();
    let names: Option<Vec<String>> = match (value(sides.before), value(sides.after)) {
        _ if !open => None,
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let unknown = sides.unknown.and_then(Value::as_object);
            let mut names: Vec<String> = before.keys().cloned().collect();
            let more = after.keys().chain(unknown.into_iter().flat_map(|marks| marks.keys()));
            more.for_each(|name| {
                if !names.contains(name) {
                    names.push(name.clone())
                }
            });
            Some(names)
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) if before.len() == after.len() => {
            Some((0..before.len()).map(|index| index.to_string()).collect())
        }
        // The resource itself is no attribute.
        (Some(Value::Object(only)), None) | (None, Some(Value::Object(only))) if at.is_empty() => {
            Some(only.keys().cloned().collect())
        }
        _ => None,
    };
    let Some(names) = names else {
        let name = at.last().map_or("", String::as_str);
        // What holds a secret is not shown in part.
        let named =
            |side: Option<&Value>| side.is_some_and(|side| !secrets_in(&json!({name: side})).is_empty());
        let secret = [sides.secret.0, sides.secret.1].into_iter().flatten().any(holds)
            || named(sides.before)
            || named(sides.after);
        let shown = |side: Option<&Value>| value(side).filter(|_| !secret).cloned();
        found.push(Difference {
            attribute: at.join("/"),
            before: shown(sides.before),
            after: shown(sides.after).filter(|_| !sides.is_unknown()),
            unknown: sides.is_unknown(),
            secret,
            forces_replacement: change.forces.iter().any(|path| within(path, at)),
        });
        return;
    };
    for name in names {
        let below = sides.below(|value| match value {
            Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            value => value.get(&name),
        });
        at.push(name);
        walk(&below, at, change, found);
        at.pop();
    }
}

/// Whether what stands here is, is in, or holds what a path names.
fn within(path: &[Value], at: &[String]) -> bool {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    path.iter().zip(at).all(|(named, here)| step(named) == *here)
}
