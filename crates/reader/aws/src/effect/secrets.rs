//! Which parameters are secret, and which are idempotency tokens, as JSON pointers.

use std::collections::HashSet;

use serde_json::Value;

use crate::catalogue::{Kind, Operation, Service, Shape, ShapeId};

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

/// Members of single operations that hold secrets under a name that elsewhere means nothing of the kind.
const OF_OPERATIONS: [(&str, &str, &str); 3] = [
    ("apigateway", "CreateApiKey", "value"),
    ("apigateway", "ImportApiKeys", "body"),
    // PutParameter's value is secret when the parameter is.
    ("ssm", "PutParameter", "Value"),
];

/// Lists and maps of environment variables: people put secrets there, whatever they call them.
const ENVIRONMENTS: [&str; 7] = [
    "environment",
    "environmentVariables",
    "environmentVariablesOverride",
    "runtimeEnvironmentVariables",
    "containerEnvironment",
    "envVars",
    "variables",
];

/// Members that name a pair's value, and those that hold it.
const NAMES: [&str; 5] = ["name", "key", "parameterkey", "optionname", "tagkey"];
const VALUES: [&str; 3] = ["value", "parametervalue", "tagvalue"];

/// What a name that means a secret has in it, letters and digits only.
const WORDS: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "private",
    "credential",
    "signingkey",
    "encryptionkey",
    "connectionstring",
    "webhookurl",
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
    for (of, name, member) in OF_OPERATIONS {
        if (of, name) == (service.name, operation.name) && parameters.get(member).is_some() {
            found.secrets.push(format!("/{member}"));
        }
    }
    for list in [&mut found.secrets, &mut found.tokens] {
        list.sort();
        list.dedup();
        // What lies in something that is sealed whole is sealed with it.
        let all: HashSet<String> = list.iter().cloned().collect();
        let outer =
            |at: &str| at.match_indices('/').any(|(end, _)| at.get(..end).is_some_and(|at| all.contains(at)));
        list.retain(|at| !outer(at));
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
            let secret = is_secret_pair(service, members);
            for (name, value) in members {
                let at = format!("{at}/{}", escape(name));
                let is_leaf = value.is_string() || value.is_number();
                let is_secret = SECRET_MEMBERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
                    || (secret && among(&VALUES, name));
                if is_leaf && is_secret {
                    found.secrets.push(at);
                    continue;
                }
                let Some(member) = structure.member(name) else { continue };
                let map = matches!(service.shape(member.shape), Some(Shape { kind: Kind::Map { .. }, .. }));
                if among(&ENVIRONMENTS, name) {
                    variables(value, map, &at, &mut found.secrets);
                }
                walk(service, member.shape, value, &at, found);
            }
        }
        (Kind::List { member, .. }, Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                walk(service, *member, value, &format!("{at}/{index}"), found);
            }
        }
        (Kind::Map { value: shape, .. }, Value::Object(values)) => {
            for (key, value) in values {
                let at = format!("{at}/{}", escape(key));
                if value.is_string() && is_secret_name(key) {
                    found.secrets.push(at);
                } else {
                    walk(service, *shape, value, &at, found);
                }
            }
        }
        _ => {}
    }
}

/// Whether this is a pair of a name and a value of which the value is a secret. What is given to a template may be one
/// whatever it is called.
fn is_secret_pair(service: &Service, members: &serde_json::Map<String, Value>) -> bool {
    let names =
        members.iter().filter(|(name, _)| among(&NAMES, name)).filter_map(|(_, value)| value.as_str());
    (service.name == "cloudformation" && members.contains_key("ParameterValue"))
        || names.into_iter().any(is_secret_name)
}

/// Whether a name says that what it names is a secret.
fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    WORDS.iter().any(|word| plain.contains(word))
}

/// The values of environment variables: of pairs or, where the shape is one, of a `map` of texts.
fn variables(value: &Value, map: bool, at: &str, secrets: &mut Vec<String>) {
    match value {
        Value::Array(pairs) => {
            let of = |(index, pair): (usize, &Value)| {
                let value = pair.as_object()?.keys().find(|name| among(&VALUES, name))?;
                Some(format!("{at}/{index}/{value}"))
            };
            secrets.extend(pairs.iter().enumerate().filter_map(of));
        }
        Value::Object(values) if map => {
            let texts = values.iter().filter(|(_, value)| value.is_string());
            secrets.extend(texts.map(|(name, _)| format!("{at}/{}", escape(name))));
        }
        _ => {}
    }
}

fn among(names: &[&str], name: &str) -> bool {
    names.iter().any(|have| have.eq_ignore_ascii_case(name))
}

/// A JSON pointer's reference token (RFC 6901 section 3).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
