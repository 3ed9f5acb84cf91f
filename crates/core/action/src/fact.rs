//! Facts about the live state, and tests of them. Readers name the facts; forecasters answer them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of a fact about the live state, `service:words` or `service:words:TARGET-ID` when it is about one target of
/// several: `s3:object-exists`, `ec2:has-instance-store`.
pub type FactName = String;

/// What is known. A missing name is a fact nobody could read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Facts(pub BTreeMap<FactName, Value>);

impl Facts {
    /// Records a fact.
    pub fn set(&mut self, name: impl Into<FactName>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value, if it is known.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// `fact == is`, or, with `not`, `fact != is`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FactTest {
    /// Which fact.
    pub fact: FactName,
    /// The value it is compared with.
    pub is: Value,
    /// Negates the comparison.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not: bool,
}

impl FactTest {
    /// The test that the fact has this value.
    pub fn is(fact: impl Into<FactName>, is: impl Into<Value>) -> Self {
        Self { fact: fact.into(), is: is.into(), not: false }
    }

    /// The test that the fact has another value.
    pub fn is_not(fact: impl Into<FactName>, is: impl Into<Value>) -> Self {
        Self { fact: fact.into(), is: is.into(), not: true }
    }

    /// Whether the effect that depends on this test must be reckoned with.
    ///
    /// INVARIANT: an unknown fact never makes an action look safer, so it holds for either sign.
    pub fn holds(&self, facts: &Facts) -> bool {
        match facts.get(&self.fact) {
            None => true,
            Some(value) => (value == &self.is) != self.not,
        }
    }
}
