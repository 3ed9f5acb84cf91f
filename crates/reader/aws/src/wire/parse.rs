//! A request's bytes to parameters.

use serde_json::{Map, Value};

use super::form::Node;
use super::query::Dialect;
use super::request::Request;
use super::walk::{Path, Walk};
use super::{body, cbor, guard, json, query, rest, uri};
use crate::ReadError;
use crate::catalogue::{Operation, Protocol, Service};
use crate::identify::Candidate;

/// What a request says.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The parameters by member name, typed by shape: integers, floats and booleans as such (floats that JSON has no
    /// number for by name), blobs as base64, points in time as RFC 3339 text in UTC. A streamed payload is not there.
    pub parameters: Value,
    /// Members, query keys and `x-amz-` headers that the catalogue does not know, by their path. Not empty means hold.
    /// They are not in `parameters`, so a rebuilt request does not carry them.
    pub unknown_members: Vec<String>,
}

/// Reads the parameters of a request that was identified.
pub fn parse(candidate: &Candidate, request: &Request) -> Result<Parsed, ReadError> {
    parse_as(&candidate.service, &candidate.operation, candidate.protocol, &candidate.labels, request)
}

/// Reads the parameters of a request as those of the given operation; `labels` are the path's, decoded.
pub fn parse_as(
    service: &Service,
    operation: &Operation,
    protocol: Protocol,
    labels: &[(String, String)],
    request: &Request,
) -> Result<Parsed, ReadError> {
    guard::check(request)?;
    let mut walk = Walk::strict(service);
    let parameters = match protocol {
        Protocol::Json10 | Protocol::Json11 => parse_json(&mut walk, operation, request)?,
        Protocol::Cbor => parse_cbor(&mut walk, operation, request)?,
        Protocol::Query => parse_form(&mut walk, Dialect::Query, operation, request)?,
        Protocol::Ec2 => parse_form(&mut walk, Dialect::Ec2, operation, request)?,
        Protocol::RestJson | Protocol::RestXml => {
            rest::parse(&mut walk, operation, protocol, labels, request)?
        }
    };
    Ok(Parsed { parameters, unknown_members: walk.into_unknown() })
}

fn refuse_form(request: &Request) -> Result<(), ReadError> {
    if guard::is_form(request) {
        return Err(ReadError::Ambiguous("a form where the protocol has none".to_owned()));
    }
    Ok(())
}

/// The RPC protocols take nothing from the URL's query.
fn note_query(walk: &mut Walk<'_>, request: &Request) -> Result<(), ReadError> {
    for (key, _) in uri::pairs(&request.query)? {
        if !uri::is_presign_key(&key) {
            walk.note(format!("?{}", super::walk::clip(&key)));
        }
    }
    Ok(())
}

fn parse_json(walk: &mut Walk<'_>, operation: &Operation, request: &Request) -> Result<Value, ReadError> {
    refuse_form(request)?;
    note_query(walk, request)?;
    let wire = json::body_object(&body::bytes(request, true)?)?;
    let nothing = crate::catalogue::Structure::default();
    let input = walk.service.input(operation).unwrap_or(&nothing);
    json::read_members(walk, input, wire, false, &Path::Root)
}

fn parse_cbor(walk: &mut Walk<'_>, operation: &Operation, request: &Request) -> Result<Value, ReadError> {
    refuse_form(request)?;
    note_query(walk, request)?;
    let wire = cbor::body_map(&body::bytes(request, true)?)?;
    let nothing = crate::catalogue::Structure::default();
    let input = walk.service.input(operation).unwrap_or(&nothing);
    cbor::read_members(walk, input, wire, &Path::Root)
}

fn parse_form(
    walk: &mut Walk<'_>,
    dialect: Dialect,
    operation: &Operation,
    request: &Request,
) -> Result<Value, ReadError> {
    let body = body::bytes(request, true)?;
    let body = std::str::from_utf8(&body)
        .map_err(|_| ReadError::Malformed("a form that is not UTF-8".to_owned()))?;
    let mut form = if body.trim().is_empty() {
        Node::read(&request.query)?
    } else {
        let kind = request.header("content-type");
        if kind.is_some() && !guard::is_form(request) {
            return Err(ReadError::Ambiguous("a form whose content type says otherwise".to_owned()));
        }
        if uri::pairs(&request.query)?.iter().any(|(key, _)| !uri::is_presign_key(key)) {
            return Err(ReadError::Ambiguous("parameters in the query and in the body".to_owned()));
        }
        Node::read(body)?
    };
    let action = form.take("Action").unwrap_or_default();
    if action != operation.name {
        return Err(ReadError::Ambiguous(format!("`Action` is not `{}`", operation.name)));
    }
    check_version(walk, form.take("Version"));
    drop_signature(&mut form);
    match walk.service.input(operation) {
        Some(input) => query::read_members(walk, dialect, input, &form, &Path::Root),
        None => {
            form.children.keys().for_each(|key| walk.note_member(&Path::Root, key));
            Ok(Value::Object(Map::new()))
        }
    }
}

/// A version that the table does not know may give the members another meaning.
fn check_version(walk: &mut Walk<'_>, version: Option<String>) {
    let service = walk.service;
    match version {
        Some(version)
            if version != service.api_version
                && !service.older_versions.iter().any(|older| *older == version) =>
        {
            walk.note(format!("Version {}", super::walk::clip(&version)));
        }
        _ => {}
    }
}

/// Takes the members of a signature in the query out of a form.
fn drop_signature(form: &mut Node) {
    const OLD: [&str; 5] = ["SignatureMethod", "SignatureVersion", "Timestamp", "Expires", "SecurityToken"];
    if form.children.contains_key("AWSAccessKeyId") {
        for key in OLD {
            form.take(key);
        }
    }
    form.children.retain(|key, node| !(uri::is_presign_key(key) && node.children.is_empty()));
}
