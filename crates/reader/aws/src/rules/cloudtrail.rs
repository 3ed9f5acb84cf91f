//! AWS CloudTrail: trails that record less, or elsewhere. What may be so counts as so: the audit trail is never given up
//! on a guess.

use super::facts::CLOUDTRAIL_SELECTORS_NARROWED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;
use interlock_action::{Claim, Effect};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudtrail-selectors-narrowed",
        finds: "event selectors that record less than the present ones",
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
        id: "cloudtrail-store-narrowed",
        finds: "an event data store that records less, or that may be deleted",
        shape: Shape::GuardRemoval,
        operations: &[("cloudtrail", "UpdateEventDataStore")],
        test: store,
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

/// What is recorded is said as a whole: whatever the request leaves out is not, and what it leaves out only the present
/// selectors tell.
fn selectors(subject: &Subject<'_>) -> Vec<Claim> {
    let set = ["EventSelectors", "AdvancedEventSelectors", "RetentionPeriod"];
    only_if(
        subject.operation == "PutEventSelectors" || set.iter().any(|member| subject.has(member)),
        claim_when(
            Effect::AuditTrail,
            "leaves API calls out of the record",
            vec![yes(CLOUDTRAIL_SELECTORS_NARROWED)],
        ),
    )
}

/// An event data store that no longer records a region or the organisation, under another key, or that may be deleted.
fn store(subject: &Subject<'_>) -> Vec<Claim> {
    let narrowed = subject.off("MultiRegionEnabled") || subject.off("OrganizationEnabled");
    let mut claims = only_if(
        narrowed || subject.has("KmsKeyId"),
        claim(Effect::AuditTrail, "records calls of fewer regions or accounts, or under another key"),
    );
    if subject.off("TerminationProtectionEnabled") {
        claims.push(claim(Effect::GuardRemoval, "lets the recorded API calls be deleted"));
    }
    claims
}

/// A trail is the person's to set up: whatever is set, the request would decide what is recorded, where it goes, who
/// can read it, or who hears of it.
fn trail(subject: &Subject<'_>) -> Vec<Claim> {
    let members = subject.parameters.as_object().into_iter().flat_map(|members| members.iter());
    let sets = members.filter(|(name, value)| *name != "Name" && !value.is_null()).count() > 0;
    only_if(sets, claim(Effect::AuditTrail, "changes what the trail records, where, or for whom"))
}
