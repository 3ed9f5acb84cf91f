//! Errors that Interlock answers with, in the form that each protocol's clients expect of AWS.

use serde_json::json;

use super::cbor_item::{self, Item};
use super::xml_tree;
use crate::catalogue::{Protocol, Service};

/// Writes an error: headers (names lower-case) and body. The answer to a HEAD has no body; clients then go by `status`.
pub fn write_error(
    protocol: Protocol,
    service: &Service,
    operation_is_head: bool,
    status: u16,
    code: &str,
    message: &str,
    request_id: &str,
) -> (Vec<(String, String)>, Vec<u8>) {
    let code = token(code);
    let request_id = token(request_id);
    let s3 = protocol == Protocol::RestXml && service.name == "s3";
    let id_header = if s3 { "x-amz-request-id" } else { "x-amzn-requestid" };
    let mut headers = vec![(id_header.to_owned(), request_id.clone())];
    let mut header = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
    let sender = if status >= 500 { "Receiver" } else { "Sender" };
    let body = match protocol {
        Protocol::Json10 | Protocol::Json11 => {
            let version = if protocol == Protocol::Json10 { "1.0" } else { "1.1" };
            header("content-type", &format!("application/x-amz-json-{version}"));
            json!({"__type": code, "message": message}).to_string().into_bytes()
        }
        Protocol::RestJson => {
            header("content-type", "application/json");
            header("x-amzn-errortype", &code);
            json!({"message": message}).to_string().into_bytes()
        }
        Protocol::Cbor => {
            header("content-type", "application/cbor");
            header("smithy-protocol", "rpc-v2-cbor");
            cbor_error(&code, message)
        }
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
            header("content-type", if s3 { "application/xml" } else { "text/xml" });
            xml_error(protocol, service, sender, &code, message, &request_id).into_bytes()
        }
    };
    if service.query_compatible && matches!(protocol, Protocol::Json10 | Protocol::Json11 | Protocol::Cbor) {
        header("x-amzn-query-error", &format!("{code};{sender}"));
    }
    (headers, if operation_is_head { Vec::new() } else { body })
}

/// What can stand in a header and as a code: letters, digits and a few marks; the rest is left out.
fn token(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-/=+".contains(*letter)).collect()
}

fn cbor_error(code: &str, message: &str) -> Vec<u8> {
    let entry = |name: &str, text: &str| (name.to_owned(), Item::Text(text.to_owned()));
    let mut body = Vec::new();
    cbor_item::write(&Item::Map(vec![entry("__type", code), entry("message", message)]), &mut body);
    body
}

fn xml_error(
    protocol: Protocol,
    service: &Service,
    sender: &str,
    code: &str,
    message: &str,
    request_id: &str,
) -> String {
    let element = |name: &str, text: &str| {
        let text: String =
            text.chars().map(|c| if xml_tree::is_forbidden(c) { '\u{fffd}' } else { c }).collect();
        let mut out = format!("<{name}>");
        xml_tree::escape(&text, false, &mut out);
        format!("{out}</{name}>")
    };
    let (code, message) = (element("Code", code), element("Message", message));
    let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    match protocol {
        Protocol::Ec2 => {
            let id = element("RequestID", request_id);
            format!("{declaration}<Response><Errors><Error>{code}{message}</Error></Errors>{id}</Response>")
        }
        Protocol::RestXml if service.name == "s3" => {
            let (id, host) = (element("RequestId", request_id), element("HostId", "interlock"));
            format!("{declaration}<Error>{code}{message}{id}{host}</Error>")
        }
        _ => {
            let (kind, id) = (element("Type", sender), element("RequestId", request_id));
            let mut namespace = String::new();
            if let Some(uri) = service.xml_namespace {
                namespace.push_str(" xmlns=\"");
                xml_tree::escape(uri, true, &mut namespace);
                namespace.push('"');
            }
            format!(
                "{declaration}<ErrorResponse{namespace}><Error>{kind}{code}{message}</Error>{id}</ErrorResponse>"
            )
        }
    }
}
