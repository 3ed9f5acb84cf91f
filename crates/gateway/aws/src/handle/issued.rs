//! Credentials in answers. None that AWS issued reaches an agent.
//!
//! What STS, S3's `CreateSession` and IAM's `CreateAccessKey` give is kept here, and the agent gets virtual credentials of
//! the same session in their place. An answer of any other operation that carries something of the shape of AWS
//! credentials is withheld.

use std::sync::Arc;

use bytes::Bytes;
use interlock_action::{AccountId, SessionId};
use interlock_reader_aws::catalogue::{Operation, Protocol, Service};
use memchr::memmem;
use quick_xml::{
    Reader, Writer,
    events::{BytesText, Event},
};
use serde_json::Value;

use crate::{
    GatewayError,
    credentials::{Assumed, Credentials, VirtualKeys},
    gateway::Inner,
    instant,
    sigv4::Secret,
};

/// A key that IAM made has no end; what it stands for is forgotten with the process at the latest.
const KEY_LIFE: u64 = 365 * 86_400;
/// Where a service does not say when its credentials end.
const SHORT: u64 = 900;

/// Where an operation's credentials stand.
struct Place {
    /// The member that holds them.
    member: &'static str,
    /// Keys of IAM's users keep their id, and have no token.
    lasting: bool,
    /// Whose account they open.
    opens: Opens,
}

/// Whose account credentials open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opens {
    /// That of the ARN which the answer gives in this member.
    Answer(&'static str),
    /// That which the request names in this member: twelve digits, or the ARN of its root.
    Request(&'static str),
    /// The caller's own: it got another key of itself, or one of a user of its account.
    Caller,
}

/// A call that was answered with credentials.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) operation: &'a Operation,
    pub(super) arguments: &'a Value,
    /// The caller's account.
    pub(super) account: Option<&'a AccountId>,
}

fn place(service: &Service, operation: &Operation) -> Option<Place> {
    let (member, opens) = match (service.name, operation.name) {
        ("sts", "AssumeRole" | "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity") => {
            ("Credentials", Opens::Answer("AssumedRoleUser"))
        }
        ("sts", "GetFederationToken") => ("Credentials", Opens::Answer("FederatedUser")),
        // Its answer says nothing of whom it is for.
        ("sts", "AssumeRoot") => ("Credentials", Opens::Request("TargetPrincipal")),
        ("sts", "GetSessionToken") | ("s3", "CreateSession") => ("Credentials", Opens::Caller),
        ("iam", "CreateAccessKey") => ("AccessKey", Opens::Caller),
        _ => return None,
    };
    Some(Place { member, lasting: member == "AccessKey", opens })
}

/// Whether the answers of an operation are rewritten.
pub(super) fn rewrites(service: &Service, operation: &Operation) -> bool {
    place(service, operation).is_some()
}

/// Rewrites an answer; `answer` is the same, parsed. `None`: it cannot be done for certain, so it must not pass.
pub(super) fn rewrite(
    inner: &Inner,
    session: &SessionId,
    asked: &Asked<'_>,
    body: &Bytes,
    answer: &Value,
) -> Result<Option<Bytes>, GatewayError> {
    let Some(place) = place(asked.service, asked.operation) else { return Ok(None) };
    // INVARIANT: credentials of nobody-knows-which account are not handed out: they would be judged as another's.
    let Some(account) = account_of(place.opens, asked, answer) else { return Ok(None) };
    let Some(given) = answer.get(place.member) else { return Ok(None) };
    let text = |name: &str| given.get(name).and_then(Value::as_str);
    let (Some(id), Some(secret)) = (text("AccessKeyId"), text("SecretAccessKey")) else { return Ok(None) };
    let now = instant::now();
    let expires = text("Expiration").and_then(instant::parse_iso8601);
    let until = expires.unwrap_or_else(|| now.saturating_add(if place.lasting { KEY_LIFE } else { SHORT }));
    let credentials = Credentials {
        access_key_id: id.to_owned(),
        secret: Secret::new(secret),
        token: text("SessionToken").map(Secret::new),
        expires: Some(until),
    };
    let virtual_id = if place.lasting { id.to_owned() } else { VirtualKeys::draw_temporary()? };
    let token = (!place.lasting).then(|| inner.keys.token(&virtual_id));
    let replacement = [
        ("AccessKeyId", Some(virtual_id.clone())),
        ("SecretAccessKey", Some(inner.keys.secret(&virtual_id).reveal().to_owned())),
        ("SessionToken", token.map(|token| token.reveal().to_owned())),
    ];
    let real = [Some(secret), text("SessionToken")];
    let Some(written) = replace_elements(body, &replacement) else { return Ok(None) };
    // Nothing of the real ones may be left, however the service wrote its answer.
    if real.into_iter().flatten().any(|secret| memmem::find(&written, secret.as_bytes()).is_some()) {
        return Ok(None);
    }
    let assumed = Assumed {
        session: session.clone(),
        credentials: Arc::new(credentials),
        account: Some(account),
        until,
    };
    inner.assumed.keep(virtual_id, assumed, now);
    Ok(Some(written))
}

/// The account that the credentials open; `None` if it cannot be told.
fn account_of(opens: Opens, asked: &Asked<'_>, answer: &Value) -> Option<AccountId> {
    let account = match opens {
        Opens::Caller => return asked.account.cloned(),
        Opens::Answer(member) => answer.get(member)?.get("Arn")?.as_str()?.split(':').nth(4)?,
        Opens::Request(member) => {
            let principal = asked.arguments.get(member)?.as_str()?;
            if principal.starts_with("arn:") { principal.split(':').nth(4)? } else { principal }
        }
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then(|| AccountId::from(account))
}

/// Writes XML anew with other text in the elements of these names. `None`: it is not well-formed.
fn replace_elements(body: &[u8], replacement: &[(&str, Option<String>)]) -> Option<Bytes> {
    let mut reader = Reader::from_reader(body);
    let mut writer = Writer::new(Vec::with_capacity(body.len()));
    let mut inside: Option<(&str, Option<&String>)> = None;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).ok()?;
        match (&event, inside) {
            (Event::Eof, None) => return Some(Bytes::from(writer.into_inner())),
            (Event::Eof, Some(_)) => return None,
            (Event::Start(start), None) => {
                let name = start.local_name();
                let found = replacement.iter().find(|(have, _)| **have == *name.as_ref());
                inside = found.map(|(name, text)| (*name, text.as_ref()));
                writer.write_event(event).ok()?;
            }
            // These elements hold text only.
            (Event::Start(_) | Event::Empty(_), Some(_)) => return None,
            (Event::End(_), Some((_, text))) => {
                if let Some(text) = text {
                    writer.write_event(Event::Text(BytesText::new(text))).ok()?;
                }
                inside = None;
                writer.write_event(event).ok()?;
            }
            (_, Some(_)) => {}
            (_, None) => writer.write_event(event).ok()?,
        }
    }
}

/// Whether an answer carries something of the shape of AWS credentials: a key id beside a secret or a session token.
pub(super) fn looks_issued(protocol: Protocol, body: &[u8]) -> bool {
    let has = |text: &str| memmem::find(body, text.as_bytes()).is_some();
    // The two names without their first letter, whose case differs.
    if !has("ccessKeyId") || !(has("ecretAccessKey") || has("ecretKey") || has("essionToken")) {
        return false;
    }
    match protocol {
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
            // In XML a tag cannot stand in text: its bracket would be escaped.
            let tag = |name: &str| has(&format!("{name}>"));
            tag("ccessKeyId") && (tag("ecretAccessKey") || tag("ecretKey") || tag("essionToken"))
        }
        Protocol::Json10 | Protocol::Json11 | Protocol::RestJson => {
            serde_json::from_slice(body).map_or(true, |value| value_looks_issued(&value))
        }
        Protocol::Cbor => true,
    }
}

fn value_looks_issued(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(value_looks_issued),
        Value::Object(members) => {
            let has = |name: &str| {
                members.iter().any(|(have, value)| {
                    have.eq_ignore_ascii_case(name) && value.as_str().is_some_and(|text| !text.is_empty())
                })
            };
            let issued =
                has("AccessKeyId") && (has("SecretAccessKey") || has("SecretKey") || has("SessionToken"));
            issued || members.values().any(value_looks_issued)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::Effect;
    use interlock_reader_aws::catalogue::{self, Catalogue, Kind, ShapeId};

    use super::*;

    #[test]
    fn elements_are_replaced_and_nothing_else() {
        let body = br#"<?xml version="1.0"?><A xmlns="x"><AccessKeyId>real</AccessKeyId><Other>a&amp;b</Other><SessionToken>se&amp;cret</SessionToken><Empty/></A>"#;
        let replacement = [("AccessKeyId", Some("v<1".to_owned())), ("SessionToken", None)];
        let written = replace_elements(body, &replacement).unwrap();
        assert_eq!(
            std::str::from_utf8(&written).unwrap(),
            r#"<?xml version="1.0"?><A xmlns="x"><AccessKeyId>v&lt;1</AccessKeyId><Other>a&amp;b</Other><SessionToken></SessionToken><Empty/></A>"#
        );
        assert!(replace_elements(b"<A><AccessKeyId>x", &replacement).is_none());
        assert!(replace_elements(b"<AccessKeyId><b>x</b></AccessKeyId>", &replacement).is_none());
    }

    #[test]
    fn the_account_that_credentials_open() {
        use serde_json::json;
        let home = AccountId::from("111122223333");
        let of = |service: &str, operation: &str, arguments: Value, answer: Value| {
            let service = Catalogue::get().service(service).unwrap();
            let operation = service.operation(operation).unwrap();
            let place = place(&service, operation).unwrap();
            let asked = Asked { service: &service, operation, arguments: &arguments, account: Some(&home) };
            account_of(place.opens, &asked, &answer).map(|account| account.to_string())
        };
        let role = json!({"AssumedRoleUser": {"Arn": "arn:aws:sts::999988887777:assumed-role/x/me"}});
        let (home, other) = (Some("111122223333".to_owned()), Some("999988887777".to_owned()));
        for operation in ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"] {
            assert_eq!(of("sts", operation, json!({}), role.clone()), other, "{operation}");
            assert_eq!(of("sts", operation, json!({}), json!({})), None, "{operation}");
        }
        for root in ["999988887777", "arn:aws:iam::999988887777:root"] {
            assert_eq!(of("sts", "AssumeRoot", json!({"TargetPrincipal": root}), json!({})), other, "{root}");
        }
        for nobody in [json!({}), json!({"TargetPrincipal": "me"}), json!({"TargetPrincipal": "arn:x"})] {
            assert_eq!(of("sts", "AssumeRoot", nobody, json!({})), None);
        }
        let user = json!({"FederatedUser": {"Arn": "arn:aws:sts::111122223333:federated-user/x"}});
        assert_eq!(of("sts", "GetFederationToken", json!({}), user), home);
        assert_eq!(of("sts", "GetFederationToken", json!({}), json!({})), None);
        for (service, operation) in
            [("sts", "GetSessionToken"), ("s3", "CreateSession"), ("iam", "CreateAccessKey")]
        {
            assert_eq!(of(service, operation, json!({}), json!({})), home, "{operation}");
        }
    }

    /// What an answer of this shape would look like with every member there.
    fn made_up(service: &Service, shape: ShapeId, json: bool, depth: usize) -> String {
        let Some(shape) = service.shape(shape).filter(|_| depth > 0) else { return "null".to_owned() };
        let below = |shape| made_up(service, shape, json, depth - 1);
        match &shape.kind {
            Kind::Structure(structure) => {
                let member = |member: &catalogue::Member| {
                    let (name, value) = (member.location_name, below(member.shape));
                    if json { format!("\"{name}\":{value}") } else { format!("<{name}>{value}</{name}>") }
                };
                let members: Vec<String> = structure.members.iter().map(member).collect();
                if json { format!("{{{}}}", members.join(",")) } else { members.concat() }
            }
            Kind::List { member, .. } if json => format!("[{}]", below(*member)),
            Kind::List { member, .. } => format!("<member>{}</member>", below(*member)),
            Kind::Map { value, .. } if json => format!("{{\"k\":{}}}", below(*value)),
            _ if json => "\"x\"".to_owned(),
            _ => "x".to_owned(),
        }
    }

    /// Of every operation that hands out credentials none is a mere read, and where they are keys of AWS the agent gets
    /// virtual ones in their place, or nothing. So it is with whatever else has a key and its secret in its answer.
    #[test]
    fn no_operation_of_the_catalogue_hands_out_keys_of_aws() {
        let (mut out, mut rewritten, mut withheld, mut judged) = (0, 0, 0, 0);
        for name in Catalogue::get().services() {
            let service = Catalogue::get().service(name).unwrap();
            for operation in &service.operations {
                let json =
                    !matches!(service.protocols[0], Protocol::Query | Protocol::Ec2 | Protocol::RestXml);
                let answer =
                    operation.output.map(|output| made_up(&service, output, json, 8)).unwrap_or_default();
                let lower = answer.to_lowercase();
                let has = |name: &str| {
                    lower.contains(&format!("{name}\":")) || lower.contains(&format!("<{name}>"))
                };
                let keys = has("accesskeyid") && (has("secretaccesskey") || has("sessiontoken"));
                if operation.credentials_out {
                    let action =
                        interlock_reader_aws::judge(&service, operation, Some("r"), Some("1"), &Value::Null);
                    let plain = action.claims.iter().all(|claim| claim.effect == Effect::Read);
                    assert!(!plain, "{name}:{} is a mere read", operation.name);
                    out += 1;
                }
                if rewrites(&service, operation) {
                    assert!(keys, "{name}:{} hands out none", operation.name);
                    rewritten += 1;
                } else if keys {
                    let caught = looks_issued(service.protocols[0], answer.as_bytes());
                    assert!(caught, "{name}:{} hands out keys: {answer}", operation.name);
                    withheld += 1;
                } else if operation.credentials_out {
                    judged += 1;
                }
            }
        }
        println!(
            "{out} hand out credentials: {rewritten} virtual, {withheld} withheld, {judged} of another kind"
        );
        assert!(out >= 36 && rewritten >= 8, "{out} {rewritten}");
    }

    #[test]
    fn the_shape_of_credentials() {
        let yes = r#"{"a":[{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s","expiration":1}}]}"#;
        assert!(looks_issued(Protocol::RestJson, yes.as_bytes()));
        assert!(looks_issued(Protocol::Json11, br#"{"Credentials":{"AccessKeyId":"A","SecretKey":"s"}}"#));
        // A secret's value is text, and listing keys gives no secrets.
        let text = r#"{"SecretString":"{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"s\"}"}"#;
        assert!(!looks_issued(Protocol::Json11, text.as_bytes()));
        assert!(!looks_issued(Protocol::Json11, br#"{"AccessKeyId":"A"}"#));
        assert!(looks_issued(
            Protocol::Query,
            b"<r><AccessKeyId>A</AccessKeyId><SecretAccessKey>s</SecretAccessKey></r>"
        ));
        assert!(!looks_issued(
            Protocol::Query,
            b"<r><AccessKeyId>A</AccessKeyId><t>SecretAccessKey&gt;</t></r>"
        ));
        assert!(looks_issued(Protocol::Cbor, b"..AccessKeyId..SecretAccessKey"));
    }
}
