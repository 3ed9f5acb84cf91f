//! Amazon Route 53: records, health checks, domains.

use interlock_action::Effect;
use serde_json::Value;

use super::facts::ROUTE53_RECORD_CHANGES;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "route53-record-removed",
        finds: "a DNS record deleted",
        shape: Shape::Setting,
        operations: &[("route53", "ChangeResourceRecordSets")],
        test: |subject| {
            records(subject, "DELETE")
                .into_iter()
                .flat_map(|name| {
                    [
                        claim(Effect::Destroy, format!("deletes the record {name}")),
                        claim(Effect::Interrupt, format!("makes {name} unreachable by name")),
                    ]
                })
                .collect()
        },
    },
    Rule {
        id: "route53-record-changed",
        finds: "a DNS record that may replace one that is there",
        shape: Shape::Setting,
        operations: &[("route53", "ChangeResourceRecordSets")],
        test: |subject| {
            records(subject, "UPSERT")
                .into_iter()
                .map(|name| {
                    claim_when(
                        Effect::Network,
                        format!("sends whoever asks for {name} elsewhere"),
                        vec![yes(ROUTE53_RECORD_CHANGES)],
                    )
                })
                .collect()
        },
    },
    Rule {
        id: "route53-delegation",
        finds: "name servers of a part of the zone",
        shape: Shape::Setting,
        operations: &[("route53", "ChangeResourceRecordSets")],
        test: |subject| {
            let delegates =
                subject.all("ChangeBatch.Changes[].ResourceRecordSet.Type").iter().any(|kind| *kind == "NS");
            only_if(delegates, claim(Effect::Network, "hands a part of the zone to other name servers"))
        },
    },
    Rule {
        id: "route53-health-check-off",
        finds: "a health check turned off or upside down",
        shape: Shape::GuardRemoval,
        operations: &[("route53", "UpdateHealthCheck")],
        test: |subject| {
            let resets = !subject.all("ResetElements[]").is_empty();
            only_if(
                subject.on("Disabled")
                    || subject.on("Inverted")
                    || subject.number("HealthThreshold") == Some(0)
                    || resets,
                claim(Effect::GuardRemoval, "makes fail-over blind to whether the thing works"),
            )
        },
    },
];

/// Name and type of every record that the batch changes by this action.
fn records(subject: &Subject<'_>, action: &str) -> Vec<String> {
    subject
        .all("ChangeBatch.Changes[]")
        .into_iter()
        .filter(|change| change.get("Action").and_then(Value::as_str) == Some(action))
        .map(|change| {
            let text = |name: &str| {
                change
                    .get("ResourceRecordSet")
                    .and_then(|set| set.get(name))
                    .and_then(Value::as_str)
                    .unwrap_or("?")
            };
            format!("`{}` ({})", text("Name"), text("Type"))
        })
        .collect()
}
