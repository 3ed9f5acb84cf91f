//! One service as the table holds it.

use super::{
    access::{self, Level},
    created,
    iam::Reference,
    model::{Dumped, OperationModel},
    outputs, resources,
    resources::Resource,
    shapes::{Numbering, Shape},
    tables::Tables,
};

/// A service.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) service_id: String,
    pub(super) protocols: Vec<u8>,
    pub(super) api_version: String,
    pub(super) older_versions: Vec<String>,
    pub(super) signing_name: String,
    /// Other signing names that the endpoint rules use.
    pub(super) other_signing_names: Vec<String>,
    pub(super) endpoint_prefix: String,
    pub(super) target_prefix: Option<String>,
    pub(super) xml_namespace: Option<String>,
    pub(super) query_compatible: bool,
    pub(super) iam_prefix: Option<String>,
    pub(super) host: String,
    pub(super) base_path: String,
    pub(super) global: Option<(String, String)>,
    pub(super) operations: Vec<Operation>,
    pub(super) shapes: Vec<Shape>,
}

/// An operation.
pub(super) struct Operation {
    pub(super) name: String,
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) input: Option<u32>,
    pub(super) output: Option<u32>,
    pub(super) input_name: Option<String>,
    pub(super) input_namespace: Option<String>,
    pub(super) result_wrapper: Option<String>,
    pub(super) response_code: Option<u16>,
    pub(super) access: Level,
    pub(super) iam_actions: Vec<String>,
    pub(super) resources: Vec<Resource>,
    pub(super) no_auth: bool,
    pub(super) unsigned_payload: bool,
    pub(super) checksum_required: bool,
    pub(super) checksum_member: Option<String>,
    pub(super) host_prefix: Option<String>,
    pub(super) created: Vec<String>,
    pub(super) credentials_out: bool,
    pub(super) presigned_out: bool,
    pub(super) deprecated: bool,
    pub(super) pages: Option<Pages>,
}

/// How answers are continued.
pub(super) struct Pages {
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) more: Option<String>,
    pub(super) results: Vec<String>,
}

/// Puts together what the sources say of a service.
pub(super) fn build(dumped: &Dumped, reference: &Reference, tables: &Tables) -> Service {
    let mut numbering = Numbering::new(dumped);
    let operations: Vec<Operation> = dumped
        .operations
        .iter()
        .map(|(name, model)| operation(dumped, name, model, reference, tables, &mut numbering))
        .collect();
    let metadata = &dumped.metadata;
    let signing_name = metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix).clone();
    let (host, base_path) = match dumped.host.split_once('/') {
        Some((host, path)) => (host.to_owned(), format!("/{path}")),
        None => (dumped.host.clone(), String::new()),
    };
    Service {
        name: dumped.name.clone(),
        service_id: metadata.service_id.clone(),
        protocols: protocols(dumped),
        api_version: metadata.api_version.clone(),
        older_versions: dumped.versions.iter().filter(|v| **v != metadata.api_version).cloned().collect(),
        other_signing_names: dumped
            .signing_names
            .iter()
            .filter(|name| **name != signing_name)
            .cloned()
            .collect(),
        signing_name,
        endpoint_prefix: metadata.endpoint_prefix.clone(),
        target_prefix: metadata.target_prefix.clone(),
        xml_namespace: metadata.xml_namespace.clone(),
        query_compatible: metadata.aws_query_compatible.is_some(),
        iam_prefix: operations
            .iter()
            .find_map(|operation| operation.iam_actions.first()?.split_once(':').map(|(p, _)| p.to_owned())),
        host,
        base_path,
        global: dumped.global.as_ref().map(|global| (global.host.clone(), global.region.clone())),
        operations,
        shapes: numbering.finish(),
    }
}

/// The protocols, preferred first: the codes of the table.
fn protocols(dumped: &Dumped) -> Vec<u8> {
    let metadata = &dumped.metadata;
    let json = if metadata.json_version.as_deref() == Some("1.0") { 1 } else { 2 };
    let code = |name: &str| match name {
        "rest-json" => Some(0),
        "json" => Some(json),
        "query" => Some(3),
        "ec2" => Some(4),
        "rest-xml" => Some(5),
        "smithy-rpc-v2-cbor" => Some(6),
        _ => None,
    };
    let mut codes: Vec<u8> = Vec::new();
    for name in std::iter::once(&metadata.protocol).chain(&metadata.protocols) {
        if let Some(code) = code(name)
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    codes
}

fn operation<'a>(
    dumped: &'a Dumped,
    name: &str,
    model: &'a OperationModel,
    reference: &Reference,
    tables: &Tables,
    numbering: &mut Numbering<'a>,
) -> Operation {
    let authorised = access::authorised(dumped, name, &model.http.method, reference, tables);
    let credentials_out = outputs::credentials(dumped, name, model, tables);
    // Handing out credentials is never a read, whatever a source publishes.
    let access = if credentials_out { authorised.level.max(Level::Write) } else { authorised.level };
    let pages = dumped.pages.get(name).map(|pages| Pages {
        inputs: pages.input_token.list(),
        outputs: pages.output_token.list(),
        more: pages.more_results.clone(),
        results: pages.result_key.as_ref().map(super::model::Texts::list).unwrap_or_default(),
    });
    let checksum = model.http_checksum.as_ref();
    Operation {
        name: name.to_owned(),
        method: model.http.method.clone(),
        uri: model.http.request_uri.clone(),
        input: model.input.as_ref().map(|side| numbering.number(&side.shape)),
        output: model.output.as_ref().map(|side| numbering.number(&side.shape)),
        input_name: model.input.as_ref().and_then(|side| side.location_name.clone()),
        input_namespace: model
            .input
            .as_ref()
            .and_then(|side| side.xml_namespace.as_ref().map(|namespace| namespace.uri().to_owned())),
        result_wrapper: model.output.as_ref().and_then(|side| side.result_wrapper.clone()),
        response_code: model.http.response_code,
        access,
        resources: resources::resources(dumped, name, model, &authorised, reference, tables),
        iam_actions: authorised.actions,
        no_auth: model.authtype.as_deref() == Some("none")
            || model.auth.iter().any(|auth| auth == "smithy.api#noAuth"),
        unsigned_payload: model.unsigned_payload,
        checksum_required: model.http_checksum_required
            || checksum.is_some_and(|checksum| checksum.request_checksum_required),
        checksum_member: checksum.and_then(|checksum| checksum.request_algorithm_member.clone()),
        host_prefix: model.endpoint.as_ref().and_then(|endpoint| endpoint.host_prefix.clone()),
        created: created::created(dumped, name, model, tables),
        credentials_out,
        presigned_out: outputs::presigned(dumped, name, tables),
        deprecated: model.deprecated,
        pages,
    }
}
