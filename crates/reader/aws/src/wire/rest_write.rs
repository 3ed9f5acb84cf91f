//! Parameters to path, query, headers and body, for the REST protocols.

use serde_json::{Map, Value};

use super::rest::{bound_time, fill, is_transport};
use super::walk::{Path, Walk, time_format, unwritable};
use super::write::Written;
use super::{bucket, checksum, json, scalar, uri, xml, xml_tree};
use crate::ReadError;
use crate::catalogue::{Kind, Location, Member, Operation, Protocol, Structure};

/// Fills in all of a REST request but what stands before the path and in the host.
pub(super) fn write(
    walk: &Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    region: &str,
    parameters: &Value,
    written: &mut Written,
) -> Result<(), ReadError> {
    let nothing = Structure::default();
    let input = walk.service.input(operation).unwrap_or(&nothing);
    let object = parameters.as_object().ok_or_else(|| unwritable(&Path::Root, "is not an object"))?;
    written.method = operation.method.to_owned();
    write_path(walk, operation, input, object, region, written)?;
    write_query(walk, operation, input, object, written)?;
    for member in input.members.iter().filter(|member| !is_transport(operation, member)) {
        let Some(value) = object.get(member.name).filter(|value| !value.is_null()) else { continue };
        match member.location {
            Location::Header => write_header(walk, member, value, written)?,
            Location::Headers => write_headers(member, value, written)?,
            _ => {}
        }
    }
    write_body(walk, operation, protocol, input, parameters, written)?;
    match walk.service.name {
        "glacier" => written.header("x-amz-glacier-version", walk.service.api_version),
        // Without it the answer is HAL. Where it is a parameter it says what to export.
        "apigateway" if !super::rest::binds_header(input, "accept") => {
            written.header("accept", "application/json");
        }
        _ => {}
    }
    write_checksum(operation, object, written)
}

fn write_path(
    walk: &Walk<'_>,
    operation: &Operation,
    input: &Structure,
    parameters: &Map<String, Value>,
    region: &str,
    written: &mut Written,
) -> Result<(), ReadError> {
    let mut template = operation.uri.split('?').next().unwrap_or_default();
    let name = parameters.get("Bucket").and_then(Value::as_str);
    if let (Some(rest), "s3", Some(name)) = (template.strip_prefix("/{Bucket}"), walk.service.name, name) {
        let place = bucket::place(name, operation.name, region)?;
        written.host = place.host;
        written.signing_name = place.signing_name;
        if !place.in_path {
            template = rest;
            written.bucket_in_host = Some(name.to_owned());
        }
    }
    let mut fault = None;
    let path = fill_encoded(template, |label| {
        let member = input
            .members
            .iter()
            .find(|member| member.location == Location::Uri && member.location_name == label)?;
        let path = Path::Member(&Path::Root, member.name);
        let kind = walk.kind(member.shape).ok()?;
        let value = parameters.get(member.name)?;
        let format = time_format(kind, Some(member), bound_time(Location::Uri));
        match scalar::to_text(kind, value, format, &path) {
            Ok(text) if text.is_empty() => None,
            Ok(text) => Some(text),
            Err(error) => {
                fault = Some(error);
                None
            }
        }
    });
    if let Some(fault) = fault {
        return Err(fault);
    }
    let path = path.map_err(|error| match error {
        ReadError::Malformed(what) => ReadError::Unwritable(what),
        other => other,
    })?;
    written.path.push_str(&path);
    if written.path.is_empty() {
        written.path.push('/');
    }
    // A `.` or `..` segment would be refused when it is read again.
    if written.path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(ReadError::Unwritable("the path would have a `.` or `..` segment".to_owned()));
    }
    Ok(())
}

fn fill_encoded(template: &str, mut value: impl FnMut(&str) -> Option<String>) -> Result<String, ReadError> {
    let mut segments = Vec::new();
    for segment in template.split('/') {
        let greedy = segment.contains("+}");
        let encoded = |text: String| if greedy { uri::encode_path(&text) } else { uri::encode(&text) };
        segments.push(fill(segment, |label| value(label).map(encoded))?);
    }
    Ok(segments.join("/"))
}

fn write_query(
    walk: &Walk<'_>,
    operation: &Operation,
    input: &Structure,
    parameters: &Map<String, Value>,
    written: &mut Written,
) -> Result<(), ReadError> {
    let literals = operation.uri.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = Vec::new();
    for member in input.members.iter().filter(|member| member.location == Location::Query) {
        let Some(value) = parameters.get(member.name).filter(|value| !value.is_null()) else { continue };
        query_pairs(walk, member, value, &mut pairs)?;
    }
    let pairs = uri::write_pairs(&pairs);
    let parts: Vec<&str> = [literals, &pairs].into_iter().filter(|part| !part.is_empty()).collect();
    written.query = parts.join("&");
    Ok(())
}

fn query_pairs(
    walk: &Walk<'_>,
    member: &Member,
    value: &Value,
    out: &mut Vec<(String, String)>,
) -> Result<(), ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let text =
        |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| unwritable(&path, "is not text"));
    let kind = walk.kind(member.shape)?;
    match (kind, value) {
        (Kind::List { member: item, .. }, Value::Array(items)) => {
            let kind = walk.kind(*item)?;
            let format = time_format(kind, None, bound_time(Location::Query));
            for item in items {
                out.push((member.location_name.to_owned(), scalar::to_text(kind, item, format, &path)?));
            }
        }
        (Kind::Map { .. }, Value::Object(entries)) => {
            for (key, item) in entries {
                match item {
                    Value::Array(items) => {
                        for item in items {
                            out.push((key.clone(), text(item)?));
                        }
                    }
                    one => out.push((key.clone(), text(one)?)),
                }
            }
        }
        (kind, value) => {
            let format = time_format(kind, Some(member), bound_time(Location::Query));
            out.push((member.location_name.to_owned(), scalar::to_text(kind, value, format, &path)?));
        }
    }
    Ok(())
}

fn write_header(
    walk: &Walk<'_>,
    member: &Member,
    value: &Value,
    written: &mut Written,
) -> Result<(), ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let kind = walk.kind(member.shape)?;
    let text = match (kind, value) {
        (Kind::List { .. }, Value::Array(items)) if items.is_empty() => return Ok(()),
        (Kind::List { member: item, .. }, Value::Array(items)) => {
            let kind = walk.kind(*item)?;
            let format = time_format(kind, None, bound_time(Location::Header));
            let items = items.iter().map(|item| quote(scalar::to_text(kind, item, format, &path)?, &path));
            items.collect::<Result<Vec<_>, _>>()?.join(",")
        }
        (_, value) if member.json_value => scalar::base64(value.to_string().as_bytes()),
        (kind, value) => {
            let format = time_format(kind, Some(member), bound_time(Location::Header));
            scalar::to_text(kind, value, format, &path)?
        }
    };
    written.header(member.location_name, header_text(text, &path)?);
    Ok(())
}

fn write_headers(member: &Member, value: &Value, written: &mut Written) -> Result<(), ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let entries = value.as_object().ok_or_else(|| unwritable(&path, "is not a map"))?;
    for (key, value) in entries {
        let here = Path::Member(&path, key);
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if key.is_empty() || !key.bytes().all(token) {
            return Err(unwritable(&here, "cannot be the name of a header"));
        }
        let text = value.as_str().ok_or_else(|| unwritable(&here, "is not text"))?;
        written.header(&format!("{}{key}", member.location_name), header_text(text.to_owned(), &here)?);
    }
    Ok(())
}

/// A header's list parts at commas: an item with one is quoted.
fn quote(item: String, path: &Path<'_>) -> Result<String, ReadError> {
    let edges = item.trim().len() != item.len();
    if !item.contains(['"', ',']) && !edges && !item.is_empty() {
        return Ok(item);
    }
    if item.contains('\\') {
        return Err(unwritable(path, "has a backslash beside what a header's list must quote"));
    }
    Ok(format!("\"{}\"", item.replace('"', "\\\"")))
}

fn header_text(text: String, path: &Path<'_>) -> Result<String, ReadError> {
    if text.chars().any(|letter| letter.is_control() && letter != '\t') || text.trim().len() != text.len() {
        return Err(unwritable(path, "cannot stand in a header"));
    }
    Ok(text)
}

fn write_body(
    walk: &Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    input: &Structure,
    parameters: &Value,
    written: &mut Written,
) -> Result<(), ReadError> {
    let Some(name) = operation.payload else {
        return write_structured(walk, operation, protocol, input, parameters, written);
    };
    let member = input.member(name).ok_or_else(|| ReadError::Unwritable(format!("`{name}` has no shape")))?;
    let path = Path::Member(&Path::Root, name);
    let value = parameters.get(name).filter(|value| !value.is_null());
    match (walk.kind(member.shape)?, value) {
        (Kind::Blob { .. }, Some(value)) => {
            let bytes = value.as_str().and_then(scalar::bytes);
            written.body = bytes.ok_or_else(|| unwritable(&path, "is not base64"))?;
        }
        (Kind::String, Some(value)) => {
            written.body = value.as_str().ok_or_else(|| unwritable(&path, "is not text"))?.into();
        }
        (Kind::Blob { .. } | Kind::String, None) => {}
        (Kind::Structure(structure), _) if structure.event_stream => {}
        (_, None) if protocol == Protocol::RestJson => set_json(written, "{}".to_owned()),
        (_, None) => {}
        (_, Some(value)) if protocol == Protocol::RestJson => {
            let body = json::write_shape(walk, member.shape, Some(member), value, &path)?;
            set_json(written, body.to_string());
        }
        (Kind::Structure(structure), Some(value)) => {
            let element = xml::write_members(walk, structure, value, member.location_name, false, &path)?;
            let namespace = member.xml_namespace().map(|namespace| ("xmlns".to_owned(), namespace.uri));
            set_xml(written, &element, namespace);
        }
        (_, Some(_)) => return Err(unwritable(&path, "is not a structure")),
    }
    Ok(())
}

fn write_structured(
    walk: &Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    input: &Structure,
    parameters: &Value,
    written: &mut Written,
) -> Result<(), ReadError> {
    if !input.members.iter().any(|member| member.location == Location::Body) {
        return Ok(());
    }
    if protocol == Protocol::RestJson {
        let body = json::write_members(walk, input, parameters, true, &Path::Root)?;
        set_json(written, body.to_string());
        return Ok(());
    }
    let name = operation.input_name.unwrap_or(operation.name);
    let element = xml::write_members(walk, input, parameters, name, true, &Path::Root)?;
    if !element.children.is_empty() || !element.attributes.is_empty() {
        set_xml(written, &element, operation.input_namespace.map(|uri| ("xmlns".to_owned(), uri)));
    }
    Ok(())
}

fn set_json(written: &mut Written, body: String) {
    written.body = body.into();
    written.header("content-type", "application/json");
}

fn set_xml(written: &mut Written, element: &xml_tree::Element, namespace: Option<(String, &str)>) {
    let own = element.attributes.iter().any(|(name, _)| name == "xmlns");
    let namespaces: Vec<(String, &str)> = namespace.into_iter().filter(|_| !own).collect();
    let mut body = String::new();
    xml_tree::write(element, &namespaces, &mut body);
    written.body = body.into();
    written.header("content-type", "application/xml");
}

/// What the model asks for: a flexible checksum where the operation has them, else `Content-MD5`.
fn write_checksum(
    operation: &Operation,
    parameters: &Map<String, Value>,
    written: &mut Written,
) -> Result<(), ReadError> {
    let chosen = operation.checksum_member.and_then(|name| parameters.get(name)).and_then(Value::as_str);
    let carried = written.headers.iter().any(|(name, _)| name.starts_with("x-amz-checksum-"));
    if operation.checksum_required && operation.checksum_member.is_none() {
        written.header("content-md5", checksum::content_md5(&written.body));
    } else if !carried && (operation.checksum_required || (chosen.is_some() && !written.body.is_empty())) {
        let algorithm = chosen.unwrap_or("CRC32");
        let (name, sum) = checksum::flexible(algorithm, &written.body).ok_or_else(|| {
            ReadError::Unwritable(format!("no checksum is called `{}`", super::walk::clip(algorithm)))
        })?;
        written.header(&name, sum);
    } else if !carried && chosen.is_some() {
        // The payload streams: whoever sends it adds the algorithm with its checksum, or neither.
        written.headers.retain(|(name, _)| name != "x-amz-sdk-checksum-algorithm");
    }
    Ok(())
}
