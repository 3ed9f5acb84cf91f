//! The state that a plan is made from, and what it says against the plan: a state that is missing, or another one.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    ReadError,
    plan::{Act, Change, Plan},
    resolve::names,
};

/// A state, as far as it tells which resources it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Who it descends from.
    pub lineage: Option<String>,
    /// How often it was written.
    pub serial: Option<u64>,
    /// The serial that this workspace had before, where that is known.
    pub prior_serial: Option<u64>,
    resources: Vec<Held>,
}

/// A resource of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    /// Its address without instance keys.
    address: String,
    kind: String,
    /// The names that it goes by.
    names: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Raw {
    lineage: Option<String>,
    serial: Option<u64>,
    #[serde(default)]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    module: Option<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    attributes: Value,
}

impl State {
    /// Whether it has this resource, by its address without instance keys.
    pub fn has(&self, address: &str) -> bool {
        self.resources.iter().any(|held| held.address == address)
    }

    /// Reads a state file (version 4).
    ///
    /// # Errors
    /// What is no state.
    pub fn parse(state: &Value, prior_serial: Option<u64>) -> Result<Self, ReadError> {
        if state.is_null() {
            return Ok(Self { prior_serial, ..Self::default() });
        }
        let raw: Raw = serde_json::from_value(state.clone())
            .map_err(|error| ReadError::Malformed(format!("the state: {error}")))?;
        let managed = raw.resources.iter().filter(|one| one.mode.as_deref() != Some("data"));
        let resources = managed.map(|one| {
            let module = one.module.as_ref().map(|module| format!("{module}.")).unwrap_or_default();
            let names = one.instances.iter().flat_map(|instance| names(&instance.attributes)).collect();
            Held { address: format!("{module}{}.{}", one.kind, one.name), kind: one.kind.clone(), names }
        });
        Ok(Self { lineage: raw.lineage, serial: raw.serial, prior_serial, resources: resources.collect() })
    }

    /// The address under which it has what this change would create, by a name that both say.
    pub fn finds(&self, change: &Change) -> Option<(String, &str)> {
        let new = names(&change.after);
        let of_kind = self.resources.iter().filter(|held| held.kind == change.kind);
        of_kind.into_iter().find_map(|held| {
            let name = held.names.intersection(&new).next()?;
            Some((name.clone(), held.address.as_str()))
        })
    }

    /// What the state says against the plan, a sentence each.
    pub fn doubts(&self, plan: &Plan) -> Vec<String> {
        let mut doubts = Vec::new();
        let of = self.lineage.as_deref().map(|lineage| format!(" of lineage {lineage}")).unwrap_or_default();
        let creates = || plan.effective().filter(|change| change.managed && change.act == Act::Create);
        let all_new = creates().next().is_some()
            && plan.effective().filter(|change| change.managed).all(|change| change.act == Act::Create);
        match (self.prior_serial, self.serial) {
            (Some(before), None) if before > 0 => doubts.push(format!(
                "the state is missing: this workspace had one, serial {before}, and the plan is made from none"
            )),
            (Some(before), Some(now)) if now < before => doubts.push(format!(
                "the state{of} went back from serial {before} to {now}: it is an older one, or another one"
            )),
            _ => {}
        }
        if all_new && !plan.has_prior_state && !self.resources.is_empty() {
            doubts.push(format!(
                "the state is missing: the plan is made from an empty one and creates everything, and the state{of}, serial {}, \
                 has {} resources",
                self.serial.map_or_else(|| "unknown".to_owned(), |serial| serial.to_string()),
                self.resources.len()
            ));
        }
        let mut known: BTreeMap<(&str, &str), &Held> = BTreeMap::new();
        for held in &self.resources {
            let names = held.names.iter().chain([&held.address]);
            known.extend(names.map(|name| ((held.kind.as_str(), name.as_str()), held)));
        }
        for change in creates() {
            let address = change.configured();
            let new = names(&change.after);
            let found = new
                .iter()
                .chain([&address])
                .find_map(|name| Some((name, known.get(&(change.kind.as_str(), name.as_str()))?)));
            if let Some((name, held)) = found {
                doubts.push(format!(
                    "{} would be created, and `{name}` is in the state{of} already, as {}",
                    change.address, held.address
                ));
            }
        }
        doubts
    }
}
