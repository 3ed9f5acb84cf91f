//! Amazon SQS: queues that lose messages, or keep them in plain text.

use interlock_action::Effect;

use super::facts::{SQS_REDRIVE_DROPPED, SQS_RETENTION_LOWERED};
use super::{Rule, Shape, claim, claim_when, only_if, yes};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "queue-loses-messages",
        finds: "messages kept for a shorter time",
        shape: Shape::Setting,
        operations: &[("sqs", "SetQueueAttributes")],
        test: |subject| {
            only_if(
                subject.has("Attributes.MessageRetentionPeriod"),
                claim_when(
                    Effect::Destroy,
                    "drops messages that are older than the new retention",
                    vec![yes(SQS_RETENTION_LOWERED)],
                ),
            )
        },
    },
    Rule {
        id: "queue-drops-failures",
        finds: "a queue that no longer puts aside what fails, or puts it elsewhere",
        shape: Shape::GuardRemoval,
        operations: &[("sqs", "SetQueueAttributes")],
        test: |subject| {
            only_if(
                subject.has("Attributes.RedrivePolicy"),
                claim_when(
                    Effect::GuardRemoval,
                    "no longer puts messages that fail aside in the same dead-letter queue",
                    vec![yes(SQS_REDRIVE_DROPPED)],
                ),
            )
        },
    },
    Rule {
        id: "queue-guard-off",
        finds: "a queue without encryption, or under another account's key",
        shape: Shape::GuardRemoval,
        operations: &[("sqs", "SetQueueAttributes")],
        test: |subject| {
            let emptied = subject.text("Attributes.KmsMasterKeyId").is_some_and(|key| key.trim().is_empty());
            let plain = subject
                .text("Attributes.SqsManagedSseEnabled")
                .is_some_and(|value| !value.eq_ignore_ascii_case("true"));
            let key = subject.text("Attributes.KmsMasterKeyId").and_then(crate::arn::account);
            let theirs = key.is_some_and(|account| subject.foreign(account));
            only_if(
                emptied || plain || theirs,
                claim(Effect::GuardRemoval, "stores messages unencrypted or under another's key"),
            )
        },
    },
];
