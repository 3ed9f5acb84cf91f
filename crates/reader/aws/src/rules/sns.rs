//! Amazon SNS: topics in plain text.

use interlock_action::Effect;

use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "topic-guard-off",
    finds: "a topic without encryption, or without the policy that keeps personal data out of it",
    shape: Shape::GuardRemoval,
    operations: &[("sns", "SetTopicAttributes")],
    test: |subject| {
        let guards = ["KmsMasterKeyId", "DataProtectionPolicy", "ArchivePolicy"];
        let named = subject.text("AttributeName").is_some_and(|name| guards.contains(&name));
        let emptied = subject.text("AttributeValue").is_none_or(|value| ["", "{}"].contains(&value.trim()));
        only_if(named && emptied, claim(Effect::GuardRemoval, "takes a protection from the topic's messages"))
    },
}];
