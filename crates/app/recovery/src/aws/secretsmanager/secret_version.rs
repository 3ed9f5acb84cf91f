//! Which version of a secret is the current one: a new value, a moved label; and what is said of the secret.
//!
//! Kept: which version bears which label, the description, the key. No value is read: the old version stays with the
//! service. Back: the labels are moved. Compared: all that is kept. The version that was written stays, without a label. Not a
//! way back: a key where the service's own was used, which cannot be named; another type.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, changed, is, later, only, sends_any, set_by_service, step, text, texts, with},
};

/// The way.
pub(super) struct Version;

const OPERATIONS: &[&str] = &["PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"];
const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

fn secret(deed: &Deed) -> Option<&str> {
    text(deed, "/SecretId").filter(|_| is(deed, "secretsmanager", OPERATIONS) && !sends_any(deed, &["Type"]))
}

impl OneRead for Version {
    fn called(&self) -> &'static str {
        "secretsmanager/secret-version"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("secretsmanager", "DescribeSecret", json!({"SecretId": secret(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the secret is not there")?;
        let mut stages: Map<String, Value> = Map::new();
        for (version, _) in at(answer, "/VersionIdsToStages").as_object().into_iter().flatten() {
            for stage in texts(answer, &format!("/VersionIdsToStages/{version}")) {
                stages.insert(stage.to_owned(), version.as_str().into());
            }
        }
        let description = at(answer, "/Description").as_str().unwrap_or_default();
        Ok(with(only(answer, &["KmsKeyId"]), json!({"Description": description, "stages": stages})))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let unnamed = sends_any(deed, &["KmsKeyId"]) && at(before, "/KmsKeyId").is_null();
        (!unnamed).then(Terms::exact)
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let secret = secret(deed).ok_or("the secret is not named")?;
        let mut steps = Vec::new();
        let words = |state: &Value| only(state, &["Description", "KmsKeyId"]);
        let words = changed(&words(before), &words(now));
        if words.as_object().is_some_and(|words| !words.is_empty()) {
            let arguments = with(words, json!({"SecretId": secret}));
            let name = format!("set what is said of {secret} back");
            steps.push(step(name, call(deed, "secretsmanager", "UpdateSecret", arguments)));
        }
        let (was, is) = (at(before, "/stages"), at(now, "/stages"));
        let moved = |stage: &str| was.get(stage) != is.get(stage);
        // Moving the current label makes the service move the previous one: that is the last.
        let all =
            was.as_object().into_iter().chain(is.as_object()).flatten().map(|(stage, _)| stage.as_str());
        let mut all: Vec<&str> = all.filter(|stage| *stage != CURRENT && *stage != PREVIOUS).collect();
        all.sort_unstable();
        all.dedup();
        let first = moved(CURRENT);
        for stage in [CURRENT].into_iter().chain(all).chain([PREVIOUS]) {
            let follows = stage == PREVIOUS && first;
            if !moved(stage) && !follows {
                continue;
            }
            let name = format!("move the label {stage} of {secret} back");
            if follows {
                // What the service will have made of it: whatever was current.
                if is.get(CURRENT) != was.get(PREVIOUS) {
                    steps.push(later(name));
                }
                continue;
            }
            let arguments = json!({
                "SecretId": secret,
                "VersionStage": stage,
                "RemoveFromVersionId": is.get(stage),
                "MoveToVersionId": was.get(stage),
            });
            let arguments = with(arguments, json!({}));
            steps.push(step(name, call(deed, "secretsmanager", "UpdateSecretVersionStage", arguments)));
        }
        Ok(steps)
    }

    /// The service moves the previous label to the version that the current one was taken from.
    fn meanwhile(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        let (was, is) = (at(before, "/stages"), at(now, "/stages"));
        let back = was.get(CURRENT) == is.get(CURRENT);
        let previous = is.get(PREVIOUS).cloned().unwrap_or_default();
        back.then(|| set_by_service(before, &[("/stages/AWSPREVIOUS", previous)])).into_iter().collect()
    }
}
