//! Which parameters are secret, and which are idempotency tokens, as JSON pointers.

#[cfg(test)]
mod tests;

use interlock_action::{outermost, part};
use serde_json::{Map, Value};

use super::{
    acting::{acts, is_run},
    texts,
};
use crate::catalogue::{Kind, Operation, Service, Shape, ShapeId, Structure};

/// Pointers into the parameters.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pointers {
    /// Values that must not be stored, shown or digested in the clear.
    pub(crate) secrets: Vec<String>,
    /// Idempotency tokens.
    pub(crate) tokens: Vec<String>,
}

/// Members that hold secrets though not every model says so.
const SECRET_MEMBERS: [&str; 27] = [
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
    "SecretToAuthenticateInitiator",
    "SecretToAuthenticateTarget",
];

/// Members of single operations that hold secrets under a name that elsewhere means nothing of the kind.
const OF_OPERATIONS: [(&str, &str, &str); 3] = [
    ("apigateway", "CreateApiKey", "value"),
    ("apigateway", "ImportApiKeys", "body"),
    // PutParameter's value is secret when the parameter is.
    ("ssm", "PutParameter", "Value"),
];

/// Members whose name means a secret elsewhere.
const NO_SECRETS: [(&str, &str); 4] = [
    // The id of one.
    ("apigateway", "apiKey"),
    // Whether there is one, and which.
    ("iot-managed-integrations", "GeneralAuthorization"),
    ("lakeformation", "Authorization"),
    ("redshift", "Authorization"),
];

/// What the name of a secret ends in, letters and digits only: what it *is*. What is about one (`PasswordLength`,
/// `SecretArn`, `TokenEndpoint`) says so at its end.
const ENDS: [&str; 20] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "secretkey",
    "secretaccesskey",
    "secretstring",
    "secretvalue",
    "privatekey",
    "token",
    "apikey",
    "signingkey",
    "connectionstring",
    "webhookurl",
    "authorization",
    "authkey",
    "tokenkey",
];

/// Short names of secrets, as a last word: `DB_PW`.
const SHORT: [&str; 4] = ["pw", "pass", "psk", "cak"];

/// Tokens that open nothing: of pages, of requests made once, of versions.
const PLAIN_TOKENS: [&str; 26] = [
    "next",
    "page",
    "pagination",
    "continuation",
    "start",
    "starting",
    "chunk",
    "message",
    "client",
    "request",
    "idempotency",
    "creation",
    "purchase",
    "change",
    "lock",
    "update",
    "sequence",
    "version",
    "conditional",
    "checkpoint",
    "block",
    "workflow",
    "retrieval",
    "result",
    "max",
    "http",
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
const VALUES: [&str; 5] = ["value", "parametervalue", "tagvalue", "attributevalue", "headervalue"];

/// Members that name a setting: there a word that means a secret says so at its end, as in a member's own name. What is about
/// one (`/apiKeySource`, `validate_password.policy`) acts.
const SETTINGS: [&str; 5] = ["path", "parametername", "attributename", "httpheadername", "headername"];

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
        let mut walk = Walk { service, found: &mut found.secrets };
        walk.value(input, "", false, parameters, "");
    }
    let top = parameters.as_object().into_iter().flat_map(Map::keys);
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
    outermost(&mut found.secrets);
    outermost(&mut found.tokens);
    found
}

/// Where the secrets stand in JSON of which no model says what it holds: under names that mean secrets, in texts, and in variables of
/// an environment.
pub fn secrets_in(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    nested(value, "", &mut found);
    found
}

struct Walk<'a> {
    service: &'a Service,
    found: &'a mut Vec<String>,
}

impl Walk<'_> {
    /// A value and its shape; `name` is the member that it stands in. `runs` says that it acts, though the model calls it
    /// secret or its members are named as they like: nothing in it is sealed in which a command finds room.
    fn value(&mut self, id: ShapeId, name: &str, runs: bool, value: &Value, at: &str) {
        let Some(shape) = self.service.shape(id) else { return };
        let runs =
            runs || (shape.sensitive && acts(self.service.name, name)) || is_run(self.service.name, name);
        if shape.sensitive && !runs && !value.is_null() && !at.is_empty() {
            self.found.push(at.to_owned());
            return;
        }
        if let Value::String(text) = value {
            self.found.extend(texts::hidden(text).into_iter().map(|range| part(at, &range)));
        }
        match (&shape.kind, value) {
            (Kind::Structure(structure), Value::Object(members)) => {
                self.structure(structure, runs, members, at);
            }
            (Kind::List { member, .. }, Value::Array(values)) => {
                let mut flag = false;
                for (index, value) in values.iter().enumerate() {
                    let at = format!("{at}/{index}");
                    match (flag, value) {
                        (true, Value::String(text)) if texts::is_word(text) && !text.starts_with('-') => {
                            self.found.push(at);
                        }
                        _ => self.value(*member, name, runs, value, &at),
                    }
                    flag = value.as_str().is_some_and(texts::is_secret_flag);
                }
            }
            (Kind::Map { value: shape, .. }, Value::Object(values)) => {
                for (key, value) in values {
                    let at = format!("{at}/{}", escape(key));
                    // What a name of somebody's own holds may be anything: lists, items.
                    if !is_secret_name(key) || !leaves(value, runs, &at, self.found) {
                        self.value(*shape, name, runs, value, &at);
                    }
                }
            }
            (Kind::Document, _) => free(value, at, self.found),
            _ => {}
        }
    }

    fn structure(&mut self, structure: &Structure, runs: bool, members: &Map<String, Value>, at: &str) {
        let service = self.service;
        let secret = is_secret_pair(service, members);
        for (name, value) in members {
            let at = format!("{at}/{}", escape(name));
            let is_header = name == "Values" && members.contains_key("HttpHeaderName");
            let of_pair = secret && (is_value_of_pair(name) || is_header);
            let is_secret = of_pair
                || SECRET_MEMBERS.iter().any(|secret| secret.eq_ignore_ascii_case(name))
                || (is_secret_word(name) && !NO_SECRETS.contains(&(service.name, name.as_str())));
            // Where it is a record, it says what is a secret in it; a pair's value and user data do not.
            let whole = !value.is_object() || of_pair || name.eq_ignore_ascii_case("UserData");
            if is_secret && whole && leaves(value, runs && of_pair, &at, self.found) {
                continue;
            }
            let Some(member) = structure.member(name) else { continue };
            let map = matches!(service.shape(member.shape), Some(Shape { kind: Kind::Map { .. }, .. }));
            if is_environment(name) {
                variables(value, map, &at, self.found);
            }
            self.value(member.shape, name, runs, value, &at);
        }
    }
}

/// JSON of which no model says what it holds.
fn free(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                nested(value, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(values) => {
            for (name, value) in values {
                let at = format!("{at}/{}", escape(name));
                // Settings that are called an environment hold more than variables.
                let settings = value.is_object() && name.eq_ignore_ascii_case("environment");
                if is_environment(name) && !settings {
                    variables(value, true, &at, found);
                }
                if value.is_object() || !is_secret_word(name) || !leaves(value, true, &at, found) {
                    nested(value, &at, found);
                }
            }
        }
        _ => {}
    }
}

fn nested(value: &Value, at: &str, found: &mut Vec<String>) {
    if let Value::String(text) = value {
        found.extend(texts::hidden(text).into_iter().map(|range| part(at, &range)));
    }
    free(value, at, found);
}

/// Every text and number in a value, unless it only names a resource, or it `runs` and is more than a word; whether
/// there is one.
fn leaves(value: &Value, runs: bool, at: &str, found: &mut Vec<String>) -> bool {
    match value {
        Value::String(text) if text.starts_with("arn:") => false,
        // `Bearer …` of a header: what comes behind it.
        Value::String(text) if runs && !texts::is_word(text) => {
            let word = texts::word(text);
            found.extend(word.iter().map(|range| part(at, range)));
            word.is_some()
        }
        Value::String(_) | Value::Number(_) => {
            found.push(at.to_owned());
            true
        }
        Value::Array(values) => {
            let each = values.iter().enumerate();
            each.fold(false, |any, (index, value)| leaves(value, runs, &format!("{at}/{index}"), found) | any)
        }
        Value::Object(values) => values.iter().fold(false, |any, (name, value)| {
            leaves(value, runs, &format!("{at}/{}", escape(name)), found) | any
        }),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Whether this is a pair of a name and a value of which the value is a secret. What is given to a template may be one
/// whatever it is called.
fn is_secret_pair(service: &Service, members: &Map<String, Value>) -> bool {
    let settings = members.get("Namespace").and_then(Value::as_str);
    let named =
        |(member, name): (&String, &Value)| name.as_str().is_some_and(|name| is_secret_pair_of(member, name));
    (service.name == "cloudformation" && members.contains_key("ParameterValue"))
        || settings == Some("aws:elasticbeanstalk:application:environment")
        || members.iter().any(named)
}

/// Whether a member names what its neighbour holds, and the name means a secret.
pub(super) fn is_secret_pair_of(member: &str, name: &str) -> bool {
    (among(&NAMES, member) && is_secret_name(name)) || (among(&SETTINGS, member) && is_secret_word(name))
}

/// Whether a member holds what its neighbour names.
pub(super) fn is_value_of_pair(member: &str) -> bool {
    among(&VALUES, member)
}

/// Whether a member holds environment variables.
pub(super) fn is_environment(member: &str) -> bool {
    among(&ENVIRONMENTS, member)
}

/// Whether a name says that what it names is a secret.
fn is_secret_name(name: &str) -> bool {
    let plain = plain(name);
    WORDS.iter().any(|word| plain.contains(word)) || is_secret_word(name)
}

/// Whether a name ends in a word that means a secret: the name of a member, or of something in a text.
pub(super) fn is_secret_word(name: &str) -> bool {
    let plain = plain(name);
    match plain.strip_suffix("token") {
        Some(of) => !PLAIN_TOKENS.iter().any(|token| of.ends_with(token)),
        None => ENDS.iter().any(|end| plain.ends_with(end)) || is_short(name),
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn is_short(name: &str) -> bool {
    let last = name.rsplit(|sign: char| !sign.is_ascii_alphanumeric()).next().unwrap_or_default();
    among(&SHORT, last)
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
