//! Whether a key's material is rotated.
//!
//! Kept: whether, and how often. Back: rotation is enabled or disabled. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, only, step, text, with},
};

/// The way.
pub(super) struct KeyRotation;

fn key(deed: &Deed) -> Option<&str> {
    text(deed, "/KeyId").filter(|_| is(deed, "kms", &["EnableKeyRotation", "DisableKeyRotation"]))
}

impl OneRead for KeyRotation {
    fn called(&self) -> &'static str {
        "kms/key-rotation"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("kms", "GetKeyRotationStatus", json!({"KeyId": key(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the key is not there")?;
        let on = at(answer, "/KeyRotationEnabled") == &Value::Bool(true);
        let period = if on { only(answer, &["RotationPeriodInDays"]) } else { json!({}) };
        Ok(with(period, json!({"enabled": on})))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let key = key(deed).ok_or("the key is not named")?;
        let on = at(before, "/enabled") == &Value::Bool(true);
        let (operation, words) =
            if on { ("EnableKeyRotation", "rotate") } else { ("DisableKeyRotation", "stop rotating") };
        let arguments = with(only(before, &["RotationPeriodInDays"]), json!({"KeyId": key}));
        Ok(vec![step(format!("{words} {key} again"), call(deed, "kms", operation, arguments))])
    }
}
