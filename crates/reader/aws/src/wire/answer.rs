//! Answers of AWS to parameters by the operation's own member names. Read leniently: what AWS adds is left out, what
//! does not fit its shape is kept as it is.

use serde_json::{Map, Value};

use super::rest::{bound_time, split_list};
use super::walk::{Path, Walk, time_format};
use super::xml_tree::Element;
use super::{cbor, json, json_text, scalar, xml, xml_tree};
use crate::ReadError;
use crate::catalogue::{Kind, Location, Member, Operation, Protocol, Service, Structure};

/// An answer that says no, or that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub struct ServiceError {
    /// The service's code without its namespace: `DBInstanceNotFound`; [`ServiceError::UNREADABLE`] when the answer is
    /// none of this protocol.
    pub code: String,
    /// The service's words.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

impl ServiceError {
    /// The code of an answer that cannot be read.
    pub const UNREADABLE: &'static str = "UnreadableAnswer";

    fn unreadable(status: u16, error: &ReadError) -> Self {
        Self { code: Self::UNREADABLE.to_owned(), message: error.to_string(), status }
    }
}

/// Reads an answer. Header names may have any case. A payload of bytes is base64 text; an event stream is left out.
pub fn read_answer(
    service: &Service,
    operation: &Operation,
    protocol: Protocol,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Value, ServiceError> {
    if !(200..300).contains(&status) {
        return Err(read_error(protocol, status, headers, body));
    }
    // S3 may find out that it fails only after it has said 200.
    let rest = matches!(protocol, Protocol::RestJson | Protocol::RestXml);
    if let Some(error) = late_error(protocol, status, body).filter(|_| rest) {
        return Err(error);
    }
    // An operation that answers nothing is done, whatever stands in the body: emulators write `null`, or an echo.
    let Some(output) = service.output(operation).filter(|output| !output.members.is_empty()) else {
        return Ok(empty());
    };
    let mut walk = Walk::lenient(service);
    let read = match protocol {
        Protocol::Json10 | Protocol::Json11 => read_json(&mut walk, output, body),
        Protocol::Cbor => read_cbor(&mut walk, output, body),
        Protocol::Query | Protocol::Ec2 => read_query(&mut walk, operation, output, body),
        Protocol::RestJson | Protocol::RestXml => {
            read_rest(&mut walk, operation, output, protocol, status, headers, body)
        }
    };
    read.map_err(|error| ServiceError::unreadable(status, &error))
}

fn empty() -> Value {
    Value::Object(Map::new())
}

fn read_json(walk: &mut Walk<'_>, output: &Structure, body: &[u8]) -> Result<Value, ReadError> {
    json::read_members(walk, output, json::body_object(body)?, false, &Path::Root)
}

fn read_cbor(walk: &mut Walk<'_>, output: &Structure, body: &[u8]) -> Result<Value, ReadError> {
    cbor::read_members(walk, output, cbor::body_map(body)?, &Path::Root)
}

fn read_query(
    walk: &mut Walk<'_>,
    operation: &Operation,
    output: &Structure,
    body: &[u8],
) -> Result<Value, ReadError> {
    if body.is_empty() {
        return Ok(empty());
    }
    let root = xml_tree::read(body, false)?;
    let wrapper = operation.result_wrapper.and_then(|name| root.child(name));
    xml::read_members(walk, output, wrapper.unwrap_or(&root), false, &Path::Root)
}

fn read_rest(
    walk: &mut Walk<'_>,
    operation: &Operation,
    output: &Structure,
    protocol: Protocol,
    status: u16,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<Value, ReadError> {
    let mut read = Map::new();
    for member in &output.members {
        let value = match member.location {
            Location::StatusCode => Some(Value::from(status)),
            Location::Header => header_member(walk, member, headers),
            Location::Headers => header_map(member, headers),
            _ => None,
        };
        if let Some(value) = value {
            read.insert(member.name.to_owned(), value);
        }
    }
    let payload = output.payload.and_then(|name| output.member(name));
    let members = match payload {
        Some(member) => {
            let value = read_payload(walk, protocol, member, body)?;
            value.map_or_else(Map::new, |value| Map::from_iter([(member.name.to_owned(), value)]))
        }
        None => read_body(walk, operation, protocol, output, body)?,
    };
    read.extend(members);
    Ok(Value::Object(read))
}

fn read_body(
    walk: &mut Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    output: &Structure,
    body: &[u8],
) -> Result<Map<String, Value>, ReadError> {
    if body.is_empty() || !output.members.iter().any(|member| member.location == Location::Body) {
        return Ok(Map::new());
    }
    let value = if protocol == Protocol::RestJson {
        json::read_members(walk, output, json::body_object(body)?, true, &Path::Root)?
    } else {
        let root = xml_tree::read(body, false)?;
        match output.members.as_slice() {
            // S3 answers GetBucketLocation with the bare value as the root.
            [only] if operation.name == "GetBucketLocation" && root.name == only.location_name => {
                Value::Object(Map::from_iter([(only.name.to_owned(), Value::from(root.text))]))
            }
            _ => xml::read_members(walk, output, &root, true, &Path::Root)?,
        }
    };
    match value {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

fn read_payload(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    member: &Member,
    body: &[u8],
) -> Result<Option<Value>, ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    match walk.kind(member.shape)? {
        Kind::Blob { .. } => Ok(Some(Value::from(scalar::base64(body)))),
        Kind::String => Ok(Some(Value::from(String::from_utf8_lossy(body).into_owned()))),
        Kind::Structure(structure) if structure.event_stream => Ok(None),
        _ if body.is_empty() => Ok(None),
        _ if protocol == Protocol::RestJson => {
            json::read_shape(walk, member.shape, Some(member), json_text::read(body)?, &path).map(Some)
        }
        _ => {
            let root = xml_tree::read(body, false)?;
            xml::read_shape(walk, member.shape, Some(member), &root, &path).map(Some)
        }
    }
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn header_member(walk: &Walk<'_>, member: &Member, headers: &[(String, String)]) -> Option<Value> {
    let path = Path::Member(&Path::Root, member.name);
    let text = header(headers, member.location_name)?;
    let kind = walk.kind(member.shape).ok()?;
    if let Kind::List { member: item, .. } = kind {
        let kind = walk.kind(*item).ok()?;
        let format = time_format(kind, None, bound_time(Location::Header));
        let read = |text: &String| scalar::from_text(kind, text, format, &path).ok();
        return Some(Value::Array(split_list(text)?.iter().filter_map(read).collect()));
    }
    if member.json_value {
        return json_text::read(&scalar::bytes(text)?).ok();
    }
    let format = time_format(kind, Some(member), bound_time(Location::Header));
    Some(scalar::from_text(kind, text, format, &path).unwrap_or_else(|_| Value::from(text)))
}

fn header_map(member: &Member, headers: &[(String, String)]) -> Option<Value> {
    let prefix = member.location_name.to_ascii_lowercase();
    let entries = headers.iter().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        name.strip_prefix(&prefix).map(|key| (key.to_owned(), Value::from(value.as_str())))
    });
    let read: Map<String, Value> = entries.collect();
    (!read.is_empty()).then_some(Value::Object(read))
}

/// The bare part of `namespace#Code:http://…`.
fn bare_code(code: &str) -> String {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

fn read_error(protocol: Protocol, status: u16, headers: &[(String, String)], body: &[u8]) -> ServiceError {
    let (mut code, message) = match protocol {
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => xml_error(body),
        Protocol::Cbor => {
            let value = cbor::body_map(body).map(cbor::generic).unwrap_or_default();
            json_error(&value)
        }
        Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
            json_error(&json_text::read(body).unwrap_or_default())
        }
    };
    if let Some(kind) = header(headers, "x-amzn-errortype").filter(|_| protocol == Protocol::RestJson) {
        code = bare_code(kind);
    }
    let old = header(headers, "x-amzn-query-error").and_then(|error| error.split(';').next());
    if let Some(old) = old.filter(|old| !old.is_empty()) {
        code = old.to_owned();
    }
    if code.is_empty() {
        // HEAD answers have no body: the status is all there is.
        code = status.to_string();
    }
    ServiceError { code, message, status }
}

fn json_error(body: &Value) -> (String, String) {
    let text = |names: [&str; 3]| {
        let found = names.iter().find_map(|name| body.get(*name).and_then(Value::as_str));
        found.unwrap_or_default().to_owned()
    };
    (bare_code(&text(["__type", "code", "Code"])), text(["message", "Message", "errorMessage"]))
}

fn xml_error(body: &[u8]) -> (String, String) {
    let Ok(root) = xml_tree::read(body, false) else { return Default::default() };
    error_of(&root).unwrap_or_default()
}

/// The code and message of an error element, at the root or within `Errors` or `ErrorResponse`.
fn error_of(root: &Element) -> Option<(String, String)> {
    if root.name != "Error" {
        let inner =
            root.child("Error").or_else(|| root.child("Errors").and_then(|errors| errors.child("Error")));
        return inner.and_then(error_of);
    }
    let text = |name: &str| root.child(name).map(|child| child.text.trim().to_owned()).unwrap_or_default();
    Some((text("Code"), text("Message")))
}

fn late_error(protocol: Protocol, status: u16, body: &[u8]) -> Option<ServiceError> {
    let start = body.get(..512.min(body.len())).unwrap_or_default();
    if protocol != Protocol::RestXml || !start.windows(6).any(|window| window == b"<Error") {
        return None;
    }
    let root = xml_tree::read(body, false).ok().filter(|root| root.name == "Error")?;
    let (code, message) = error_of(&root)?;
    Some(ServiceError { code, message, status })
}
