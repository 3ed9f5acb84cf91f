//! A plan's JSON (`format_version` 0.1 to 1.2, and later minor versions), as far as it says what would change.
//!
//! What is planned and what was there before are passed over: every change carries its own before and after. A key that no
//! version known here has may change infrastructure, so that it is an unknown.

mod act;
mod change;
mod configuration;
mod regions;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

pub use act::Act;
pub use change::Change;
pub use configuration::{Configuration, Expressions};
pub(crate) use configuration::{RUNS, is_aws, is_known, references};
pub use regions::{Region, Regions};

use crate::{ReadError, text};

/// Keys of a plan, of every version known here.
const KEYS: [&str; 18] = [
    "format_version",
    "terraform_version",
    "variables",
    "planned_values",
    "resource_changes",
    "resource_drift",
    "output_changes",
    "prior_state",
    "configuration",
    "relevant_attributes",
    "checks",
    "timestamp",
    "applyable",
    "complete",
    "errored",
    "deferred_changes",
    "deferred_action_invocations",
    "action_invocations",
];

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// `1.2`.
    pub format: String,
    /// The Terraform that made it: `1.11.4`.
    pub terraform: Option<String>,
    /// Whether it can be applied, where it says so.
    pub applyable: Option<bool>,
    /// Whether it plans everything that the configuration asks for, where it says so.
    pub complete: Option<bool>,
    /// Whether planning failed, where it says so.
    pub errored: Option<bool>,
    /// What would change, resource by resource.
    pub changes: Vec<Change>,
    /// What was changed behind Terraform's back.
    pub drift: Vec<Change>,
    /// Whether an output gets another value.
    pub outputs_change: bool,
    /// Whether there was a state before.
    pub has_prior_state: bool,
    /// Actions that run while it is applied, by address.
    pub invocations: Vec<String>,
    /// What only the configuration tells.
    pub configuration: Configuration,
    /// What could not be told.
    pub unknowns: Vec<String>,
}

/// The members of an object, unread.
type Members<'a> = BTreeMap<String, &'a RawValue>;

impl Plan {
    /// Reads the bytes that `terraform show -json` prints.
    ///
    /// # Errors
    /// What is no text, no JSON, or no plan of a major version that is known here.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        let text = text::decode(bytes)?;
        let members: Members<'_> = parsed(text.trim())?;
        let format: String = member(&members, "format_version")?
            .ok_or_else(|| ReadError::Form("it has no `format_version`".to_owned()))?;
        if !matches!(format.split('.').next(), Some("0" | "1")) {
            return Err(ReadError::Form(format!("`format_version` is `{format}`, and 0 and 1 are known")));
        }
        let mut unknowns = strangers(&members, &KEYS, "the plan");
        let changes = changes(&members, "resource_changes", &mut unknowns)?;
        let drift = changes_of_drift(&members, &mut unknowns)?;
        let configuration = match members.get("configuration") {
            Some(raw) => {
                let variables = member(&members, "variables")?.unwrap_or_default();
                Configuration::parse(parsed(raw.get())?, &variables, &mut unknowns)
            }
            None => {
                unknowns.push("the plan has no configuration: what runs beside it is not told".to_owned());
                Configuration::default()
            }
        };
        let mut plan = Self {
            terraform: member(&members, "terraform_version")?,
            applyable: member(&members, "applyable")?,
            complete: member(&members, "complete")?,
            errored: member(&members, "errored")?,
            outputs_change: false,
            has_prior_state: members.contains_key("prior_state"),
            invocations: invocations(&members)?,
            format,
            changes,
            drift,
            configuration,
            unknowns,
        };
        plan.outputs_change = members.get("output_changes").is_some_and(|raw| {
            let all: BTreeMap<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
            all.values().any(|change| change.get("actions") != Some(&serde_json::json!(["no-op"])))
        });
        if let Some(deferred) = members.get("deferred_changes")
            && !parsed::<Vec<&RawValue>>(deferred.get())?.is_empty()
        {
            plan.unknowns
                .push("some changes are put off to a later plan, and what they are is not told".to_owned());
        }
        Ok(plan)
    }

    /// What is known of it to whoever made it, and saw that it was planned to its end; whether it was asked for as a whole. Some
    /// programs say nothing of that in the plan.
    pub fn made_here(&mut self, whole: bool) {
        self.errored.get_or_insert(false);
        self.complete.get_or_insert(whole);
        let more = self.outputs_change || !self.drift.is_empty();
        self.applyable.get_or_insert(more || self.effective().next().is_some());
    }

    /// What the flags of the whole plan leave open.
    pub(crate) fn flags(&self) -> Vec<String> {
        let mut open = Vec::new();
        let mut say = |what: &str| open.push(what.to_owned());
        match self.errored {
            Some(false) => {}
            Some(true) => say("planning failed, and what stands here is a part of it"),
            None => say("whether planning failed is not told: this Terraform is too old to say"),
        }
        match self.complete {
            Some(true) => {}
            Some(false) => {
                say("it is a part of what the configuration asks for (`-target`, or changes put off)")
            }
            None => say(
                "whether it is all that the configuration asks for is not told: this Terraform is too old to say",
            ),
        }
        open
    }

    /// The changes that change something.
    pub fn effective(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.is_nothing())
    }
}

/// A JSON text.
pub(super) fn parsed<'t, T: serde::Deserialize<'t>>(text: &'t str) -> Result<T, ReadError> {
    serde_json::from_str(text).map_err(|error| ReadError::Malformed(error.to_string()))
}

/// A member, where it is there and not null.
fn member<T: DeserializeOwned>(members: &Members<'_>, name: &str) -> Result<Option<T>, ReadError> {
    let Some(raw) = members.get(name) else { return Ok(None) };
    serde_json::from_str(raw.get()).map_err(|error| ReadError::Malformed(format!("`{name}`: {error}")))
}

/// The members that no version known here has.
pub(super) fn strangers<V>(members: &BTreeMap<String, V>, known: &[&str], of: &str) -> Vec<String> {
    let unknown = members.keys().filter(|name| !known.contains(&name.as_str()));
    unknown.map(|name| format!("{of} has `{name}`, which is not known here")).collect()
}

fn changes(members: &Members<'_>, name: &str, unknowns: &mut Vec<String>) -> Result<Vec<Change>, ReadError> {
    let Some(raw) = members.get(name) else { return Ok(Vec::new()) };
    let all: Option<Vec<&RawValue>> = parsed(raw.get())?;
    all.unwrap_or_default().into_iter().map(|one| Change::parse(one.get(), unknowns)).collect()
}

/// What drifted is shown and not done: what is not known of it changes nothing.
fn changes_of_drift(members: &Members<'_>, unknowns: &mut Vec<String>) -> Result<Vec<Change>, ReadError> {
    let before = unknowns.len();
    let drift = changes(members, "resource_drift", unknowns)?;
    unknowns.truncate(before);
    Ok(drift)
}

/// The addresses of actions that run while the plan is applied.
fn invocations(members: &Members<'_>) -> Result<Vec<String>, ReadError> {
    let mut all = Vec::new();
    for name in ["action_invocations", "deferred_action_invocations"] {
        let invocations: Option<Vec<Value>> = member(members, name)?;
        for (at, one) in invocations.unwrap_or_default().iter().enumerate() {
            let address = one.get("address").and_then(Value::as_str).map(str::to_owned);
            all.push(address.unwrap_or_else(|| format!("{name}[{at}]")));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
