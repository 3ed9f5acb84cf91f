//! A service model as `dump.py` prints it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{CatalogueError, read};

/// One service.
#[derive(Debug, Deserialize)]
pub(super) struct Dumped {
    pub(super) name: String,
    pub(super) metadata: Metadata,
    pub(super) versions: Vec<String>,
    pub(super) signing_names: Vec<String>,
    pub(super) host: String,
    pub(super) global: Option<Global>,
    pub(super) operations: BTreeMap<String, OperationModel>,
    pub(super) pages: BTreeMap<String, PagesModel>,
    pub(super) shapes: BTreeMap<String, ShapeModel>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub(super) api_version: String,
    pub(super) endpoint_prefix: String,
    pub(super) protocol: String,
    #[serde(default)]
    pub(super) protocols: Vec<String>,
    pub(super) service_id: String,
    pub(super) signing_name: Option<String>,
    pub(super) json_version: Option<String>,
    pub(super) target_prefix: Option<String>,
    pub(super) xml_namespace: Option<String>,
    pub(super) aws_query_compatible: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Global {
    pub(super) host: String,
    pub(super) region: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OperationModel {
    pub(super) http: Http,
    pub(super) input: Option<Side>,
    pub(super) output: Option<Side>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) authtype: Option<String>,
    #[serde(default)]
    pub(super) auth: Vec<String>,
    #[serde(default)]
    pub(super) unsigned_payload: bool,
    #[serde(default)]
    pub(super) http_checksum_required: bool,
    pub(super) http_checksum: Option<Checksum>,
    #[serde(default)]
    pub(super) idempotent: serde_json::Value,
    #[serde(default)]
    pub(super) deprecated: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Http {
    pub(super) method: String,
    pub(super) request_uri: String,
    pub(super) response_code: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Side {
    pub(super) shape: String,
    pub(super) result_wrapper: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) xml_namespace: Option<Namespace>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Endpoint {
    pub(super) host_prefix: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checksum {
    pub(super) request_algorithm_member: Option<String>,
    #[serde(default)]
    pub(super) request_checksum_required: bool,
}

/// `{"uri": …}` or the bare URI.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Namespace {
    Uri(String),
    Full { uri: String, prefix: Option<String> },
}

impl Namespace {
    pub(super) fn uri(&self) -> &str {
        match self {
            Self::Uri(uri) | Self::Full { uri, .. } => uri,
        }
    }
    pub(super) fn prefix(&self) -> Option<&str> {
        match self {
            Self::Uri(_) => None,
            Self::Full { prefix, .. } => prefix.as_deref(),
        }
    }
}

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    pub(super) fn list(&self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text.clone()],
            Self::Several(texts) => texts.clone(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PagesModel {
    pub(super) input_token: Texts,
    pub(super) output_token: Texts,
    pub(super) more_results: Option<String>,
    pub(super) result_key: Option<Texts>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShapeModel {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) members: Vec<(String, MemberModel)>,
    #[serde(default)]
    pub(super) required: Vec<String>,
    pub(super) payload: Option<String>,
    #[serde(default)]
    pub(super) sensitive: bool,
    #[serde(default)]
    pub(super) union: bool,
    #[serde(default)]
    pub(super) document: bool,
    #[serde(default)]
    pub(super) eventstream: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    #[serde(default)]
    pub(super) flattened: bool,
    pub(super) timestamp_format: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) xml_namespace: Option<Namespace>,
    pub(super) member: Option<MemberModel>,
    pub(super) key: Option<MemberModel>,
    pub(super) value: Option<MemberModel>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MemberModel {
    pub(super) shape: String,
    pub(super) location: Option<String>,
    pub(super) location_name: Option<String>,
    pub(super) query_name: Option<String>,
    #[serde(default)]
    pub(super) flattened: bool,
    #[serde(default)]
    pub(super) xml_attribute: bool,
    pub(super) xml_namespace: Option<Namespace>,
    #[serde(default)]
    pub(super) idempotency_token: bool,
    #[serde(default)]
    pub(super) host_label: bool,
    #[serde(default)]
    pub(super) jsonvalue: bool,
    #[serde(default)]
    pub(super) streaming: bool,
    pub(super) timestamp_format: Option<String>,
}

impl Dumped {
    /// The members of a structure shape; none for other shapes.
    pub(super) fn members(&self, shape: &str) -> &[(String, MemberModel)] {
        self.shapes.get(shape).map(|shape| shape.members.as_slice()).unwrap_or_default()
    }

    /// The kind of a shape: `structure`, `string`.
    pub(super) fn kind(&self, shape: &str) -> &str {
        self.shapes.get(shape).map(|shape| shape.kind.as_str()).unwrap_or_default()
    }

    /// The member shape of a list shape.
    pub(super) fn list_member(&self, shape: &str) -> Option<&str> {
        let shape = self.shapes.get(shape)?;
        (shape.kind == "list").then_some(shape.member.as_ref()?.shape.as_str())
    }
}

/// All services.
pub(super) fn load(path: &Path) -> Result<Vec<Dumped>, CatalogueError> {
    let bytes = read(path)?;
    let mut services = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        services.push(serde_json::from_slice(line).map_err(|error| CatalogueError::Form {
            what: format!("service model {}", services.len()),
            why: error.to_string(),
        })?);
    }
    Ok(services)
}
