//! AWS Glue: what tables of a data lake stand for.

use interlock_action::Effect;

use super::facts::GLUE_LOCATION_CHANGED;
use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "glue-table-moved",
        finds: "a table that stands for other data",
        shape: Shape::FullReplace { difference: GLUE_LOCATION_CHANGED },
        operations: &[("glue", "UpdateTable")],
        test: |_| vec![claim(Effect::Interrupt, "has whoever reads the table read other data")],
    },
    Rule {
        id: "glue-history-skipped",
        finds: "a table's change without keeping the version before",
        shape: Shape::GuardRemoval,
        operations: &[("glue", "UpdateTable")],
        test: |subject| {
            only_if(
                subject.on("SkipArchive"),
                claim(Effect::GuardRemoval, "keeps no version of the table as it is now"),
            )
        },
    },
];
