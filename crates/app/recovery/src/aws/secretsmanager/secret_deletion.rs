//! A secret whose deletion is scheduled, or taken back.
//!
//! Kept: whether it is to be deleted. Back: it is restored. Compared: the same. Open for as long as the recovery window
//! lasts; a deletion without a window has no way back.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text},
};

/// The way.
pub(super) struct Deletion;

/// What the service takes where no window is named.
const WINDOW: u32 = 30;

fn secret(deed: &Deed) -> Option<&str> {
    let forced = deed.arguments.get("ForceDeleteWithoutRecovery") == Some(&Value::Bool(true));
    text(deed, "/SecretId").filter(|_| is(deed, "secretsmanager", &["DeleteSecret"]) && !forced)
}

impl OneRead for Deletion {
    fn called(&self) -> &'static str {
        "secretsmanager/secret-deletion"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("secretsmanager", "DescribeSecret", json!({"SecretId": secret(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the secret is not there")?;
        Ok(json!({"deleted": !at(answer, "/DeletedDate").is_null()}))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let days = deed.arguments.get("RecoveryWindowInDays").and_then(Value::as_u64);
        let days = days.and_then(|days| u32::try_from(days).ok()).unwrap_or(WINDOW);
        (at(before, "/deleted") == &Value::Bool(false)).then(|| Terms::exact().within_days(days))
    }

    fn remains(&self, deed: &Deed, _before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let secret = secret(deed).ok_or("the secret is not named")?;
        let restore = call(deed, "secretsmanager", "RestoreSecret", json!({"SecretId": secret}));
        Ok(vec![step(format!("restore the secret {secret}"), restore)])
    }
}
