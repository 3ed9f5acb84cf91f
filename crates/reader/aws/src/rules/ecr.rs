//! Amazon ECR: tags that move.

use interlock_action::Effect;

use super::facts::ECR_TAG_MOVES;
use super::{Rule, Shape, claim_when, only_if, yes};

pub(super) const RULES: &[Rule] = &[Rule {
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
}];
