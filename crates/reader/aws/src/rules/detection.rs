//! Amazon GuardDuty and AWS Config: threats and changes that nobody sees any more.

use interlock_action::Effect;
use serde_json::Value;

use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[Rule {
    id: "detector-off",
    finds: "threat detection or the record of configuration turned off by an update",
    shape: Shape::GuardRemoval,
    operations: &[("guardduty", "UpdateDetector"), ("config", "PutConfigurationRecorder")],
    test: |subject| {
        let features = subject.texts("Features[].Status").contains(&"DISABLED");
        let more = subject.texts("Features[].AdditionalConfiguration[].Status").contains(&"DISABLED");
        only_if(
            subject.off("Enable") || features || more || sources(subject) || records_less(subject),
            claim(Effect::AuditTrail, "turns off detection, or records less"),
        )
    },
}];

/// Whether a source of findings is turned off.
fn sources(subject: &Subject<'_>) -> bool {
    fn off(value: &Value) -> bool {
        match value {
            Value::Object(members) => members.iter().any(|(name, value)| {
                (["Enable", "EbsVolumes"].contains(&name.as_str()) && value.as_bool() == Some(false))
                    || off(value)
            }),
            _ => false,
        }
    }
    subject.one("DataSources").is_some_and(off)
}

/// Whether a recorder is told to leave kinds of resources out.
fn records_less(subject: &Subject<'_>) -> bool {
    let group = "ConfigurationRecorder.recordingGroup";
    let strategy = subject.text(&format!("{group}.recordingStrategy.useOnly"));
    let listed = ["resourceTypes[]", "exclusionByResourceTypes.resourceTypes[]"]
        .iter()
        .any(|path| !subject.all(&format!("{group}.{path}")).is_empty());
    let mode = "ConfigurationRecorder.recordingMode";
    let daily =
        [format!("{mode}.recordingFrequency"), format!("{mode}.recordingModeOverrides[].recordingFrequency")];
    subject.off(&format!("{group}.allSupported"))
        || daily.iter().any(|path| subject.texts(path).contains(&"DAILY"))
        || listed
        || strategy.is_some_and(|only| only != "ALL_SUPPORTED_RESOURCE_TYPES")
}
