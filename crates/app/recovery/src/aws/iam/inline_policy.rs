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
            let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
            arguments.insert("PolicyDocument".to_owned(), text.into());
        }
        let name = format!("put the policy {policy} of {owner} back");
        Ok(vec![step(name, call(deed, "iam", put, arguments))])
    }
}

/// A document as JSON, however it is spelled; as text where it is none.
pub(super) fn document(value: Option<&Value>) -> Value {
    let Some(text) = value.and_then(Value::as_str) else { return value.cloned().unwrap_or_default() };
    // IAM answers with the document percent-encoded (IAM API Reference, "GetRolePolicy").
    let text = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
}
