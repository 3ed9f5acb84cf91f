//! Amazon SQS and SNS: queues that lose messages, topics in plain text.

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
            let key = subject.text("Attributes.KmsMasterKeyId").and_then(|key| key.split(':').nth(4));
            let theirs = key.is_some_and(|account| subject.foreign(account));
            only_if(
                emptied || plain || theirs,
                claim(Effect::GuardRemoval, "stores messages unencrypted or under another's key"),
            )
        },
    },
    Rule {
        id: "topic-guard-off",
        finds: "a topic without encryption, or without the policy that keeps personal data out of it",
        shape: Shape::GuardRemoval,
        operations: &[("sns", "SetTopicAttributes")],
        test: |subject| {
            let guards = ["KmsMasterKeyId", "DataProtectionPolicy", "ArchivePolicy"];
            let named = subject.text("AttributeName").is_some_and(|name| guards.contains(&name));
            let emptied =
                subject.text("AttributeValue").is_none_or(|value| ["", "{}"].contains(&value.trim()));
            only_if(
                named && emptied,
                claim(Effect::GuardRemoval, "takes a protection from the topic's messages"),
            )
        },
    },
];
