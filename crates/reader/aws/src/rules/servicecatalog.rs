//! AWS Service Catalog: templates that somebody keeps for others.

use interlock_action::Effect;

use super::{Rule, Shape, claim};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "product-provisioned",
    finds: "a template that somebody keeps in a catalogue, carried out under the role that it was given",
    shape: Shape::Delegation { identity: &[] },
    operations: &[
        ("servicecatalog", "ProvisionProduct"),
        ("servicecatalog", "UpdateProvisionedProduct"),
        ("servicecatalog", "ExecuteProvisionedProductPlan"),
        ("servicecatalog", "ExecuteProvisionedProductServiceAction"),
    ],
    test: |_| {
        vec![
            claim(Effect::Execute, "makes what a template says, under the role of its portfolio"),
            claim(Effect::Privilege, "makes what a template says, which may grant rights"),
        ]
    },
}];
