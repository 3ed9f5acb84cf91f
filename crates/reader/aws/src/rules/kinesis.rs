//! Amazon Kinesis: streams that take less.

use interlock_action::Effect;

use super::facts::AUTOSCALING_SIZE_LOWERED;
use super::{Rule, Shape, claim_when, yes};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "kinesis-shards-lowered",
    finds: "fewer shards for a stream",
    shape: Shape::Setting,
    operations: &[("kinesis", "UpdateShardCount")],
    test: |_| {
        vec![claim_when(
            Effect::Interrupt,
            "lets the stream take less: producers above it are turned away",
            vec![yes(AUTOSCALING_SIZE_LOWERED)],
        )]
    },
}];
