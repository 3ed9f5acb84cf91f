//! AWS Batch: where jobs run.

use interlock_action::Effect;

use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "batch-stopped",
    finds: "a compute environment or queue that runs no jobs any more",
    shape: Shape::Setting,
    operations: &[("batch", "UpdateComputeEnvironment"), ("batch", "UpdateJobQueue")],
    test: |subject| {
        only_if(
            subject.text("state") == Some("DISABLED")
                || subject.number("computeResources.maxvCpus") == Some(0),
            claim(Effect::Interrupt, "keeps jobs from being run"),
        )
    },
}];
