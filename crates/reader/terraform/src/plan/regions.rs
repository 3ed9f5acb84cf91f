//! Where a plan's resources are: the regions of its AWS providers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The region of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Region {
    /// This one.
    Named(String),
    /// That of whoever runs it: nothing is written.
    Own,
    /// Something is written, and what comes of it is not told.
    Open,
}

/// The regions of AWS providers, by the keys that resources name them by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    by_key: BTreeMap<String, Region>,
    /// The key of each resource's provider, by the resource's address without instance keys.
    pub(super) keys: BTreeMap<String, String>,
}

impl Regions {
    /// Adds a provider, with what its configuration says of the region.
    pub(super) fn add(&mut self, key: &str, provider: &Value, variables: &Map<String, Value>) {
        self.by_key.insert(key.to_owned(), region(provider, variables));
    }

    /// That of a resource.
    pub fn of(&self, address: &str) -> Region {
        let named = self.keys.get(address).and_then(|key| self.by_key.get(key));
        let mut all = self.by_key.values();
        match (named, all.next(), all.next()) {
            (Some(region), ..) | (None, Some(region), None) => region.clone(),
            (None, None, _) => Region::Own,
            (None, Some(_), Some(_)) => Region::Open,
        }
    }

    /// The only one there is.
    pub fn only(&self) -> Option<&str> {
        let mut all = self.by_key.values();
        match (all.next(), all.next()) {
            (Some(Region::Named(region)), None) => Some(region),
            _ => None,
        }
    }
}

/// What a provider's configuration comes to: a text, or a variable of the root module.
fn region(provider: &Value, variables: &Map<String, Value>) -> Region {
    let Some(written) = provider.pointer("/expressions/region") else { return Region::Own };
    let variable = || {
        let [reference] = written.get("references")?.as_array()?.as_slice() else { return None };
        variables.get(reference.as_str()?.strip_prefix("var.")?)?.get("value")
    };
    let value = written.get("constant_value").or_else(variable).and_then(Value::as_str);
    value.map_or(Region::Open, |region| Region::Named(region.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn regions_are_texts_and_variables_by_provider() {
        let variables = json!({"place": {"value": "eu-west-1"}});
        let mut regions = Regions::default();
        let mut add = |key: &str, region: Value| {
            regions.add(key, &json!({"expressions": {"region": region}}), variables.as_object().unwrap());
        };
        add("aws", json!({"references": ["var.place"]}));
        add("aws.west", json!({"constant_value": "us-west-2"}));
        add("aws.odd", json!({"references": ["local.place"]}));
        for (address, key) in [("aws_vpc.a", "aws"), ("aws_vpc.b", "aws.west"), ("aws_vpc.c", "aws.odd")] {
            regions.keys.insert(address.to_owned(), key.to_owned());
        }
        assert_eq!(regions.of("aws_vpc.a"), Region::Named("eu-west-1".to_owned()));
        assert_eq!(regions.of("aws_vpc.b"), Region::Named("us-west-2".to_owned()));
        assert_eq!(regions.of("aws_vpc.c"), Region::Open);
        assert_eq!(regions.of("aws_vpc.d"), Region::Open);
        assert_eq!(regions.only(), None);
        assert_eq!(Regions::default().of("aws_vpc.a"), Region::Own);
    }
}
