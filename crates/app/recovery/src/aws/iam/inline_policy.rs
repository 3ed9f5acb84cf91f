//! The inline policy of a role, user or group: written, written over, deleted.
//!
//! Kept: the document. Back: the document is put again, or the policy deleted. Compared: the document as JSON.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{Way, call, found, is, read, step, text};

/// The way.
pub(super) struct InlinePolicy;

/// The member that names the owner, and the operations: read, put, delete.
const OWNERS: [(&str, &str, &str, &str); 3] = [
    ("RoleName", "GetRolePolicy", "PutRolePolicy", "DeleteRolePolicy"),
    ("UserName", "GetUserPolicy", "PutUserPolicy", "DeleteUserPolicy"),
    ("GroupName", "GetGroupPolicy", "PutGroupPolicy", "DeleteGroupPolicy"),
];

struct Of<'a> {
    arguments: Value,
    owner: &'a str,
    policy: &'a str,
    operations: (&'static str, &'static str, &'static str),
}

fn of(deed: &Deed) -> Option<Of<'_>> {
    let (member, get, put, delete) =
        OWNERS.into_iter().find(|(.., put, delete)| is(deed, "iam", &[put, delete]))?;
    let (owner, policy) = (text(deed, &format!("/{member}"))?, text(deed, "/PolicyName")?);
    let arguments = json!({member: owner, "PolicyName": policy});
    Some(Of { arguments, owner, policy, operations: (get, put, delete) })
}

impl Way for InlinePolicy {
    fn name(&self) -> &'static str {
        "iam/inline-policy"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        of(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        of(deed).map(|of| read(deed, "iam", of.operations.0, of.arguments)).into_iter().collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let of = of(deed).ok_or("the policy is not named")?;
        let answer = found(answers, "iam", of.operations.0, &of.arguments)?;
        Ok(answer.map_or(Value::Null, |answer| json!({"document": document(answer.get("PolicyDocument"))})))
    }

    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }

    fn back(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let Of { mut arguments, owner, policy, operations: (_, put, delete) } =
            of(deed).ok_or("the policy is not named")?;
        if before.is_null() {
            let name = format!("delete the policy {policy} of {owner}");
            return Ok(vec![step(name, call(deed, "iam", delete, arguments))]);
        }
        let document = before.get("document").ok_or("the document was not kept")?;
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.insert("PolicyDocument".to_owned(), spelled(document));
        }
        let name = format!("put the policy {policy} of {owner} back");
        Ok(vec![step(name, call(deed, "iam", put, arguments))])
    }
}

/// A document as JSON, however it is spelled; as text where it is none.
pub(in crate::aws) fn document(value: Option<&Value>) -> Value {
    let Some(text) = value.and_then(Value::as_str) else { return value.cloned().unwrap_or_default() };
    // IAM answers with the document percent-encoded (IAM API Reference, "GetRolePolicy"); others do not, and a document may
    // have a percent sign of its own.
    let plain = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    let parsed = serde_json::from_str(text).or_else(|_| serde_json::from_str(&plain));
    parsed.unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// A document as the text that it is put as.
pub(in crate::aws) fn spelled(document: &Value) -> Value {
    Value::String(document.as_str().map_or_else(|| document.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_the_same_however_it_is_spelled() {
        let plain = json!("{\"Action\": \"s3:Get*\", \"a\": \"100%\"}");
        let encoded = json!("%7B%22Action%22%3A%20%22s3%3AGet%2A%22%2C%20%22a%22%3A%20%22100%25%22%7D");
        assert_eq!(document(Some(&plain)), json!({"a": "100%", "Action": "s3:Get*"}));
        assert_eq!(document(Some(&encoded)), document(Some(&plain)));
        assert_eq!(document(Some(&json!("no JSON"))), json!("no JSON"));
    }
}
