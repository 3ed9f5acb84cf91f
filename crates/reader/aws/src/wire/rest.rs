//! What the REST protocols keep outside the body: path labels, query keys, headers. And which bytes are the body.

use serde_json::{Map, Value};

use super::request::{Body, Request};
use super::walk::{Path, Walk, ambiguous, clip, malformed, time_format};
use super::{body, bucket, json, json_text, scalar, uri, xml, xml_tree};
use crate::ReadError;
use crate::catalogue::{Kind, Location, Member, Operation, Protocol, Structure, TimestampFormat};

/// Times in headers are RFC 822, in paths and queries ISO 8601, where neither member nor shape says otherwise.
pub(super) fn bound_time(location: Location) -> TimestampFormat {
    match location {
        Location::Header | Location::Headers => TimestampFormat::Rfc822,
        _ => TimestampFormat::Iso8601,
    }
}

/// Facts of the transport that the model lists as parameters: whoever sends the bytes sets them anew.
pub(super) fn is_transport(operation: &Operation, member: &Member) -> bool {
    let name = member.location_name;
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let checksum = is("content-md5") || starts_with(name, "x-amz-checksum-");
    member.location == Location::Header
        && (is("content-length") || (operation.checksum_required && checksum && !is("x-amz-checksum-type")))
}

/// Whether a header of this name is a parameter of the operation.
pub(super) fn binds_header(input: &Structure, name: &str) -> bool {
    input.members.iter().any(|member| match member.location {
        Location::Header => member.location_name.eq_ignore_ascii_case(name),
        Location::Headers => starts_with(name, member.location_name),
        _ => false,
    })
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// Reads all parameters of a REST request.
pub(super) fn parse(
    walk: &mut Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    labels: &[(String, String)],
    request: &Request,
) -> Result<Value, ReadError> {
    if request.header("x-amz-target").is_some() || request.header("smithy-protocol").is_some() {
        return Err(ReadError::Ambiguous("a REST request that names an RPC target".to_owned()));
    }
    check_round_trip(operation, labels, request)?;
    let nothing = Structure::default();
    let input = walk.service.input(operation).unwrap_or(&nothing);
    let mut read = Map::new();
    read_labels(walk, input, labels, &mut read)?;
    read_query(walk, operation, input, request, &mut read)?;
    read_headers(walk, operation, input, request, &mut read)?;
    read_body(walk, operation, protocol, input, request, &mut read)?;
    Ok(Value::Object(read))
}

/// The labels must give the path again, percent-encoding aside. A prefix of the path may belong to the endpoint, and a
/// bucket may stand in the host.
fn check_round_trip(
    operation: &Operation,
    labels: &[(String, String)],
    request: &Request,
) -> Result<(), ReadError> {
    let template = operation.uri.split('?').next().unwrap_or_default();
    if let Some((_, name)) = labels.iter().find(|(label, name)| label == "Bucket" && !bucket::is_name(name)) {
        return Err(ReadError::Ambiguous(format!("`{}` is no name of a bucket", clip(name))));
    }
    let mut segments = Vec::new();
    for segment in template.split('/') {
        segments.push(fill(segment, |name| {
            labels.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone())
        })?);
    }
    let decoded = uri::decode(&request.path, false)?;
    let whole = segments.join("/");
    let without_bucket = match template.strip_prefix("/{Bucket}") {
        Some(_) => segments.get(2..).unwrap_or_default().join("/"),
        None => whole.clone(),
    };
    let path = decoded.trim_end_matches('/');
    let fits = |wanted: &str| path.ends_with(wanted.trim_matches('/'));
    if fits(&whole) || fits(&without_bucket) {
        return Ok(());
    }
    Err(ReadError::Ambiguous("the path does not round-trip".to_owned()))
}

/// Fills the labels of a template's segment.
pub(super) fn fill(
    segment: &str,
    mut value: impl FnMut(&str) -> Option<String>,
) -> Result<String, ReadError> {
    let mut out = String::new();
    let mut rest = segment;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let name = name.trim_end_matches('+');
        out.push_str(before);
        out.push_str(&value(name).ok_or_else(|| ReadError::Malformed(format!("the path lacks `{name}`")))?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn read_labels(
    walk: &Walk<'_>,
    input: &Structure,
    labels: &[(String, String)],
    read: &mut Map<String, Value>,
) -> Result<(), ReadError> {
    for member in input.members.iter().filter(|member| member.location == Location::Uri) {
        let path = Path::Member(&Path::Root, member.name);
        let found = labels.iter().find(|(name, _)| name == member.location_name);
        let Some((_, text)) = found else { continue };
        let kind = walk.kind(member.shape)?;
        let format = time_format(kind, Some(member), bound_time(Location::Uri));
        read.insert(member.name.to_owned(), scalar::from_text(kind, text, format, &path)?);
    }
    Ok(())
}

fn read_query(
    walk: &mut Walk<'_>,
    operation: &Operation,
    input: &Structure,
    request: &Request,
    read: &mut Map<String, Value>,
) -> Result<(), ReadError> {
    let mut pairs = uri::pairs(&request.query)?;
    if pairs.iter().any(|(key, _)| key == "AWSAccessKeyId") {
        pairs.retain(|(key, _)| key != "Expires");
    }
    pairs.retain(|(key, _)| !uri::is_presign_key(key));
    for (key, value) in uri::pairs(operation.uri.split_once('?').map_or("", |(_, query)| query))? {
        take_literal(&mut pairs, &key, &value)?;
    }
    if let Some((_, id)) = pairs.iter().find(|(key, _)| key == "x-id") {
        if id != operation.name {
            return Err(ReadError::Ambiguous("`x-id` names another operation".to_owned()));
        }
        pairs.retain(|(key, _)| key != "x-id");
    }
    let in_query = || input.members.iter().filter(|member| member.location == Location::Query);
    let is_map = |walk: &Walk<'_>, member: &Member| {
        walk.kind(member.shape).map(|kind| matches!(kind, Kind::Map { .. }))
    };
    for member in in_query() {
        if !is_map(walk, member)? {
            let (own, others) = pairs.into_iter().partition(|(key, _)| key == member.location_name);
            pairs = others;
            if let Some(value) = query_member(walk, member, own)? {
                read.insert(member.name.to_owned(), value);
            }
        }
    }
    for member in in_query() {
        if is_map(walk, member)? && !pairs.is_empty() {
            let value = query_map(walk, member, std::mem::take(&mut pairs))?;
            read.insert(member.name.to_owned(), value);
        }
    }
    for (key, _) in pairs {
        if is_sub_resource(walk, &key) {
            let key = clip(&key);
            return Err(ReadError::Ambiguous(format!("`?{key}` beside another operation's query")));
        }
        walk.note(format!("?{}", clip(&key)));
    }
    Ok(())
}

/// Whether some operation of the service is told by this query key: two of them in one query are two operations.
fn is_sub_resource(walk: &Walk<'_>, key: &str) -> bool {
    walk.service.operations.iter().any(|operation| {
        let literals = operation.uri.split_once('?').map_or("", |(_, query)| query);
        literals.split('&').any(|literal| literal.split('=').next() == Some(key))
    })
}

fn take_literal(pairs: &mut Vec<(String, String)>, key: &str, value: &str) -> Result<(), ReadError> {
    let found: Vec<&String> = pairs.iter().filter(|(have, _)| have == key).map(|(_, value)| value).collect();
    match found.as_slice() {
        [have] if *have == value => {
            pairs.retain(|(have, _)| have != key);
            Ok(())
        }
        [] if key == "x-id" => Ok(()),
        [] => Err(ReadError::Malformed(format!("the query lacks `{key}`"))),
        _ => Err(ReadError::Ambiguous(format!("the query key `{key}` has another or several values"))),
    }
}

fn query_member(
    walk: &Walk<'_>,
    member: &Member,
    pairs: Vec<(String, String)>,
) -> Result<Option<Value>, ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let kind = walk.kind(member.shape)?;
    if let Kind::List { member: item, .. } = kind {
        let kind = walk.kind(*item)?;
        let format = time_format(kind, None, bound_time(Location::Query));
        let items = pairs.iter().map(|(_, text)| scalar::from_text(kind, text, format, &path));
        let items: Vec<Value> = items.collect::<Result<_, _>>()?;
        return Ok((!items.is_empty()).then_some(Value::Array(items)));
    }
    match pairs.as_slice() {
        [] => Ok(None),
        [(_, text)] => {
            let format = time_format(kind, Some(member), bound_time(Location::Query));
            scalar::from_text(kind, text, format, &path).map(Some)
        }
        _ => Err(ambiguous(&path, "stands twice in the query")),
    }
}

/// Every key that no other member takes.
fn query_map(walk: &Walk<'_>, member: &Member, pairs: Vec<(String, String)>) -> Result<Value, ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let Kind::Map { value, .. } = walk.kind(member.shape)? else { return Err(malformed(&path, "a map")) };
    let lists = matches!(walk.kind(*value)?, Kind::List { .. });
    let mut read = Map::new();
    for (key, text) in pairs {
        match read.get_mut(&key) {
            Some(Value::Array(items)) if lists => items.push(Value::String(text)),
            Some(_) => return Err(ambiguous(&Path::Member(&path, &key), "stands twice in the query")),
            None if lists => {
                read.insert(key, Value::Array(vec![Value::String(text)]));
            }
            None => {
                read.insert(key, Value::String(text));
            }
        }
    }
    Ok(Value::Object(read))
}

/// `x-amz-` headers of signing, transport and clients, which are no parameters of any operation.
fn is_client_header(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "x-amz-date",
        "x-amz-content-sha256",
        "x-amz-security-token",
        "x-amz-user-agent",
        "x-amz-trailer",
        "x-amz-te",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-s3session-token",
        "x-amz-region-set",
        "x-amz-api-version",
        "x-amz-glacier-version",
    ];
    NAMES.contains(&name) || name.starts_with("x-amz-checksum-")
}

fn read_headers(
    walk: &mut Walk<'_>,
    operation: &Operation,
    input: &Structure,
    request: &Request,
    read: &mut Map<String, Value>,
) -> Result<(), ReadError> {
    for member in &input.members {
        let value = match member.location {
            Location::Header if !is_transport(operation, member) => header_member(walk, member, request)?,
            Location::Headers => header_map(member, request)?,
            _ => None,
        };
        if let Some(value) = value {
            read.insert(member.name.to_owned(), value);
        }
    }
    for (name, _) in request.headers.iter().filter(|(name, _)| name.starts_with("x-amz-")) {
        if !is_client_header(name) && !binds_header(input, name) {
            walk.note(clip(name));
        }
    }
    Ok(())
}

fn header_member(walk: &Walk<'_>, member: &Member, request: &Request) -> Result<Option<Value>, ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    let named = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(member.location_name));
    let values: Vec<&str> = named.map(|(_, value)| value.as_str()).collect();
    let kind = walk.kind(member.shape)?;
    if values.is_empty() {
        return Ok(None);
    }
    if let Kind::List { member: item, .. } = kind {
        let kind = walk.kind(*item)?;
        let format = time_format(kind, None, bound_time(Location::Header));
        let items = split_list(&values.join(",")).ok_or_else(|| malformed(&path, "a list of a header"))?;
        let items = items.iter().map(|text| scalar::from_text(kind, text, format, &path));
        return Ok(Some(Value::Array(items.collect::<Result<_, _>>()?)));
    }
    let [text] = values.as_slice() else { return Err(ambiguous(&path, "stands in several headers")) };
    if member.json_value {
        let bytes = scalar::bytes(text.trim()).ok_or_else(|| malformed(&path, "base64"))?;
        return json_text::read(&bytes).map(Some);
    }
    if member.location_name.eq_ignore_ascii_case("content-encoding") {
        return Ok(own_encoding(text));
    }
    let format = time_format(kind, Some(member), bound_time(Location::Header));
    scalar::from_text(kind, text.trim(), format, &path).map(Some)
}

/// The encoding of an object, without that of its transport.
fn own_encoding(text: &str) -> Option<Value> {
    let names = text.split(',').map(str::trim).filter(|name| !name.eq_ignore_ascii_case("aws-chunked"));
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    (!names.is_empty()).then(|| Value::from(names.join(",")))
}

/// Parts a header's list at commas outside quotes. In quotes only `\"` is an escape: clients disagree about a backslash
/// before anything else, and `None` says that there is one, or that a quote is not closed.
pub(super) fn split_list(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut item = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted => quoted = false,
            '"' if item.trim().is_empty() && !was_quoted => {
                item.clear();
                (quoted, was_quoted) = (true, true);
            }
            '\\' if quoted => item.push(letters.next().filter(|next| *next == '"')?),
            ',' if !quoted => {
                items.push(finish(&item, was_quoted));
                item.clear();
                was_quoted = false;
            }
            other if was_quoted && !quoted && !other.is_whitespace() => return None,
            _ if was_quoted && !quoted => {}
            other => item.push(other),
        }
    }
    items.push(finish(&item, was_quoted));
    (!quoted).then_some(items)
}

fn finish(item: &str, quoted: bool) -> String {
    if quoted { item.to_owned() } else { item.trim().to_owned() }
}

fn header_map(member: &Member, request: &Request) -> Result<Option<Value>, ReadError> {
    let prefix = member.location_name;
    let mut read = Map::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| starts_with(name, prefix)) {
        let key = name.get(prefix.len()..).unwrap_or_default();
        if read.insert(key.to_owned(), Value::from(value.trim())).is_some() {
            let path = Path::Member(&Path::Root, member.name);
            return Err(ambiguous(&Path::Member(&path, key), "stands in several headers"));
        }
    }
    Ok((!read.is_empty()).then_some(Value::Object(read)))
}

fn read_body(
    walk: &mut Walk<'_>,
    operation: &Operation,
    protocol: Protocol,
    input: &Structure,
    request: &Request,
    read: &mut Map<String, Value>,
) -> Result<(), ReadError> {
    let payload = operation.payload.and_then(|name| input.member(name));
    if matches!(request.body, Body::Streamed { .. }) && (operation.streaming || operation.events_in) {
        return Ok(());
    }
    let bytes = body::bytes(request, !binds_header(input, "content-encoding"))?;
    let Some(member) = payload else {
        return read_structured(walk, protocol, input, &bytes, read);
    };
    let kind = walk.kind(member.shape)?;
    let value = match kind {
        Kind::Structure(structure) if structure.event_stream => None,
        _ if bytes.is_empty() => None,
        Kind::Blob { .. } => Some(Value::from(scalar::base64(&bytes))),
        Kind::String => {
            let text = std::str::from_utf8(&bytes);
            Some(Value::from(
                text.map_err(|_| ReadError::Malformed("a text body that is not UTF-8".to_owned()))?,
            ))
        }
        _ => read_payload(walk, protocol, member, &bytes)?,
    };
    if let Some(value) = value {
        read.insert(member.name.to_owned(), value);
    }
    Ok(())
}

/// The members of the input that stand in the body.
fn read_structured(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    input: &Structure,
    bytes: &[u8],
    read: &mut Map<String, Value>,
) -> Result<(), ReadError> {
    if bytes.is_empty() {
        return Ok(());
    }
    let value = if protocol == Protocol::RestJson {
        json::read_members(walk, input, json::body_object(bytes)?, true, &Path::Root)?
    } else if input.members.iter().any(|member| member.location == Location::Body) {
        xml::read_members(walk, input, &xml_tree::read(bytes, true)?, true, &Path::Root)?
    } else {
        walk.note("a body");
        return Ok(());
    };
    if let Value::Object(members) = value {
        read.extend(members);
    }
    Ok(())
}

/// The one member that is the whole body.
fn read_payload(
    walk: &mut Walk<'_>,
    protocol: Protocol,
    member: &Member,
    bytes: &[u8],
) -> Result<Option<Value>, ReadError> {
    let path = Path::Member(&Path::Root, member.name);
    if protocol == Protocol::RestJson {
        let value = json::read_shape(walk, member.shape, Some(member), json_text::read(bytes)?, &path)?;
        // Clients write `{}` for a payload that is not given.
        let nothing = !member.required && value.as_object().is_some_and(Map::is_empty);
        return Ok((!nothing).then_some(value));
    }
    let root = xml_tree::read(bytes, true)?;
    if root.name != member.location_name {
        walk.note(format!("the element `{}`", clip(&root.name)));
    }
    xml::read_shape(walk, member.shape, Some(member), &root, &path).map(Some)
}
