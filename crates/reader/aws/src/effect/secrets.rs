//! Which parameters are secret, and which are idempotency tokens, as JSON pointers.

use serde_json::Value;

use crate::catalogue::{Kind, Operation, Service, ShapeId};

/// Pointers into the parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pointers {
    /// Values that must not be stored, shown or digested in the clear.
    pub(crate) secrets: Vec<String>,
    /// Idempotency tokens.
    pub(crate) tokens: Vec<String>,
}

/// Members that hold secrets though not every model says so.
const SECRET_MEMBERS: [&str; 25] = [
    "MasterUserPassword",
    "MasterPassword",
    "AdminPassword",
    "AdminUserPassword",
    "Password",
    "OldPassword",
    "NewPassword",
    "TemporaryPassword",
    "UserPassword",
    "ServicePassword",
    "SecretString",
    "SecretBinary",
    "SecretKey",
    "SecretAccessKey",
    "SessionToken",
    "WebIdentityToken",
    "SAMLAssertion",
    "AuthToken",
    "TokenCode",
    "PrivateKey",
    "CertificatePrivateKey",
    "SSECustomerKey",
    "CopySourceSSECustomerKey",
    "UserData",
    "Passphrase",
];

/// Members that are idempotency tokens though not every model says so.
const TOKEN_MEMBERS: [&str; 4] = ["ClientToken", "ClientRequestToken", "IdempotencyToken", "CallerReference"];

/// Walks parameters and shapes together.
pub(crate) fn pointers(service: &Service, operation: &Operation, parameters: &Value) -> Pointers {
    let mut found = Pointers::default();
    if let Some(input) = operation.input {
        walk(service, input, parameters, "", &mut found);
    }
    let top = parameters.as_object().into_iter().flat_map(serde_json::Map::keys);
    for name in top {
        if operation.idempotency_tokens.contains(&name.as_str()) || TOKEN_MEMBERS.contains(&name.as_str()) {
            found.tokens.push(format!("/{}", escape(name)));
        }
    }
    // PutParameter's value is secret when the parameter is.
    if service.name == "ssm" && operation.name == "PutParameter" && parameters.get("Value").is_some() {
        found.secrets.push("/Value".to_owned());
    }
    for list in [&mut found.secrets, &mut found.tokens] {
        list.sort();
        list.dedup();
    }
    found
}

fn walk(service: &Service, id: ShapeId, value: &Value, at: &str, found: &mut Pointers) {
    let Some(shape) = service.shape(id) else { return };
    if shape.sensitive && !value.is_null() && !at.is_empty() {
        found.secrets.push(at.to_owned());
        return;
    }
    match (&shape.kind, value) {
        (Kind::Structure(structure), Value::Object(members)) => {
            for (name, value) in members {
                let at = format!("{at}/{}", escape(name));
                let is_leaf = value.is_string() || value.is_number();
                if is_leaf && SECRET_MEMBERS.iter().any(|secret| secret.eq_ignore_ascii_case(name)) {
                    found.secrets.push(at);
                } else if let Some(member) = structure.member(name) {
                    walk(service, member.shape, value, &at, found);
                }
            }
        }
        (Kind::List { member, .. }, Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                walk(service, *member, value, &format!("{at}/{index}"), found);
            }
        }
        (Kind::Map { value: shape, .. }, Value::Object(values)) => {
            for (key, value) in values {
                walk(service, *shape, value, &format!("{at}/{}", escape(key)), found);
            }
        }
        _ => {}
    }
}

/// A JSON pointer's reference token (RFC 6901 section 3).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
