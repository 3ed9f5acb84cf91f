//! AWS CloudTrail: trails that record less, or elsewhere. What may be so counts as so: the audit trail is never given up
//! on a guess.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::CLOUDTRAIL_SELECTORS_NARROWED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudtrail-selectors-narrowed",
        finds: "event selectors that leave management events out",
        shape: Shape::FullReplace { difference: CLOUDTRAIL_SELECTORS_NARROWED },
        operations: &[("cloudtrail", "PutEventSelectors"), ("cloudtrail", "UpdateEventDataStore")],
        test: selectors,
    },
    Rule {
        id: "cloudtrail-trail-narrowed",
        finds: "any other setting of a trail: its place, its key, whom it tells, what it records",
        shape: Shape::GuardRemoval,
        operations: &[("cloudtrail", "UpdateTrail")],
        test: trail,
    },
    Rule {
        id: "cloudtrail-insights-off",
        finds: "the search for unusual calls turned off",
        shape: Shape::GuardRemoval,
        operations: &[("cloudtrail", "PutInsightSelectors")],
        test: |subject| {
            only_if(
                subject.all("InsightSelectors[]").is_empty(),
                claim_when(
                    Effect::GuardRemoval,
                    "turns off the search for unusual calls",
                    vec![yes(CLOUDTRAIL_SELECTORS_NARROWED)],
                ),
            )
        },
    },
];

/// Whether the selectors record every management event, reads and writes.
fn records_management(subject: &Subject<'_>) -> bool {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let plain = subject.all("EventSelectors[]").into_iter().any(|selector| {
        selector.get("IncludeManagementEvents").and_then(Value::as_bool) != Some(false)
            && text(selector, "ReadWriteType").is_none_or(|kind| kind == "All")
            && selector
                .get("ExcludeManagementEventSources")
                .and_then(Value::as_array)
                .is_none_or(Vec::is_empty)
    });
    // An advanced selector that asks for the category and for nothing else.
    let advanced =
        subject.all("AdvancedEventSelectors[].FieldSelectors").into_iter().filter_map(Value::as_array).any(
            |fields| {
                let [field] = fields.as_slice() else { return false };
                text(field, "Field").as_deref() == Some("eventCategory")
                    && field
                        .get("Equals")
                        .and_then(Value::as_array)
                        .is_some_and(|values| values.iter().any(|value| value == "Management"))
            },
        );
    plain || advanced
}

fn selectors(subject: &Subject<'_>) -> Vec<Claim> {
    let set = subject.has("EventSelectors") || subject.has("AdvancedEventSelectors");
    if subject.operation == "UpdateEventDataStore" && !set && !subject.has("RetentionPeriod") {
        return Vec::new();
    }
    only_if(
        !records_management(subject),
        claim_when(
            Effect::AuditTrail,
            "leaves API calls out of the record",
            vec![yes(CLOUDTRAIL_SELECTORS_NARROWED)],
        ),
    )
}

/// A trail is the person's to set up: whatever is set, the request would decide what is recorded, where it goes, who
/// can read it, or who hears of it.
fn trail(subject: &Subject<'_>) -> Vec<Claim> {
    let members = subject.parameters.as_object().into_iter().flat_map(|members| members.iter());
    let sets = members.filter(|(name, value)| *name != "Name" && !value.is_null()).count() > 0;
    only_if(sets, claim(Effect::AuditTrail, "changes what the trail records, where, or for whom"))
}
