//! The policy of a key.
//!
//! Kept: the document. Back: it is put again, which works unless the new one locks Interlock out. Compared: the document as
//! JSON.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    iam::inline_policy::{document, spelled},
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text},
};

/// The way.
pub(super) struct KeyPolicy;

fn of(deed: &Deed) -> Option<(&str, &str)> {
    let key = text(deed, "/KeyId").filter(|_| is(deed, "kms", &["PutKeyPolicy"]))?;
    Some((key, text(deed, "/PolicyName").unwrap_or("default")))
}

impl OneRead for KeyPolicy {
    fn called(&self) -> &'static str {
        "kms/key-policy"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (key, policy) = of(deed)?;
        Some(Ask("kms", "GetKeyPolicy", json!({"KeyId": key, "PolicyName": policy})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the key is not there")?;
        Ok(json!({"document": document(Some(at(answer, "/Policy")))}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (key, policy) = of(deed).ok_or("the key is not named")?;
        let text = spelled(at(before, "/document"));
        let arguments = json!({"KeyId": key, "PolicyName": policy, "Policy": text});
        Ok(vec![step(format!("put the policy of {key} back"), call(deed, "kms", "PutKeyPolicy", arguments))])
    }
}
