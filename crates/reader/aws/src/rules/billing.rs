//! AWS Cost Explorer: what bills can be told apart by.

use interlock_action::Effect;

use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "cost-tag-off",
    finds: "a tag that bills are no longer told apart by",
    shape: Shape::GuardRemoval,
    operations: &[("ce", "UpdateCostAllocationTagsStatus")],
    test: |subject| {
        only_if(
            subject.texts("CostAllocationTagsStatus[].Status").contains(&"Inactive"),
            claim(Effect::GuardRemoval, "makes spending under the tag invisible"),
        )
    },
}];
