//! Amazon ECR: images that expire, tags that move.

use interlock_action::Effect;

use super::facts::ECR_TAG_MOVES;
use super::{Rule, Shape, claim, claim_when, only_if, yes};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "images-expire",
        finds: "a lifecycle policy under which images expire",
        shape: Shape::Setting,
        operations: &[("ecr", "PutLifecyclePolicy")],
        test: |_| vec![claim(Effect::Destroy, "lets images expire, later and without a further request")],
    },
    Rule {
        id: "image-tag-moved",
        finds: "a tag that stands for another image",
        shape: Shape::Setting,
        operations: &[("ecr", "PutImage")],
        test: |subject| {
            only_if(
                subject.has("imageTag"),
                claim_when(
                    Effect::Execute,
                    "has whatever is deployed by the tag run another image",
                    vec![yes(ECR_TAG_MOVES)],
                ),
            )
        },
    },
];
