//! Amazon GuardDuty, AWS Config and the other services that watch: threats and changes that nobody sees any more.

use interlock_action::Effect;
use serde_json::Value;

use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[DETECTOR, WATCH, PUT_AWAY];

const DETECTOR: Rule = Rule {
    id: "detector-off",
    finds: "threat detection or the record of configuration turned off by an update",
    shape: Shape::GuardRemoval,
    operations: &[
        ("guardduty", "UpdateDetector"),
        ("guardduty", "UpdateMemberDetectors"),
        ("config", "PutConfigurationRecorder"),
    ],
    test: |subject| {
        let features = subject.texts("Features[].Status").contains(&"DISABLED");
        let more = subject.texts("Features[].AdditionalConfiguration[].Status").contains(&"DISABLED");
        only_if(
            subject.off("Enable") || features || more || sources(subject) || records_less(subject),
            claim(Effect::AuditTrail, "turns off detection, or records less"),
        )
    },
};

/// What is found may also be put away unseen, or no longer looked for.
const WATCH: Rule = Rule {
    id: "watch-off",
    finds: "findings put away unseen, or a check, a search or a new account's detection turned off",
    shape: Shape::GuardRemoval,
    operations: &[
        ("guardduty", "UpdateFilter"),
        ("guardduty", "UpdateOrganizationConfiguration"),
        ("guardduty", "UpdateThreatIntelSet"),
        ("macie2", "UpdateMacieSession"),
        ("macie2", "CreateFindingsFilter"),
        ("macie2", "UpdateFindingsFilter"),
        ("macie2", "UpdateAutomatedDiscoveryConfiguration"),
        ("macie2", "UpdateMemberSession"),
        ("macie2", "UpdateOrganizationConfiguration"),
        ("securityhub", "UpdateStandardsControl"),
        ("securityhub", "BatchUpdateStandardsControlAssociations"),
        ("securityhub", "UpdateSecurityHubConfiguration"),
        ("securityhub", "UpdateConfigurationPolicy"),
        ("securityhub", "UpdateOrganizationConfiguration"),
        ("inspector2", "CreateFilter"),
        ("inspector2", "UpdateFilter"),
        ("inspector2", "UpdateOrganizationConfiguration"),
        ("detective", "UpdateOrganizationConfiguration"),
        ("accessanalyzer", "CreateArchiveRule"),
        ("accessanalyzer", "UpdateArchiveRule"),
    ],
    test: |subject| {
        only_if(
            subject.family() == "accessanalyzer" || quiet("", subject.parameters),
            claim(Effect::GuardRemoval, "keeps findings from being made, or from being seen"),
        )
    },
};

const PUT_AWAY: Rule = Rule {
    id: "findings-put-away",
    finds: "findings that are marked as dealt with, now or as they come",
    shape: Shape::GuardRemoval,
    operations: &[
        ("securityhub", "BatchUpdateFindings"),
        ("securityhub", "BatchUpdateFindingsV2"),
        ("securityhub", "CreateAutomationRule"),
        ("securityhub", "CreateAutomationRuleV2"),
        ("securityhub", "BatchUpdateAutomationRules"),
        ("securityhub", "UpdateAutomationRuleV2"),
        ("accessanalyzer", "UpdateFindings"),
    ],
    test: |subject| {
        only_if(
            put_away("", subject.parameters),
            claim(Effect::GuardRemoval, "puts findings where nobody looks at them"),
        )
    },
};

/// Whether a finding's new status says that nobody need look at it, anywhere but in what says which findings are meant.
fn put_away(name: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => ["SUPPRESSED", "RESOLVED", "ARCHIVED"].contains(&text.as_str()),
        // The Open Cybersecurity Schema Framework's: 3 suppressed, 4 resolved, 5 archived.
        Value::Number(id) => name == "StatusId" && id.as_u64().is_some_and(|id| (3..=5).contains(&id)),
        Value::Array(values) => values.iter().any(|value| put_away(name, value)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !name.to_ascii_lowercase().ends_with("criteria"))
            .any(|(name, value)| put_away(name, value)),
        Value::Null | Value::Bool(_) => false,
    }
}

/// Whether something is switched off, anywhere but in what says which findings are meant.
fn quiet(name: &str, value: &Value) -> bool {
    match value {
        Value::Bool(on) => !on,
        Value::String(text) => {
            // A filter's action `NONE` puts nothing away; an automatic switch that says so is off.
            let off: &[&str] = match name.to_ascii_lowercase().as_str() {
                "action" => &["ARCHIVE", "SUPPRESS"],
                name if name.starts_with("autoenable") => &["NONE"],
                name if name.ends_with("status") => &["DISABLED", "PAUSED"],
                _ => &[],
            };
            off.contains(&text.as_str())
        }
        Value::Array(values) => values.iter().any(|value| quiet(name, value)),
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| !name.to_ascii_lowercase().ends_with("criteria"))
            .any(|(name, value)| quiet(name, value)),
        _ => false,
    }
}

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
