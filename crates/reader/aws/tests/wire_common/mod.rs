//! What the wire tests share: botocore as a second opinion, and path labels found without the reader's own matcher.

#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod bed;
pub(crate) mod moto;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interlock_reader_aws::catalogue::{Catalogue, Operation, Protocol, Service};
use interlock_reader_aws::wire::{Body, Request, Written};
use serde_json::{Value, json};

/// A service of the built-in table.
pub(crate) fn service(name: &str) -> Arc<Service> {
    Catalogue::get().service(name).unwrap_or_else(|| panic!("no service `{name}` in the catalogue"))
}

/// An operation of it.
pub(crate) fn operation(service: &Service, name: &str) -> Arc<Operation> {
    let found = service.operation(name);
    found.unwrap_or_else(|| panic!("no operation `{name}` in `{}`", service.name)).clone()
}

/// botocore's name of a protocol to ours; the JSON version is the service's.
pub(crate) fn protocol(service: &Service, name: &str) -> Protocol {
    match name {
        "rest-json" => Protocol::RestJson,
        "rest-xml" => Protocol::RestXml,
        "query" => Protocol::Query,
        "ec2" => Protocol::Ec2,
        "smithy-rpc-v2-cbor" => Protocol::Cbor,
        "json" if service.protocols.contains(&Protocol::Json10) => Protocol::Json10,
        "json" => Protocol::Json11,
        other => panic!("protocol `{other}`"),
    }
}

/// Our name of a protocol to botocore's.
pub(crate) fn botocore_protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::RestJson => "rest-json",
        Protocol::RestXml => "rest-xml",
        Protocol::Query => "query",
        Protocol::Ec2 => "ec2",
        Protocol::Cbor => "smithy-rpc-v2-cbor",
        Protocol::Json10 | Protocol::Json11 => "json",
    }
}

/// A request as the gateway hands it over.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect(),
        body: Body::Bytes(body.to_vec()),
    }
}

/// What was written, as it would arrive again.
pub(crate) fn arrived(written: &Written) -> Request {
    let mut headers = written.headers.clone();
    headers.push(("host".to_owned(), written.host.clone()));
    headers.push(("content-length".to_owned(), written.body.len().to_string()));
    Request {
        method: written.method.clone(),
        path: written.path.clone(),
        query: written.query.clone(),
        headers,
        body: Body::Bytes(written.body.clone()),
    }
}

/// The labels of a path, decoded, with an S3 bucket of the host. `None` if the path does not fit the template.
pub(crate) fn labels(
    service: &Service,
    operation: &Operation,
    request: &Request,
) -> Option<Vec<(String, String)>> {
    let mut template = operation.uri.split('?').next()?;
    let mut labels = Vec::new();
    let host = request.header("host").unwrap_or_default();
    let bucket = host.split_once(".s3.").or_else(|| host.split_once(".s3express"));
    if let ("s3", Some(rest), Some((bucket, _))) = (service.name, template.strip_prefix("/{Bucket}"), bucket)
    {
        labels.push(("Bucket".to_owned(), bucket.to_owned()));
        template = rest;
    }
    let path = request.path.strip_prefix(service.base_path).unwrap_or(&request.path);
    let wanted: Vec<&str> = template.trim_matches('/').split('/').collect();
    let mut have: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if !template.contains("+}") {
        have = path.trim_matches('/').split('/').collect();
    }
    let mut at = 0;
    for (index, part) in wanted.iter().enumerate() {
        let end = if part.contains("+}") { have.len() - (wanted.len() - index - 1) } else { at + 1 };
        let text = have.get(at..end)?.join("/");
        at = end;
        let Some((before, after)) = part.split_once('{') else {
            if *part != text {
                return None;
            }
            continue;
        };
        let (name, after) = after.split_once('}')?;
        let value = text.strip_prefix(before)?.strip_suffix(after)?;
        let value = percent_decode(value);
        labels.push((name.trim_end_matches('+').to_owned(), value));
    }
    (at == have.len()).then_some(labels)
}

fn percent_decode(text: &str) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).unwrap()
}

/// The path of a Python script beside the tests.
pub(crate) fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// botocore's parsers, in a process of their own.
pub(crate) struct Botocore {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Botocore {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("python3")
            .arg(script("wire_parse.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 with botocore");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// What botocore makes of an answer.
    pub(crate) fn parse(
        &mut self,
        service: &str,
        operation: &str,
        protocol: Protocol,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Value {
        let ask = json!({
            "service": service, "operation": operation, "protocol": botocore_protocol(protocol),
            "status": status, "headers": headers, "body": STANDARD.encode(body),
        });
        writeln!(self.input.as_mut().unwrap(), "{ask}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("botocore said `{line}`: {error}"))
    }
}

impl Drop for Botocore {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
