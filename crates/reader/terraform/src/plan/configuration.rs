//! What of a plan only its configuration tells: what runs on this machine, and what a provider is told.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::regions::Regions;

/// Settings of the AWS provider by which it would act as somebody else, or talk to something else.
const REFUSED: [&str; 16] = [
    "access_key",
    "secret_key",
    "token",
    "profile",
    "shared_config_files",
    "shared_credentials_file",
    "shared_credentials_files",
    "assume_role",
    "assume_role_with_web_identity",
    "endpoints",
    "http_proxy",
    "https_proxy",
    "insecure",
    "ec2_metadata_service_endpoint",
    "sts_region",
    "custom_ca_bundle",
];

/// Types of data sources that run a program, or fetch what somebody else serves.
pub(crate) const RUNS: [&str; 3] = ["external", "http", "aws_lambda_invocation"];

/// Modules within modules are followed so deep.
const DEEPEST: usize = 64;

/// What only the configuration tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The provisioners of resources: the address without instance keys, and the provisioner's type.
    pub provisioners: Vec<(String, String)>,
    /// Data sources that run a program, or ask somebody, while it is planned.
    pub runs: Vec<String>,
    /// Settings of providers that are not theirs to bring: the provider and the setting.
    pub refused: Vec<(String, String)>,
    /// Where its AWS providers work.
    pub regions: Regions,
    /// What is written of each resource, by its address without instance keys.
    pub expressions: BTreeMap<String, Expressions>,
}

/// What is written of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expressions {
    /// The attributes and blocks that are written, as the plan has them.
    pub written: Map<String, Value>,
    /// What attributes refer to: addresses of other resources of the same module, with the attribute. How they are made of those, and
    /// of what else, is not told.
    pub references: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, Default)]
pub(super) struct Raw {
    #[serde(default)]
    provider_config: Map<String, Value>,
    #[serde(default)]
    root_module: Module,
}

#[derive(Deserialize, Default)]
struct Module {
    #[serde(default)]
    resources: Vec<Resource>,
    #[serde(default)]
    module_calls: BTreeMap<String, Called>,
}

#[derive(Deserialize, Default)]
struct Called {
    #[serde(default)]
    module: Option<Box<Module>>,
}

#[derive(Deserialize)]
struct Resource {
    address: String,
    #[serde(default)]
    mode: Option<String>,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    provider_config_key: Option<String>,
    #[serde(default)]
    provisioners: Vec<Provisioner>,
    #[serde(default)]
    expressions: Map<String, Value>,
}

#[derive(Deserialize)]
struct Provisioner {
    #[serde(rename = "type", default)]
    kind: String,
}

/// The attributes that an expression refers to: `aws_s3_bucket.site.id`, each of which stands before its resource.
pub(crate) fn references(expression: &Value) -> Option<Vec<&str>> {
    let all: Option<Vec<&str>> =
        expression.get("references")?.as_array()?.iter().map(Value::as_str).collect();
    let all = all?;
    let is_whole =
        |one: &str| all.iter().any(|other| other.strip_prefix(one).is_some_and(|rest| rest.starts_with('.')));
    Some(all.iter().copied().filter(|one| !is_whole(one)).collect())
}

/// Whether it is the AWS provider itself.
pub(crate) fn is_aws(provider: &str) -> bool {
    ["registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws"].contains(&provider)
}

/// Whether a provider does nothing outside the state.
pub(crate) fn is_known(provider: &str) -> bool {
    let name = provider.strip_prefix("registry.terraform.io/hashicorp/");
    let name = name.or_else(|| provider.strip_prefix("registry.opentofu.org/hashicorp/"));
    is_aws(provider)
        || provider.starts_with("terraform.io/builtin/")
        || name.is_some_and(|name| ["archive", "cloudinit", "null", "random", "time", "tls"].contains(&name))
}

impl Configuration {
    pub(super) fn parse(raw: Raw, variables: &Map<String, Value>, unknowns: &mut Vec<String>) -> Self {
        let mut found = Self::default();
        found.module(&raw.root_module, "", 0, unknowns);
        for (key, provider) in &raw.provider_config {
            let name = provider.get("full_name").or_else(|| provider.get("name")).and_then(Value::as_str);
            let name = name.unwrap_or("a provider");
            if !is_aws(name) {
                if !is_known(name) {
                    unknowns.push(format!("what provider {name} does is not known here"));
                }
                continue;
            }
            let settings = provider.get("expressions").and_then(Value::as_object);
            for setting in
                settings.into_iter().flat_map(Map::keys).filter(|name| REFUSED.contains(&name.as_str()))
            {
                found.refused.push((name.to_owned(), setting.clone()));
            }
            found.regions.add(key, provider, variables);
        }
        found
    }

    fn module(&mut self, module: &Module, path: &str, depth: usize, unknowns: &mut Vec<String>) {
        for resource in &module.resources {
            let address = format!("{path}{}", resource.address);
            if resource.mode.as_deref() == Some("data") && RUNS.contains(&resource.kind.as_str()) {
                self.runs.push(address.clone());
            }
            let key = resource.provider_config_key.iter();
            self.regions.keys.extend(key.map(|key| (address.clone(), key.clone())));
            let of = |provisioner: &Provisioner| (address.clone(), provisioner.kind.clone());
            self.provisioners.extend(resource.provisioners.iter().map(of));
            let of = |(name, expression): (&String, &Value)| {
                let all: Vec<String> =
                    references(expression)?.iter().map(|one| format!("{path}{one}")).collect();
                (!all.is_empty()).then(|| (name.clone(), all))
            };
            let references: BTreeMap<String, Vec<String>> =
                resource.expressions.iter().filter_map(of).collect();
            let written = resource.expressions.clone();
            self.expressions.insert(address, Expressions { written, references });
        }
        for (name, call) in &module.module_calls {
            match &call.module {
                Some(inner) if depth < DEEPEST => {
                    self.module(inner, &format!("{path}module.{name}."), depth.saturating_add(1), unknowns);
                }
                _ => unknowns.push(format!("what module {path}{name} configures is not told")),
            }
        }
    }
}
