//! Protocols that name the operation outright: rpc-v2-cbor, the JSON protocols, query and ec2.

use std::sync::Arc;

use super::Candidate;
use crate::{
    ReadError,
    catalogue::{Protocol, Service},
    wire::{Body, Request, guard::is_form, uri, walk::clip},
};

/// What names the operation.
#[derive(Debug)]
pub(super) enum Marker {
    /// `Smithy-Protocol: rpc-v2-cbor`: service and operation of the path.
    Cbor { prefix: String, operation: String },
    /// `X-Amz-Target`: prefix and operation.
    Target { prefix: String, operation: String },
    /// `Action` and `Version`.
    Action { action: String, version: Option<String> },
}

/// The marker that the request carries; `None` for REST. More than one is refused.
pub(super) fn marker(
    request: &Request,
    pairs: &[(String, String)],
    services: &[Arc<Service>],
) -> Result<Option<Marker>, ReadError> {
    for name in ["smithy-protocol", "x-amz-target"] {
        if request.headers.iter().filter(|(have, _)| have == name).count() > 1 {
            return Err(ReadError::Ambiguous(format!("the header `{name}` is repeated")));
        }
    }
    let found = [cbor(request)?, target(request)?, action(request, pairs, services)?];
    let mut markers = found.into_iter().flatten();
    let marker = markers.next();
    if markers.next().is_some() {
        return Err(ReadError::Ambiguous(
            "two of `Smithy-Protocol`, `X-Amz-Target` and `Action` name an operation".to_owned(),
        ));
    }
    Ok(marker)
}

fn cbor(request: &Request) -> Result<Option<Marker>, ReadError> {
    let Some(protocol) = request.header("smithy-protocol") else { return Ok(None) };
    if protocol != "rpc-v2-cbor" {
        return Err(ReadError::Unknown(format!("the protocol `{}`", clip(protocol))));
    }
    let parts: Vec<&str> = request.path.split('/').collect();
    match parts.as_slice() {
        ["", "service", prefix, "operation", operation] => Ok(Some(Marker::Cbor {
            prefix: uri::decode(prefix, false)?,
            operation: uri::decode(operation, false)?,
        })),
        _ => {
            Err(ReadError::Unknown("rpc-v2-cbor with another path than `/service/…/operation/…`".to_owned()))
        }
    }
}

fn target(request: &Request) -> Result<Option<Marker>, ReadError> {
    let Some(target) = request.header("x-amz-target") else { return Ok(None) };
    match target.rsplit_once('.') {
        Some((prefix, operation)) => {
            Ok(Some(Marker::Target { prefix: prefix.to_owned(), operation: operation.to_owned() }))
        }
        None => Err(ReadError::Unknown(format!("the target `{}`", clip(target)))),
    }
}

/// `Action` of query or form. Looked for where a service that may be meant speaks a query protocol, and beside the
/// other markers, where it would be a second name for what is asked.
fn action(
    request: &Request,
    pairs: &[(String, String)],
    services: &[Arc<Service>],
) -> Result<Option<Marker>, ReadError> {
    let named = request.header("smithy-protocol").is_some() || request.header("x-amz-target").is_some();
    if !named && !services.iter().any(|service| service.protocols.iter().any(|protocol| is_query(*protocol)))
    {
        return Ok(None);
    }
    let form = match &request.body {
        Body::Bytes(bytes) if is_form(request) => {
            let text = std::str::from_utf8(bytes)
                .map_err(|_| ReadError::Malformed("the form is not UTF-8".to_owned()))?;
            uri::pairs(text)?
        }
        _ => Vec::new(),
    };
    let count = |pairs: &[(String, String)], wanted: &str| {
        pairs.iter().filter(|(key, _)| key.eq_ignore_ascii_case(wanted)).count()
    };
    let (in_query, in_form) = (count(pairs, "Action"), count(&form, "Action"));
    match in_query + in_form {
        0 => return Ok(None),
        1 => {}
        _ => return Err(ReadError::Ambiguous("`Action` stands more than once".to_owned())),
    }
    if in_query == 1 && !matches!(&request.body, Body::Bytes(bytes) if bytes.is_empty()) {
        return Err(ReadError::Ambiguous("`Action` stands in the query, and there is a body".to_owned()));
    }
    let source = if in_query == 1 { pairs } else { form.as_slice() };
    if count(pairs, "Version") + count(&form, "Version") > 1 {
        return Err(ReadError::Ambiguous("`Version` stands more than once".to_owned()));
    }
    let exact = |wanted: &str| source.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
    match exact("Action") {
        Some(action) => {
            // A server may merge query and form. Import/Export alone names its operation in both.
            let other = |(key, value): &&(String, String)| {
                !(uri::is_presign_key(key) || key == "Operation" && *value == action)
            };
            if in_form == 1
                && let Some((key, _)) = pairs.iter().find(other)
            {
                return Err(ReadError::Ambiguous(format!("`{}` stands in the query of a form", clip(key))));
            }
            Ok(Some(Marker::Action { action, version: exact("Version") }))
        }
        None => Err(ReadError::Ambiguous("`Action` in another spelling".to_owned())),
    }
}

fn is_query(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Query | Protocol::Ec2)
}

/// The operations that the marker names.
pub(super) fn candidates(request: &Request, marker: &Marker, services: &[Arc<Service>]) -> Vec<Candidate> {
    let at_root = matches!(request.path.as_str(), "" | "/");
    let post = request.method == "POST";
    services
        .iter()
        .filter_map(|service| {
            let (name, protocol) = match marker {
                Marker::Cbor { prefix, operation } => {
                    let meant =
                        service.target_prefix == Some(prefix.as_str()) || service.service_id == prefix;
                    (post && meant).then_some((operation, speaks(service, |p| p == Protocol::Cbor)?))?
                }
                Marker::Target { prefix, operation } => {
                    let meant = post && at_root && service.target_prefix == Some(prefix.as_str());
                    let json = |p| matches!(p, Protocol::Json10 | Protocol::Json11);
                    meant.then_some((operation, speaks(service, json)?))?
                }
                Marker::Action { action, version } => {
                    let version = version.as_deref()?;
                    let meant = (post || request.method == "GET")
                        && at_root
                        && (service.api_version == version || service.older_versions.contains(&version));
                    meant.then_some((action, speaks(service, is_query)?))?
                }
            };
            let operation = service.operation(name)?;
            Some(Candidate {
                service: Arc::clone(service),
                operation: Arc::clone(operation),
                protocol,
                labels: Vec::new(),
            })
        })
        .collect()
}

/// The protocol of that kind, if the service speaks one.
fn speaks(service: &Service, kind: impl Fn(Protocol) -> bool) -> Option<Protocol> {
    service.protocols.iter().copied().find(|protocol| kind(*protocol))
}
