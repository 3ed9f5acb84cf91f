//! Scenes: what is set up, what is done, and what is looked at. `"$name"` stands for what was saved under that name, alone
//! or as `${name}` within a text.

use std::collections::BTreeMap;
use std::path::PathBuf;

use interlock_action::value_at;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// One round trip.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scene {
    /// In plain words.
    pub(crate) name: String,
    /// The way that is expected.
    pub(crate) way: String,
    /// How well it is expected to come back.
    pub(crate) class: String,
    /// How many minutes it is expected to take.
    #[serde(default)]
    pub(crate) minutes: u32,
    /// For how many days it stays open, where the service says so.
    #[serde(default)]
    pub(crate) days: Option<u32>,
    /// What does not come back.
    #[serde(default)]
    pub(crate) loses: Vec<String>,
    /// What is set up.
    #[serde(default)]
    pub(crate) scene: Vec<Act>,
    /// What an agent does.
    pub(crate) deed: Act,
    /// Whether Interlock makes a recovery point first, or rewrites the deed.
    #[serde(default)]
    pub(crate) secured: bool,
    /// What is compared beside the way's own state.
    #[serde(default)]
    pub(crate) wide: Vec<Wide>,
    /// What another writer does in between.
    #[serde(default)]
    pub(crate) meddle: Option<Act>,
}

/// A call.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Act {
    /// `ec2:CreateVolume`.
    #[serde(rename = "do")]
    pub(crate) what: String,
    /// Its parameters.
    #[serde(default)]
    pub(crate) with: Value,
    /// What of the answer is saved: name to pointer.
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
}

/// An independent look: the whole of an answer but for the members that the way's file names as lost.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wide {
    /// `ec2:DescribeVolumes`.
    pub(crate) read: String,
    /// Its parameters.
    #[serde(default)]
    pub(crate) with: Value,
    /// Names of members that are left out, wherever they stand.
    #[serde(default)]
    pub(crate) lost: Vec<String>,
}

/// What was saved.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(BTreeMap<String, Value>);

impl Names {
    /// Saves what an act asks for.
    pub(crate) fn save(&mut self, act: &Act, answer: &Value) {
        for (name, pointer) in &act.save {
            let value = value_at(answer, pointer);
            let value = value.unwrap_or_else(|| panic!("{}: no {pointer} in {answer}", act.what));
            self.0.insert(name.clone(), value.clone());
        }
    }

    /// A value with the saved ones in their places.
    pub(crate) fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(values) => values.iter().map(|value| self.fill(value)).collect(),
            Value::Object(members) => {
                let one = |(name, value): (&String, &Value)| (name.clone(), self.fill(value));
                Value::Object(members.iter().map(one).collect::<Map<_, _>>())
            }
            Value::Null => json!({}),
            other => other.clone(),
        }
    }

    fn text(&self, text: &str) -> Value {
        if let Some(value) = text.strip_prefix('$').and_then(|name| self.0.get(name)) {
            return value.clone();
        }
        // An id that its service tells with a path in front.
        if let Some(name) = text.strip_prefix('$').and_then(|text| text.strip_suffix("|last")) {
            let whole = self.0.get(name).and_then(Value::as_str).unwrap_or_default();
            return whole.rsplit('/').next().into();
        }
        let mut text = text.to_owned();
        for (name, value) in &self.0 {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("${{{name}}}"), &plain);
        }
        Value::String(text)
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/round_trip/scenes")
}

/// The names of all files of scenes, sorted.
pub(crate) fn files() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.map(|name| name.trim_end_matches(".json").to_owned()).collect();
    names.sort();
    names
}

/// The scenes of a file.
pub(crate) fn scenes(file: &str) -> Vec<Scene> {
    let text = std::fs::read_to_string(folder().join(format!("{file}.json"))).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Service and operation of `ec2:CreateVolume`.
pub(crate) fn parts(what: &str) -> (&str, &str) {
    what.split_once(':').unwrap_or_else(|| panic!("`{what}` names no operation"))
}

/// A value without these members, lists in an order of their own.
pub(crate) fn bare(value: &Value, lost: &[String]) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !lost.contains(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), bare(value, lost))).collect::<Map<_, _>>())
        }
        Value::Array(values) => {
            let mut values: Vec<Value> = values.iter().map(|value| bare(value, lost)).collect();
            values.sort_by_cached_key(Value::to_string);
            Value::Array(values)
        }
        other => other.clone(),
    }
}
