//! An access key, set active or inactive.
//!
//! Kept: whether it is active. Back: it is set so. Compared: the same. A key that is deleted does not come back: its secret
//! is nowhere.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, text, word},
};

/// The way.
pub(super) struct AccessKey;

/// Whose, and which. Without a user it is the caller's own, and Interlock is another caller.
fn of(deed: &Deed) -> Option<(&str, &str)> {
    let ours = is(deed, "iam", &["UpdateAccessKey"]);
    text(deed, "/UserName").zip(text(deed, "/AccessKeyId")).filter(|_| ours)
}

impl OneRead for AccessKey {
    fn called(&self) -> &'static str {
        "iam/access-key"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("iam", "ListAccessKeys", json!({"UserName": of(deed)?.0})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, key) = of(deed).ok_or("the key is not named")?;
        let keys = list(answer.ok_or("the user is not there")?, "/AccessKeyMetadata");
        let ours = keys.iter().find(|one| word(one, "/AccessKeyId") == Some(key));
        Ok(json!({"Status": at(ours.ok_or("the key is not there")?, "/Status")}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (user, key) = of(deed).ok_or("the key is not named")?;
        let status = at(before, "/Status");
        let arguments = json!({"UserName": user, "AccessKeyId": key, "Status": status});
        let name = format!("set the key {key} of {user} to {}", status.as_str().unwrap_or("?"));
        Ok(vec![step(name, call(deed, "iam", "UpdateAccessKey", arguments))])
    }
}
