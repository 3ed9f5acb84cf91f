//! The resource policy of a secret: put, written over, deleted.
//!
//! Kept: the document. Back: it is put again, or deleted. Compared: the document as JSON.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    iam::inline_policy::{document, spelled},
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text},
};

/// The way.
pub(super) struct ResourcePolicy;

fn secret(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "secretsmanager", &["PutResourcePolicy", "DeleteResourcePolicy"]);
    text(deed, "/SecretId").filter(|_| ours)
}

impl OneRead for ResourcePolicy {
    fn called(&self) -> &'static str {
        "secretsmanager/resource-policy"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("secretsmanager", "GetResourcePolicy", json!({"SecretId": secret(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let policy = at(answer.ok_or("the secret is not there")?, "/ResourcePolicy");
        Ok(if policy.is_null() { Value::Null } else { json!({"document": document(Some(policy))}) })
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let secret = secret(deed).ok_or("the secret is not named")?;
        if before.is_null() {
            let delete = call(deed, "secretsmanager", "DeleteResourcePolicy", json!({"SecretId": secret}));
            return Ok(vec![step(format!("delete the policy of {secret}"), delete)]);
        }
        let text = spelled(at(before, "/document"));
        let arguments = json!({"SecretId": secret, "ResourcePolicy": text});
        let put = call(deed, "secretsmanager", "PutResourcePolicy", arguments);
        Ok(vec![step(format!("put the policy of {secret} back"), put)])
    }
}
