//! Amazon CloudWatch: alarms that say nothing, or do more than say.

use interlock_action::{Claim, Effect};

use super::facts::CLOUDWATCH_ALARM_LOOSENED;
use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "alarm-blinded",
        finds: "an alarm that tells nobody",
        shape: Shape::GuardRemoval,
        operations: &[("cloudwatch", "PutMetricAlarm"), ("cloudwatch", "PutCompositeAlarm")],
        test: |subject| {
            only_if(
                subject.off("ActionsEnabled"),
                claim(Effect::GuardRemoval, "keeps the alarm from telling anybody"),
            )
        },
    },
    Rule {
        id: "alarm-acts",
        finds: "an alarm that does more than tell somebody",
        shape: Shape::Delegation { identity: &[] },
        operations: &[("cloudwatch", "PutMetricAlarm"), ("cloudwatch", "PutCompositeAlarm")],
        test: alarm_acts,
    },
    Rule {
        id: "alarm-loosened",
        finds: "an alarm written anew that rings later, or for fewer people",
        shape: Shape::FullReplace { difference: CLOUDWATCH_ALARM_LOOSENED },
        operations: &[("cloudwatch", "PutMetricAlarm"), ("cloudwatch", "PutCompositeAlarm")],
        test: |_| {
            vec![claim(
                Effect::GuardRemoval,
                "makes the alarm that is there ring later, never, or for nobody",
            )]
        },
    },
];

/// An alarm's actions are carried out by CloudWatch, whenever its state is what the request's author makes it.
fn alarm_acts(subject: &Subject<'_>) -> Vec<Claim> {
    let lists = ["AlarmActions[]", "OKActions[]", "InsufficientDataActions[]"];
    let mut claims: Vec<Claim> = Vec::new();
    for action in lists.iter().flat_map(|path| subject.texts(path)) {
        let service = action.split(':').nth(2).unwrap_or_default();
        let words = action.to_ascii_lowercase();
        let on_machine = ["automate", "swf"].contains(&service);
        let effects: &[Effect] = match service {
            "sns" => &[],
            _ if on_machine && words.contains("terminate") => &[Effect::Destroy, Effect::Execute],
            _ if on_machine => &[Effect::Interrupt, Effect::Execute],
            _ => &[Effect::Execute],
        };
        for effect in effects {
            if !claims.iter().any(|claim| claim.effect == *effect) {
                claims.push(claim(*effect, format!("has the alarm carry out `{action}`")));
            }
        }
    }
    claims
}
