//! What would change of one resource.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{Act, parsed, strangers};
use crate::ReadError;

const KEYS: [&str; 13] = [
    "address",
    "previous_address",
    "module_address",
    "mode",
    "type",
    "name",
    "index",
    "provider_name",
    "deposed",
    "change",
    "action_reason",
    "index_unknown",
    "provider_config_key",
];

const CHANGE_KEYS: [&str; 11] = [
    "actions",
    "before",
    "after",
    "after_unknown",
    "before_sensitive",
    "after_sensitive",
    "replace_paths",
    "importing",
    "generated_config",
    "before_identity",
    "after_identity",
];

/// What would change of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// `module.school.aws_db_instance.main["prod"]`.
    pub address: String,
    /// The address that it had in the state, where it is another.
    pub previous: Option<String>,
    /// Whether Terraform manages it; else it is a data source.
    pub managed: bool,
    /// `aws_db_instance`.
    pub kind: String,
    /// `registry.terraform.io/hashicorp/aws`.
    pub provider: String,
    /// The key of an object that was replaced and is still there.
    pub deposed: Option<String>,
    /// What becomes of it.
    pub act: Act,
    /// Why, in Terraform's word: `replace_because_cannot_update`.
    pub reason: Option<String>,
    /// Its attributes now; null where there is none.
    pub before: Value,
    /// Its attributes then, as far as they are known.
    pub after: Value,
    /// Where `after` is not known yet, in the form of `after` with `true` there.
    pub unknown: Value,
    /// Where `before` and `after` are secret, in the same form.
    pub sensitive: (Value, Value),
    /// The attributes that force the replacement.
    pub forces: Vec<Vec<Value>>,
    /// The id under which it is taken into the state.
    pub imports: Option<String>,
}

#[derive(Deserialize)]
struct Outer {
    address: Option<String>,
    name: Option<String>,
    previous_address: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    provider_name: String,
    deposed: Option<String>,
    action_reason: Option<String>,
}

#[derive(Deserialize)]
struct Inner {
    actions: Vec<String>,
    #[serde(default)]
    before: Value,
    #[serde(default)]
    after: Value,
    #[serde(default)]
    after_unknown: Value,
    #[serde(default)]
    before_sensitive: Value,
    #[serde(default)]
    after_sensitive: Value,
    replace_paths: Option<Vec<Vec<Value>>>,
    importing: Option<Value>,
}

impl Change {
    pub(super) fn parse(text: &str, unknowns: &mut Vec<String>) -> Result<Self, ReadError> {
        let members: BTreeMap<String, &RawValue> = parsed(text)?;
        let raw = members.get("change");
        let raw = raw.ok_or_else(|| ReadError::Malformed("a resource change has no `change`".to_owned()))?;
        let outer: Outer = parsed(text)?;
        let inner: Inner = parsed(raw.get())?;
        // Terraform 1.0 tells no address of what changed behind its back.
        let address =
            outer.address.or_else(|| Some(format!("{}.{}", outer.kind, outer.name.as_ref()?))).ok_or_else(
                || ReadError::Malformed(format!("a change of a `{}` has no `address`", outer.kind)),
            )?;
        unknowns.extend(strangers(&members, &KEYS, &address));
        let within: BTreeMap<String, &RawValue> = parsed(raw.get())?;
        unknowns.extend(strangers(&within, &CHANGE_KEYS, &format!("the change of {address}")));
        let imports = inner.importing.filter(|importing| !importing.is_null()).map(|importing| {
            let id = importing.get("id").and_then(Value::as_str);
            id.unwrap_or("an id that is not told").to_owned()
        });
        Ok(Self {
            address,
            previous: outer.previous_address,
            // Plans of the first versions leave it out for what is managed.
            managed: outer.mode.is_none_or(|mode| mode == "managed"),
            kind: outer.kind,
            provider: outer.provider_name,
            deposed: outer.deposed,
            act: Act::of(inner.actions),
            reason: outer.action_reason,
            before: inner.before,
            after: inner.after,
            unknown: inner.after_unknown,
            sensitive: (inner.before_sensitive, inner.after_sensitive),
            forces: inner.replace_paths.unwrap_or_default(),
            imports,
        })
    }

    /// Whether nothing comes of it: no change, no new address, nothing taken into the state.
    pub fn is_nothing(&self) -> bool {
        self.act == Act::NoOp && self.previous.is_none() && self.imports.is_none()
    }

    /// The address without the keys of instances: as the configuration has it.
    pub fn configured(&self) -> String {
        let (mut plain, mut depth, mut quoted) = (String::new(), 0_usize, false);
        let mut escaped = false;
        for sign in self.address.chars() {
            match sign {
                '"' if depth > 0 && !escaped => quoted = !quoted,
                '[' if !quoted => depth = depth.saturating_add(1),
                ']' if !quoted => depth = depth.saturating_sub(1),
                _ if depth == 0 => plain.push(sign),
                _ => {}
            }
            escaped = sign == '\\' && !escaped;
        }
        plain
    }

    /// An attribute as it is now, where it is a text that is not empty.
    pub fn now(&self, attribute: &str) -> Option<&str> {
        text(&self.before, attribute)
    }

    /// An attribute as it is, or where nothing is there yet as it will be.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.now(name).or_else(|| text(&self.after, name))
    }
}

fn text<'v>(attributes: &'v Value, name: &str) -> Option<&'v str> {
    attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
