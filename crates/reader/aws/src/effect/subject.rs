//! What claims and targets are derived from: an operation with its parsed parameters, and where it acts.

use serde_json::Value;

use crate::catalogue::{Access, ResourceRef};

/// An operation as it is judged. Nothing here comes from the host, the path or the method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The service's name in clients: `rds`.
    pub(crate) service: &'a str,
    /// `DeleteDBInstance`.
    pub(crate) operation: &'a str,
    /// The published access level.
    pub(crate) access: Access,
    /// The resource types it acts on.
    pub(crate) resources: &'a [ResourceRef],
    /// The answer carries credentials.
    pub(crate) credentials_out: bool,
    /// The answer carries an address that works without a signature.
    pub(crate) presigned_out: bool,
    /// Where it acts, as signed.
    pub(crate) region: Option<&'a str>,
    /// The session's account; never taken from the request.
    pub(crate) account: Option<&'a str>,
    /// The parameters by member names.
    pub(crate) parameters: &'a Value,
}

impl<'a> Subject<'a> {
    /// The service whose tables and rules apply: DocumentDB and Neptune speak RDS's API and share its ARNs.
    pub(crate) fn family(&self) -> &'a str {
        match self.service {
            "docdb" | "neptune" => "rds",
            "es" => "opensearch",
            service => service,
        }
    }

    /// Whether it is this operation of this family.
    pub(crate) fn is(&self, service: &str, operation: &str) -> bool {
        self.family() == service && self.operation == operation
    }

    /// Every value at a member path: `Delete.Objects[].VersionId`.
    pub(crate) fn all(&self, path: &str) -> Vec<&'a Value> {
        all(self.parameters, path)
    }

    /// Every text at a member path.
    pub(crate) fn texts(&self, path: &str) -> Vec<&'a str> {
        self.all(path).into_iter().filter_map(Value::as_str).collect()
    }

    /// The first value at a member path.
    pub(crate) fn one(&self, path: &str) -> Option<&'a Value> {
        self.all(path).into_iter().next()
    }

    /// The first text at a member path.
    pub(crate) fn text(&self, path: &str) -> Option<&'a str> {
        self.one(path).and_then(Value::as_str)
    }

    /// The first integer at a member path.
    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        self.one(path).and_then(Value::as_i64)
    }

    /// Whether a value stands there, whatever it is.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.one(path).is_some_and(|value| !value.is_null())
    }

    /// Whether `true` stands there.
    pub(crate) fn on(&self, path: &str) -> bool {
        self.one(path).and_then(Value::as_bool) == Some(true)
    }

    /// Whether `false` stands there; an absent member is not off.
    pub(crate) fn off(&self, path: &str) -> bool {
        self.one(path).and_then(Value::as_bool) == Some(false)
    }

    /// Whether that account is not known to be the session's own. Where the session's account is unknown, every
    /// account is another's.
    pub(crate) fn foreign(&self, account: &str) -> bool {
        is_account(account) && self.account != Some(account)
    }

    /// `aws`, `aws-cn`, `aws-us-gov`: by the region.
    pub(crate) fn partition(&self) -> &'static str {
        crate::arn::partition(self.region)
    }
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Every value at a member path; `[]` after a list's name, `*` for each value of a map.
pub(crate) fn all<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![value];
    for step in path.split('.') {
        let (name, list) = match step.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (step, false),
        };
        let mut next = Vec::new();
        for value in found {
            if name == "*" {
                next.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
            } else if let Some(value) = value.get(name) {
                next.push(value);
            }
        }
        found = match list {
            true => next.into_iter().filter_map(Value::as_array).flatten().collect(),
            false => next,
        };
    }
    found
}
