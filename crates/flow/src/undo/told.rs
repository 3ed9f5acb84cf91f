//! Whether a state is what a deed's arguments say it must be.
//!
//! Who looks right after a call sees what the call did. Who looks later may see what somebody else did: then only a change
//! that stands in the arguments, value for value, is taken for the deed's. What is sealed there explains nothing.

use std::collections::BTreeSet;

use interlock_action::{Deed, compared};
use serde_json::Value;

/// Texts of this length are not found in a request by chance.
const TELLING: usize = 8;

/// Beginnings of operations that take something away.
const TAKES_AWAY: [&str; 9] =
    ["Delete", "Remove", "Untag", "Disassociate", "Detach", "Revoke", "Disable", "Deregister", "Terminate"];

/// Whether every difference between the two states stands in the deed's arguments.
pub(crate) fn told(deed: &Deed, before: &Value, now: &Value) -> bool {
    let mut said = Said { takes_away: false, pairs: BTreeSet::new(), texts: BTreeSet::new() };
    said.takes_away = TAKES_AWAY.iter().any(|start| deed.operation.verb().starts_with(start));
    said.hear("", &deed.arguments);
    said.explains("", &compared(before), &compared(now))
}

/// What a request says: its values with the names that they stand under, and its texts.
struct Said {
    takes_away: bool,
    pairs: BTreeSet<(String, String)>,
    texts: BTreeSet<String>,
}

/// Services spell one name in several ways.
fn name(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Said {
    fn hear(&mut self, under: &str, value: &Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    self.texts.insert(key.clone());
                    self.hear(key, value);
                }
            }
            Value::Array(list) => list.iter().for_each(|one| self.hear(under, one)),
            Value::String(document) => {
                self.pairs.insert((name(under), document.clone()));
                self.texts.insert(document.clone());
                // Policies and the like are texts of their own.
                if let Ok(inner @ (Value::Object(_) | Value::Array(_))) = serde_json::from_str(document) {
                    self.hear(under, &inner);
                }
            }
            scalar => {
                self.pairs.insert((name(under), scalar.to_string()));
            }
        }
    }

    /// Whether what stood there and stands there no more, or otherwise, is what was asked for.
    fn explains(&self, under: &str, before: &Value, now: &Value) -> bool {
        if before == now {
            return true;
        }
        match (before, now) {
            (_, Value::Null) => self.takes_away && self.names(under, before),
            (Value::Object(before), Value::Object(now)) => {
                let all: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
                let of =
                    |map: &serde_json::Map<String, Value>, key| map.get(key).cloned().unwrap_or_default();
                all.into_iter().all(|key| self.explains(key, &of(before, key), &of(now, key)))
            }
            (Value::Array(before), Value::Array(now)) => {
                let added = now.iter().filter(|one| !before.contains(one)).all(|one| self.says(under, one));
                let whole = !now.is_empty() && now.iter().all(|one| self.says(under, one));
                let mut gone = before.iter().filter(|one| !now.contains(one));
                added && (whole || gone.all(|one| self.takes_away && self.names(under, one)))
            }
            (_, now) => self.says(under, now),
        }
    }

    /// Whether the request says this value.
    fn says(&self, under: &str, value: &Value) -> bool {
        match value {
            Value::Object(members) => members.iter().all(|(key, value)| self.says(key, value)),
            Value::Array(list) => list.iter().all(|one| self.says(under, one)),
            Value::Null => true,
            scalar => {
                let text = text(scalar);
                self.pairs.contains(&(name(under), text.clone()))
                    || (scalar.is_string()
                        && self.texts.contains(&text)
                        && (text.len() >= TELLING || self.texts.contains(under)))
            }
        }
    }

    /// Whether the request names what is gone: by its key, or by a text in it. All of it is named where it has no parts.
    fn names(&self, under: &str, gone: &Value) -> bool {
        under.is_empty() || self.texts.contains(under) || self.any(gone)
    }

    fn any(&self, value: &Value) -> bool {
        match value {
            Value::Object(members) => members.values().any(|one| self.any(one)),
            Value::Array(list) => list.iter().any(|one| self.any(one)),
            Value::String(text) => text.len() >= TELLING && self.texts.contains(text),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Operation, Surface};
    use serde_json::json;

    use super::*;

    fn of(verb: &str, arguments: Value, before: Value, now: Value) -> bool {
        let deed = Deed {
            surface: Surface::Aws,
            operation: Operation::aws("test", verb),
            account: None,
            region: None,
            arguments,
            targets: Vec::new(),
            points: Vec::new(),
            undo: None,
        };
        told(&deed, &before, &now)
    }

    #[test]
    fn a_state_that_the_request_asks_for_is_told_by_it() {
        let days = |days: u32| json!({"BackupRetentionPeriod": days, "MultiAZ": true});
        assert!(of("ModifyDBInstance", json!({"BackupRetentionPeriod": 3}), days(7), days(3)));
        let tags = |env: &str| json!({"tags": {"env": env, "by": "ana"}});
        let asked = json!({"Tags": [{"Key": "env", "Value": "dev"}]});
        assert!(of("TagResource", asked.clone(), tags("prod"), tags("dev")));
        assert!(of(
            "UntagResource",
            json!({"TagKeys": ["env"]}),
            tags("prod"),
            json!({"tags": {"by": "ana"}})
        ));
        let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*"}]});
        let put = json!({"Policy": policy.to_string()});
        assert!(of("PutBucketPolicy", put.clone(), Value::Null, json!({ "policy": policy })));
        assert!(of("DeleteBucketPolicy", json!({"Bucket": "b"}), json!({"policy": policy}), Value::Null));
        let group = |ranges: &[&str]| json!({"rules": ranges.iter().map(|range| json!({"CidrIp": range})).collect::<Vec<_>>()});
        let add = json!({"IpPermissions": [{"IpRanges": [{"CidrIp": "10.9.0.0/16"}]}]});
        assert!(of("Authorize", add.clone(), group(&["10.0.0.0/8"]), group(&["10.0.0.0/8", "10.9.0.0/16"])));
        assert!(of(
            "RevokeIngress",
            add.clone(),
            group(&["10.0.0.0/8", "10.9.0.0/16"]),
            group(&["10.0.0.0/8"])
        ));
        assert!(!of("Authorize", add, group(&["10.0.0.0/8"]), group(&["0.0.0.0/0"])));
    }

    #[test]
    fn what_the_request_does_not_say_is_somebody_elses() {
        let state = |days: u32, zones: bool| json!({"BackupRetentionPeriod": days, "MultiAZ": zones});
        let asked = json!({"BackupRetentionPeriod": 3, "DeletionProtection": false});
        assert!(!of("ModifyDBInstance", asked.clone(), state(7, true), state(9, true)), "another number");
        assert!(
            !of("ModifyDBInstance", asked.clone(), state(7, true), state(3, false)),
            "and another member"
        );
        assert!(!of("ModifyDBInstance", asked.clone(), state(7, true), Value::Null), "gone");
        let sealed = json!({"Value": "sealed:1f"});
        assert!(!of("PutParameter", sealed, json!({"value": "one"}), json!({"value": "two"})));
        let tags = |env: &str| json!({"tags": {"env": env}});
        assert!(!of(
            "TagResource",
            json!({"Tags": [{"Key": "by", "Value": "dev"}]}),
            tags("prod"),
            tags("dev")
        ));
        assert!(!of(
            "TagResource",
            json!({"Tags": [{"Key": "env", "Value": "dev"}]}),
            tags("prod"),
            json!({"tags": {}})
        ));
    }
}
