//! Amazon DynamoDB: deletes and overwrites by item, and settings that lose data.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{
    DYNAMODB_CAPACITY_LOWERED, DYNAMODB_DELETION_PROTECTED, DYNAMODB_ITEM_EXISTS, DYNAMODB_PITR_ENABLED,
    DYNAMODB_TTL_ENABLED, S3_DESTINATION_FOREIGN,
};
use super::{Rule, Shape, claim, claim_when, no, only_if, yes};
use crate::effect::{Subject, sql};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "dynamodb-deletion-protection-off",
        finds: "deletion protection turned off",
        shape: Shape::GuardRemoval,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            only_if(
                subject.off("DeletionProtectionEnabled"),
                claim_when(
                    Effect::GuardRemoval,
                    "lets the table be deleted",
                    vec![yes(DYNAMODB_DELETION_PROTECTED)],
                ),
            )
        },
    },
    Rule {
        id: "dynamodb-replica-removed",
        finds: "a replica in another region deleted",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTable"), ("dynamodb", "UpdateGlobalTable")],
        test: |subject| {
            only_if(
                ["ReplicaUpdates[].Delete", "GlobalTableWitnessUpdates[].Delete"]
                    .iter()
                    .any(|path| !subject.all(path).is_empty()),
                claim(Effect::Destroy, "deletes the table's replica in another region, with its data"),
            )
        },
    },
    Rule {
        id: "dynamodb-index-removed",
        finds: "a global secondary index deleted",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            only_if(
                !subject.all("GlobalSecondaryIndexUpdates[].Delete").is_empty(),
                claim(Effect::Interrupt, "deletes an index: every query that uses it fails"),
            )
        },
    },
    Rule {
        id: "dynamodb-capacity-lowered",
        finds: "less provisioned throughput",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            only_if(
                subject.has("ProvisionedThroughput")
                    || subject.text("BillingMode") == Some("PROVISIONED")
                    || !subject.all("GlobalSecondaryIndexUpdates[].Update.ProvisionedThroughput").is_empty(),
                claim_when(
                    Effect::Interrupt,
                    "gives the table less throughput: requests above it are turned away",
                    vec![yes(DYNAMODB_CAPACITY_LOWERED)],
                ),
            )
        },
    },
    Rule {
        id: "dynamodb-throughput-capped",
        finds: "a limit on what an on-demand table answers",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            let members = ["MaxReadRequestUnits", "MaxWriteRequestUnits"];
            let at = ["OnDemandThroughput", "GlobalSecondaryIndexUpdates[].Update.OnDemandThroughput"];
            let capped = at.iter().any(|path| {
                members.iter().any(|member| {
                    let caps = subject.all(&format!("{path}.{member}"));
                    // -1 takes the limit away.
                    caps.into_iter().any(|cap| cap.as_i64() != Some(-1))
                })
            });
            only_if(
                capped,
                claim(Effect::Interrupt, "limits what the table answers: requests above it are turned away"),
            )
        },
    },
    Rule {
        id: "dynamodb-stream-off",
        finds: "the stream of a table's changes turned off",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            only_if(
                subject.off("StreamSpecification.StreamEnabled"),
                claim(Effect::Interrupt, "stops whatever follows the table's changes"),
            )
        },
    },
    Rule {
        id: "dynamodb-key-changed",
        finds: "another key, or none of one's own, for a table's content",
        shape: Shape::GuardRemoval,
        operations: &[("dynamodb", "UpdateTable")],
        test: |subject| {
            only_if(
                subject.has("SSESpecification"),
                claim(Effect::GuardRemoval, "encrypts the table under another key, or under none of its own"),
            )
        },
    },
    Rule {
        id: "dynamodb-pitr-off",
        finds: "point-in-time recovery turned off",
        shape: Shape::GuardRemoval,
        operations: &[("dynamodb", "UpdateContinuousBackups")],
        test: |subject| {
            only_if(
                !subject.on("PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"),
                claim_when(
                    Effect::RecoveryLoss,
                    "drops the whole history that the table could be restored from",
                    vec![yes(DYNAMODB_PITR_ENABLED)],
                ),
            )
        },
    },
    Rule {
        id: "dynamodb-pitr-shortened",
        finds: "a shorter period of point-in-time recovery",
        shape: Shape::GuardRemoval,
        operations: &[("dynamodb", "UpdateContinuousBackups")],
        test: |subject| {
            only_if(
                subject
                    .number("PointInTimeRecoverySpecification.RecoveryPeriodInDays")
                    .is_some_and(|days| days < 35),
                claim_when(
                    Effect::GuardRemoval,
                    "keeps the history that the table could be restored from for a shorter time",
                    vec![yes(DYNAMODB_PITR_ENABLED)],
                ),
            )
        },
    },
    Rule {
        id: "dynamodb-ttl-on",
        finds: "items that begin to expire",
        shape: Shape::Setting,
        operations: &[("dynamodb", "UpdateTimeToLive")],
        test: |subject| {
            only_if(
                subject.on("TimeToLiveSpecification.Enabled"),
                claim_when(
                    Effect::Destroy,
                    "lets items expire by an attribute, later and without a further request",
                    vec![no(DYNAMODB_TTL_ENABLED)],
                ),
            )
        },
    },
    Rule {
        id: "dynamodb-delete-item",
        finds: "an item deleted",
        shape: Shape::Setting,
        operations: &[("dynamodb", "DeleteItem")],
        test: |_| vec![deletes("deletes an item")],
    },
    Rule {
        id: "dynamodb-batch-deletes",
        finds: "items deleted in a batch",
        shape: Shape::Setting,
        operations: &[("dynamodb", "BatchWriteItem")],
        test: |subject| {
            let count = subject.all("RequestItems.*").into_iter().filter_map(Value::as_array).flatten();
            let count = count.filter(|request| request.get("DeleteRequest").is_some()).count();
            only_if(count > 0, many(count, deletes(&format!("deletes {count} items"))))
        },
    },
    Rule {
        id: "dynamodb-transaction-deletes",
        finds: "items deleted in a transaction",
        shape: Shape::Setting,
        operations: &[("dynamodb", "TransactWriteItems")],
        test: |subject| {
            let count = subject.all("TransactItems[].Delete").len();
            only_if(count > 0, many(count, deletes(&format!("deletes {count} items"))))
        },
    },
    Rule {
        id: "dynamodb-statement-deletes",
        finds: "a PartiQL statement that deletes or replaces",
        shape: Shape::Setting,
        operations: &[
            ("dynamodb", "ExecuteStatement"),
            ("dynamodb", "BatchExecuteStatement"),
            ("dynamodb", "ExecuteTransaction"),
        ],
        test: statements,
    },
    Rule {
        id: "dynamodb-overwrite",
        finds: "an item written whole, over one that may exist",
        shape: Shape::FullReplace { difference: DYNAMODB_ITEM_EXISTS },
        operations: &[
            ("dynamodb", "PutItem"),
            ("dynamodb", "BatchWriteItem"),
            ("dynamodb", "TransactWriteItems"),
        ],
        test: overwrites,
    },
    Rule {
        id: "dynamodb-export-elsewhere",
        finds: "a table exported to a bucket that is not the account's own",
        shape: Shape::Setting,
        operations: &[("dynamodb", "ExportTableToPointInTime")],
        test: |subject| match subject.text("S3BucketOwner") {
            Some(owner) if subject.foreign(owner) => {
                vec![claim(Effect::Exfiltrate, format!("exports the table to a bucket of account {owner}"))]
            }
            Some(_) => Vec::new(),
            None => vec![claim_when(
                Effect::Exfiltrate,
                "exports the table to a bucket whose owner the request does not name",
                vec![yes(S3_DESTINATION_FOREIGN)],
            )],
        },
    },
];

/// The claim falls on so many items.
fn many(count: usize, claim: Claim) -> Claim {
    Claim { many: u32::try_from(count).unwrap_or(u32::MAX), ..claim }
}

fn deletes(why: &str) -> Claim {
    claim_when(Effect::Destroy, why, vec![yes(DYNAMODB_ITEM_EXISTS)])
}

fn statements(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for statement in sql::partiql_statements(subject) {
        match sql::first_word(statement).as_str() {
            // An INSERT fails where the item exists; an UPDATE changes one item.
            "SELECT" | "INSERT" | "UPDATE" => {}
            "DELETE" => claims.push(deletes("deletes an item")),
            _ => claims.push(claim(Effect::Destroy, "runs a statement that is not understood")),
        }
    }
    claims
}

/// Whether a put's condition says that no item is overwritten: `attribute_not_exists` of an attribute that the item
/// itself has and that could be a key, perhaps with further conditions, none of them an alternative. Which attribute
/// the key is the request does not say: a condition on another one gets by here, and is seen by the forecast.
fn proves_absence(put: &Value) -> bool {
    let condition = put.get("ConditionExpression").and_then(Value::as_str).unwrap_or_default();
    let mut words = condition.split(|letter: char| letter.is_whitespace() || "(),".contains(letter));
    let mut words = words.by_ref().filter(|word| !word.is_empty());
    let Some("attribute_not_exists") = words.next() else { return false };
    let Some(named) = words.next() else { return false };
    let alternatives = words.any(|word| ["or", "not"].iter().any(|bad| word.eq_ignore_ascii_case(bad)));
    let named = match named.starts_with('#') {
        true => {
            put.get("ExpressionAttributeNames").and_then(|names| names.get(named)).and_then(Value::as_str)
        }
        false => Some(named),
    };
    let value = named.and_then(|name| put.get("Item").and_then(|item| item.get(name)));
    let could_be_key =
        value.is_some_and(|value| ["S", "N", "B"].iter().any(|kind| value.get(kind).is_some()));
    could_be_key && !alternatives
}

fn overwrites(subject: &Subject<'_>) -> Vec<Claim> {
    let unproven = match subject.operation {
        "PutItem" => usize::from(!proves_absence(subject.parameters)),
        "TransactWriteItems" => {
            subject.all("TransactItems[].Put").into_iter().filter(|put| !proves_absence(put)).count()
        }
        _ => subject
            .all("RequestItems.*")
            .into_iter()
            .filter_map(Value::as_array)
            .flatten()
            .filter(|request| request.get("PutRequest").is_some())
            .count(),
    };
    if unproven == 0 {
        return Vec::new();
    }
    let over = claim_when(
        Effect::Destroy,
        "writes over an item, whose old content is lost",
        vec![yes(DYNAMODB_ITEM_EXISTS)],
    );
    vec![many(unproven, over), claim_when(Effect::Update, "writes items", vec![yes(DYNAMODB_ITEM_EXISTS)])]
}
