//! Whether a key can be used: disabled, enabled, its deletion scheduled.
//!
//! Kept: whether it is enabled. Back: a scheduled deletion is cancelled, and the key enabled or disabled as it was. Compared:
//! its state. Open for as long as the waiting period of the deletion lasts.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text, word},
};

/// The way.
pub(super) struct KeyState;

/// The longest waiting period, and what the service takes where none is named.
const LONGEST: u32 = 30;

fn key(deed: &Deed) -> Option<&str> {
    text(deed, "/KeyId").filter(|_| is(deed, "kms", &["DisableKey", "EnableKey", "ScheduleKeyDeletion"]))
}

impl OneRead for KeyState {
    fn called(&self) -> &'static str {
        "kms/key-state"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("kms", "DescribeKey", json!({"KeyId": key(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let state = at(answer.ok_or("the key is not there")?, "/KeyMetadata/KeyState");
        Ok(json!({"KeyState": state}))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        if !matches!(word(before, "/KeyState"), Some("Enabled" | "Disabled")) {
            return None;
        }
        if !is(deed, "kms", &["ScheduleKeyDeletion"]) {
            return Some(Terms::exact());
        }
        let days = deed.arguments.get("PendingWindowInDays").and_then(Value::as_u64);
        let days = days.and_then(|days| u32::try_from(days).ok()).unwrap_or(LONGEST);
        Some(Terms::exact().within_days(days))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let key = key(deed).ok_or("the key is not named")?;
        let mut steps = Vec::new();
        let mut state = word(now, "/KeyState");
        if matches!(state, Some("PendingDeletion" | "PendingReplicaDeletion")) {
            let arguments = json!({"KeyId": key});
            let name = format!("cancel the deletion of {key}");
            steps.push(step(name, call(deed, "kms", "CancelKeyDeletion", arguments)));
            // So it comes out of it.
            state = Some("Disabled");
        }
        let wanted = word(before, "/KeyState");
        let operation = match wanted {
            _ if wanted == state => return Ok(steps),
            Some("Enabled") => ("EnableKey", "enable"),
            Some("Disabled") => ("DisableKey", "disable"),
            _ => return Err("the key was neither enabled nor disabled".to_owned()),
        };
        let name = format!("{} {key}", operation.1);
        steps.push(step(name, call(deed, "kms", operation.0, json!({"KeyId": key}))));
        Ok(steps)
    }

    /// A key whose deletion is cancelled is disabled.
    fn meanwhile(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Vec<Value> {
        vec![json!({"KeyState": "Disabled"})]
    }
}
