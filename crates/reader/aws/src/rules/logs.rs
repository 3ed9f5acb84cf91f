//! Amazon CloudWatch Logs: what is kept of events.

use interlock_action::Effect;

use super::facts::LOGS_RETENTION_LOWERED;
use super::{Rule, Shape, claim_when, yes};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "logs-retention-lowered",
    finds: "log events kept for a shorter time",
    shape: Shape::Setting,
    operations: &[("logs", "PutRetentionPolicy")],
    test: |_| {
        vec![claim_when(
            Effect::Destroy,
            "drops log events that are older than the new retention",
            vec![yes(LOGS_RETENTION_LOWERED)],
        )]
    },
}];
