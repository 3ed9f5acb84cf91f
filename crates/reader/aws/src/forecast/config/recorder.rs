//! AWS Config recorders, delivery channels and rules.
//!
//! What changes while a recorder is off, or does not record a kind of thing, is not in the record, and nothing brings it
//! back. What was recorded stays for as long as the retention says, and what was delivered stays in its bucket. Reads:
//! DescribeConfigurationRecorders, DescribeConfigurationRecorderStatus, DescribeDeliveryChannels, DescribeConfigRules,
//! DescribeRetentionConfigurations.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Listed, flag, listed, number, or_dash, text},
    draft::{Draft, leading},
    words,
};

const RECORDERS: &str = "recorders";
const STATUS: &str = "status of the recorders";
const CHANNELS: &str = "delivery channels";
const RULES: &str = "rules";
const RETENTION: &str = "retention";

/// The forecaster of recorders, channels, rules and the retention.
pub(in crate::forecast) struct Recorder;

const OPERATIONS: [&str; 8] = [
    "StartConfigurationRecorder",
    "StopConfigurationRecorder",
    "DeleteConfigurationRecorder",
    "PutConfigurationRecorder",
    "DeleteDeliveryChannel",
    "PutDeliveryChannel",
    "DeleteConfigRule",
    "PutRetentionConfiguration",
];

fn given(action: &Action) -> &str {
    let members = [
        "/ConfigurationRecorderName",
        "/ConfigurationRecorder/name",
        "/DeliveryChannelName",
        "/DeliveryChannel/name",
        "/ConfigRuleName",
    ];
    members.iter().find_map(|member| text(&action.arguments, member)).unwrap_or("default")
}

/// The listing that shows it, its key, the list in the answer, and the member that names an entry.
fn listing(action: &Action) -> (&'static str, &'static str, &'static str, &'static str) {
    match action.operation.verb() {
        "DeleteDeliveryChannel" | "PutDeliveryChannel" => {
            (CHANNELS, "DescribeDeliveryChannels", "DeliveryChannels", "name")
        }
        "DeleteConfigRule" => (RULES, "DescribeConfigRules", "ConfigRules", "ConfigRuleName"),
        "PutRetentionConfiguration" => {
            (RETENTION, "DescribeRetentionConfigurations", "RetentionConfigurations", "Name")
        }
        _ => (RECORDERS, "DescribeConfigurationRecorders", "ConfigurationRecorders", "name"),
    }
}

impl Look for Recorder {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "config" && OPERATIONS.contains(&action.operation.verb())
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let (key, operation, ..) = listing(action);
        // Of all of them: by name, one that is not there would be an error.
        let mut reads = vec![crate::call::read(action, key, "config", operation, json!({}))];
        if key == RECORDERS {
            let status = "DescribeConfigurationRecorderStatus";
            reads.push(crate::call::read(action, STATUS, "config", status, json!({})));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let acts = action.targets.iter().find(|target| target.relation != Relation::Reaches);
        let name = given(action);
        let id = acts.map_or_else(|| TargetId::new(name), |target| target.id.clone());
        let (key, _, list, member) = listing(action);
        let all = listed(answers, key, list);
        let named = |one: &&&Value| one.get(member).and_then(Value::as_str) == Some(name) || key == RETENTION;
        let now = all.entries().iter().find(named).copied();
        let exists = match (&all, now) {
            (_, Some(_)) => Some(true),
            (Listed::All(_), None) => Some(false),
            _ => None,
        };
        if let Listed::Unread(why) = &all {
            draft.unknown(format!("{key} could not be read: {why}"));
        } else {
            draft.saw();
        }
        draft.observe(&id, Observed { exists, data: Bears::No, ..Observed::default() });
        draft.bind(id.as_str(), json!({ "now": now }));
        let puts = action.operation.verb().starts_with("Put");
        match (now, exists) {
            (None, Some(false)) if puts => {
                draft.change(
                    &id,
                    Kind::Trail,
                    Effect::Create,
                    format!("{name}: there is none yet; it is made"),
                );
                draft.reversibility = Reversibility::Exact;
            }
            (None, Some(false)) => {}
            (None, _) => {
                draft.change(&id, Kind::Trail, leading(action), format!("{name}, unread, is changed"))
            }
            (Some(now), _) => found(action, answers, name, &id, now, draft),
        }
    }
}

/// What a recorder records, in words.
fn scope(recorder: &Value) -> String {
    let group = recorder.get("recordingGroup").unwrap_or(&Value::Null);
    if flag(group, "/allSupported") == Some(true) {
        let global = flag(group, "/includeGlobalResourceTypes") == Some(true);
        return if global {
            "every kind, global ones too".to_owned()
        } else {
            "every regional kind".to_owned()
        };
    }
    let kinds = super::super::answer::strings(group, "/resourceTypes");
    if kinds.is_empty() { "by exclusion".to_owned() } else { words::some(&kinds, 5) }
}

fn found(action: &Action, answers: &Answers, name: &str, id: &TargetId, now: &Value, draft: &mut Draft) {
    let status = listed(answers, STATUS, "ConfigurationRecordersStatus");
    let own = status.entries().iter().find(|one| text(one, "/name") == Some(name));
    let on = own.and_then(|own| flag(own, "/recording"));
    let state = match on {
        Some(true) => "it records now",
        Some(false) => "it does not record now",
        None => "whether it records now was not read",
    };
    let (effect, what, back) = match action.operation.verb() {
        "StartConfigurationRecorder" => (
            Effect::Update,
            format!("recorder {name} ({}) is turned on; {state}", scope(now)),
            Reversibility::Exact,
        ),
        "StopConfigurationRecorder" => (
            Effect::AuditTrail,
            format!("recorder {name} ({}) is turned off; {state}", scope(now)),
            Reversibility::Lossy,
        ),
        "DeleteConfigurationRecorder" => (
            Effect::Destroy,
            format!("recorder {name} ({}) is deleted; {state}; what it recorded stays", scope(now)),
            Reversibility::Lossy,
        ),
        "DeleteDeliveryChannel" => (
            Effect::Destroy,
            format!("changes are no longer delivered to {}", or_dash(now, "/s3BucketName")),
            Reversibility::Lossy,
        ),
        "DeleteConfigRule" => {
            draft.unknown(format!("what rule {name} found so far goes with it"));
            (Effect::Destroy, format!("rule {name} is deleted, with what it found"), Reversibility::Lossy)
        }
        _ => return put(action, name, id, now, draft),
    };
    draft.change(id, Kind::Trail, effect, what);
    draft.reversibility = back;
}

fn put(action: &Action, name: &str, id: &TargetId, now: &Value, draft: &mut Draft) {
    let (what, asked) = match action.operation.verb() {
        "PutRetentionConfiguration" => {
            let (was, asked) =
                (number(now, "/RetentionPeriodInDays"), number(&action.arguments, "/RetentionPeriodInDays"));
            let word = |days: Option<u64>| {
                days.map_or_else(|| "a time not told".to_owned(), |days| words::count(days, "day"))
            };
            let shorter = was.zip(asked).is_none_or(|(was, asked)| asked < was);
            if shorter {
                draft.lose(format!("the record of configuration older than {}", word(asked)));
            }
            (format!("the record is kept for {}, now {}", word(asked), word(was)), None)
        }
        "PutConfigurationRecorder" => {
            let asked = action.arguments.get("ConfigurationRecorder");
            let to = asked.map_or_else(|| "unknown".to_owned(), scope);
            (format!("recorder {name} records {to}, now {}", scope(now)), asked.cloned())
        }
        _ => {
            let asked = action.arguments.get("DeliveryChannel");
            let to = asked.map_or("?", |asked| or_dash(asked, "/s3BucketName"));
            let from = or_dash(now, "/s3BucketName");
            (format!("changes are delivered to {to}, now to {from}"), asked.cloned())
        }
    };
    draft.change_from(id, Kind::Trail, leading(action), what, Some(now.clone()), asked);
    draft.reversibility = if draft.loses() { Reversibility::Lossy } else { Reversibility::Exact };
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Reversibility, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn look(operation: &str, arguments: Value) -> Survey {
        let mut asked = having(action("config", operation, arguments), Effect::AuditTrail);
        let id = "arn:aws:config:us-east-1:111122223333:configuration-recorder/default";
        asked.targets = vec![target(id, Kind::Trail, "default")];
        survey(&asked, |operation, _| match operation {
            "DescribeConfigurationRecorders" => found(json!({"ConfigurationRecorders": [
                {"name": "default", "recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": true}},
            ]})),
            "DescribeConfigurationRecorderStatus" => {
                found(json!({"ConfigurationRecordersStatus": [{"name": "default", "recording": true}]}))
            }
            "DescribeRetentionConfigurations" => found(
                json!({"RetentionConfigurations": [{"Name": "default", "RetentionPeriodInDays": 2557}]}),
            ),
            _ => Answer::Unreadable("denied".to_owned()),
        })
    }

    #[test]
    fn a_recorder_says_what_it_records() {
        let off = look("StopConfigurationRecorder", json!({"ConfigurationRecorderName": "default"}));
        assert_eq!(
            off.forecast.changes[0].what,
            "recorder default (every kind, global ones too) is turned off; it records now"
        );
        assert_eq!(off.forecast.reversibility, Reversibility::Lossy);
        let less = json!({"ConfigurationRecorder": {"name": "default", "recordingGroup": {"resourceTypes": ["AWS::EC2::VPC"]}}});
        let less = look("PutConfigurationRecorder", less);
        assert!(less.forecast.changes[0].what.contains("records AWS::EC2::VPC, now every kind"));
        let other = look("DeleteConfigurationRecorder", json!({"ConfigurationRecorderName": "none"}));
        assert!(other.forecast.changes[0].what.contains("will refuse"), "{:?}", other.forecast.changes);
        let unread = look("DeleteDeliveryChannel", json!({"DeliveryChannelName": "default"}));
        assert!(unread.forecast.changes[0].what.contains("unread") && !unread.forecast.unknowns.is_empty());
    }

    #[test]
    fn a_shorter_retention_loses_the_record() {
        let short = look("PutRetentionConfiguration", json!({"RetentionPeriodInDays": 30}));
        assert!(short.forecast.data_loss[0].contains("older than 30 days"));
        let long = look("PutRetentionConfiguration", json!({"RetentionPeriodInDays": 2557}));
        assert_eq!((long.forecast.data_loss.len(), long.forecast.reversibility), (0, Reversibility::Exact));
    }
}
