//! Amazon Cognito: user pools and their clients.

use interlock_action::Effect;

use super::facts::COGNITO_SETTINGS_RESET;
use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "user-pool-reset",
        finds: "a user pool's protection turned off",
        shape: Shape::GuardRemoval,
        operations: &[("cognito-idp", "UpdateUserPool")],
        test: |subject| {
            only_if(
                subject.text("DeletionProtection") == Some("INACTIVE"),
                claim(Effect::GuardRemoval, "lets the user pool, with every user, be deleted"),
            )
        },
    },
    Rule {
        id: "user-pool-replaced",
        finds: "a user pool or client written anew: what is left out falls back to its default",
        shape: Shape::FullReplace { difference: COGNITO_SETTINGS_RESET },
        operations: &[("cognito-idp", "UpdateUserPool"), ("cognito-idp", "UpdateUserPoolClient")],
        test: |subject| {
            let (effect, why) = match subject.operation {
                "UpdateUserPool" => (
                    Effect::GuardRemoval,
                    "resets what the request leaves out: second factors, password rules, triggers",
                ),
                _ => (Effect::Privilege, "changes or resets how users sign in, and where their tokens go"),
            };
            vec![claim(effect, why)]
        },
    },
];
