//! Parameters to a request's bytes.

use serde_json::{Map, Value};

use super::endpoint::{check_label, of_operation};
use super::query::Dialect;
use super::walk::{Path, Walk, unwritable};
use super::{cbor, cbor_item, json, query, rest_write, uri};
use crate::ReadError;
use crate::catalogue::{Operation, Protocol, Service, Structure};

/// A request, all but signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The method, upper-case.
    pub method: String,
    /// The host of AWS's own endpoint.
    pub host: String,
    /// The region of the credential scope.
    pub signing_region: String,
    /// The service of the credential scope.
    pub signing_name: &'static str,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, percent-encoded, without `?`.
    pub query: String,
    /// The headers that must be sent besides host, length and signature; names lower-case.
    pub headers: Vec<(String, String)>,
    /// The body; empty where a streamed payload was not among the parameters.
    pub body: Vec<u8>,
    /// The S3 bucket, where it stands in the host rather than the path.
    pub bucket_in_host: Option<String>,
}

impl Written {
    /// The same request with an S3 bucket in the path, as emulators and custom upstreams want it. An access point or
    /// directory bucket is left as it is.
    #[must_use]
    pub fn with_bucket_in_path(mut self) -> Self {
        if let Some(bucket) = self.bucket_in_host.take() {
            let host = self.host.strip_prefix(&format!("{bucket}.")).map(str::to_owned);
            match host {
                Some(host) if host.starts_with("s3.") => {
                    self.host = host;
                    let rest = if self.path == "/" { "" } else { self.path.as_str() };
                    self.path = format!("/{}{rest}", uri::encode(&bucket));
                }
                _ => self.bucket_in_host = Some(bucket),
            }
        }
        self
    }

    /// Sets a header that is not there yet.
    pub(super) fn header(&mut self, name: &str, value: impl Into<String>) {
        let name = name.to_ascii_lowercase();
        if !self.headers.iter().any(|(have, _)| *have == name) {
            self.headers.push((name, value.into()));
        }
    }
}

/// Writes a request from parameters. Reading it again gives the same parameters.
///
/// `account` fills an account in the host where the parameters have none. Idempotency tokens are not made up.
pub fn write(
    service: &Service,
    operation: &Operation,
    protocol: Protocol,
    region: &str,
    account: Option<&str>,
    parameters: &Value,
) -> Result<Written, ReadError> {
    let walk = Walk::strict(service);
    let nothing = Structure::default();
    let input = service.input(operation).unwrap_or(&nothing);
    let parameters = if parameters.is_null() { &Value::Object(Map::new()) } else { parameters };
    let object = super::walk::object(input, parameters, &Path::Root)?;
    let (place, prefixed) = of_operation(service, operation, region, object)?;
    let mut written = Written {
        method: "POST".to_owned(),
        host: place.host,
        signing_region: place.signing_region,
        signing_name: place.signing_name,
        path: "/".to_owned(),
        query: String::new(),
        headers: Vec::new(),
        body: Vec::new(),
        bucket_in_host: None,
    };
    match protocol {
        Protocol::Json10 | Protocol::Json11 => {
            let version = if protocol == Protocol::Json10 { "1.0" } else { "1.1" };
            written.body =
                json::write_members(&walk, input, parameters, false, &Path::Root)?.to_string().into();
            written.header("content-type", format!("application/x-amz-json-{version}"));
            written.header("x-amz-target", format!("{}.{}", target(service)?, operation.name));
        }
        Protocol::Cbor => {
            let item = cbor::write_members(&walk, input, parameters, &Path::Root)?;
            cbor_item::write(&item, &mut written.body);
            written.path = format!("/service/{}/operation/{}", target(service)?, operation.name);
            written.header("content-type", "application/cbor");
            written.header("accept", "application/cbor");
            written.header("smithy-protocol", "rpc-v2-cbor");
        }
        Protocol::Query => write_form(&walk, Dialect::Query, operation, parameters, &mut written)?,
        Protocol::Ec2 => write_form(&walk, Dialect::Ec2, operation, parameters, &mut written)?,
        Protocol::RestJson | Protocol::RestXml => {
            written.path = place.base_path.to_owned();
            rest_write::write(&walk, operation, protocol, region, parameters, &mut written)?;
        }
    }
    if service.query_compatible && matches!(protocol, Protocol::Json10 | Protocol::Json11 | Protocol::Cbor) {
        written.header("x-amzn-query-mode", "true");
    }
    if let Some(prefix) = operation.host_prefix.filter(|_| prefixed) {
        written.host = format!("{}{}", host_prefix(prefix, input, object, account)?, written.host);
    }
    Ok(written)
}

fn target(service: &Service) -> Result<&'static str, ReadError> {
    service.target_prefix.ok_or_else(|| ReadError::Unwritable(format!("`{}` has no targets", service.name)))
}

fn write_form(
    walk: &Walk<'_>,
    dialect: Dialect,
    operation: &Operation,
    parameters: &Value,
    written: &mut Written,
) -> Result<(), ReadError> {
    let mut pairs = vec![
        ("Action".to_owned(), operation.name.to_owned()),
        ("Version".to_owned(), walk.service.api_version.to_owned()),
    ];
    if let Some(input) = walk.service.input(operation) {
        query::write_members(walk, dialect, input, parameters, "", &Path::Root, &mut pairs)?;
    }
    written.body = uri::write_form(&pairs).into();
    written.header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    Ok(())
}

/// Fills a host prefix such as `{AccountId}.`.
fn host_prefix(
    template: &str,
    input: &Structure,
    parameters: &Map<String, Value>,
    account: Option<&str>,
) -> Result<String, ReadError> {
    super::rest::fill(template, |name| {
        let label = input.members.iter().find(|member| member.host_label && member.name == name);
        let given = label.and_then(|member| parameters.get(member.name)).and_then(Value::as_str);
        let value = given.or_else(|| account.filter(|_| name == "AccountId"))?;
        check_label(value).ok().map(|()| value.to_owned())
    })
    .map_err(|_| {
        unwritable(&Path::Member(&Path::Root, template), "lacks a host label, or one cannot stand there")
    })
}
