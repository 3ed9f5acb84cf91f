//! What every survey says at its end, where the kind's own forecaster has not said it.

use interlock_action::{Action, Bears, Change, Claim, Effect, Relation, Survey, Target};

use super::draft::{Draft, leading};

/// Adds what nobody has said yet: targets that are not there, and the claims in plain words.
pub(super) fn close(action: &Action, draft: &mut Draft) {
    if !action.mutates() {
        return;
    }
    let acted: Vec<&Target> =
        action.targets.iter().filter(|target| target.relation == Relation::Acts).collect();
    let gone = |target: &Target| draft.seen(&target.id).and_then(|seen| seen.exists) == Some(false);
    let absent: Vec<&Target> = acted.iter().copied().filter(|target| gone(target)).collect();
    let effect = leading(action);
    if !acted.is_empty() && absent.len() == acted.len() && draft.unchanged() {
        for target in &absent {
            let (effect, what) = match puts(action) {
                true => (Effect::Create, "it will be made"),
                false => (effect, "the service will refuse"),
            };
            let what = format!("there is nothing named {}: {what}", name(target));
            draft.change(&target.id, target.kind, effect, what);
        }
        draft.decide(false);
        return;
    }
    if draft.unchanged() {
        plain_changes(action, draft);
    }
    let destroys = destroys_data(action, draft);
    draft.decide(destroys);
}

/// Whether a claim of the action destroys something that is there and may bear data.
fn destroys_data(action: &Action, draft: &Draft) -> bool {
    let facts = draft.facts();
    let holds =
        |claim: &&Claim| claim.effect == Effect::Destroy && claim.when.iter().all(|test| test.holds(&facts));
    action.claims.iter().filter(holds).any(|claim| {
        draft.acted(action).any(|target| {
            let seen = draft.seen(&target.id);
            let data = seen.map(|seen| seen.data).filter(|data| *data != Bears::Unknown);
            claim.target.as_ref().is_none_or(|id| *id == target.id)
                && data.unwrap_or(target.data) != Bears::No
                && seen.and_then(|seen| seen.exists) != Some(false)
        })
    })
}

fn plain_changes(action: &Action, draft: &mut Draft) {
    // What the live state shows not to be is not said.
    let facts = draft.facts();
    let holds = |claim: &&Claim| claim.effect.mutates() && claim.when.iter().all(|test| test.holds(&facts));
    for claim in action.claims.iter().filter(holds) {
        let relation = if claim.effect == Effect::Create { Relation::Creates } else { Relation::Acts };
        let falls = |target: &&Target| match &claim.target {
            Some(id) => *id == target.id,
            None => target.relation == relation,
        };
        for target in action.targets.iter().filter(falls) {
            let there = draft.seen(&target.id).and_then(|seen| seen.exists);
            let state = match (target.relation, there) {
                (Relation::Creates, Some(true)) => " (something of that name is there already)",
                (Relation::Acts, Some(false)) if puts(action) => {
                    " (there is nothing of that name: it will be made)"
                }
                (Relation::Acts, Some(false)) => " (there is nothing of that name: the service will refuse)",
                _ => "",
            };
            let what = format!("{}: {}{state}", name(target), claim.why);
            draft.change(&target.id, target.kind, claim.effect, what);
        }
    }
}

/// Operations that make what they name where it is not there yet.
const PUTS: &[&str] = &[
    "aws:cloudwatch:PutMetricAlarm",
    "aws:cloudwatch:PutCompositeAlarm",
    "aws:cloudwatch:PutDashboard",
    "aws:cloudwatch:PutInsightRule",
    "aws:cloudwatch:PutMetricStream",
    "aws:ssm:PutParameter",
    "aws:events:PutRule",
    "aws:config:PutConfigRule",
    "aws:config:PutConfigurationRecorder",
    "aws:config:PutDeliveryChannel",
    "aws:logs:PutDestination",
];

/// Whether an operation makes what it does not find.
fn puts(action: &Action) -> bool {
    PUTS.contains(&action.operation.as_str())
}

fn name(target: &Target) -> &str {
    target.name.as_deref().unwrap_or(target.id.as_str())
}

/// One line on what Interlock changed in the request, and what it would have done unchanged.
pub(super) fn rewritten(action: &Action, asked: &Survey, sent: &Survey) -> Option<Change> {
    let first = sent.forecast.changes.first()?;
    let arguments = asked.rewrite.as_ref()?.as_object()?;
    let changed: Vec<String> = arguments
        .iter()
        .filter(|(member, value)| action.arguments.get(*member) != Some(*value))
        .map(|(member, value)| {
            format!("{member}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    let members = action.arguments.as_object().into_iter().flat_map(|members| members.keys());
    let dropped =
        members.filter(|member| !arguments.contains_key(*member)).map(|member| format!("no {member}"));
    let changed: Vec<String> = changed.into_iter().chain(dropped).collect();
    let count = |number: Option<u32>| {
        number.map_or_else(|| "an unknown number".to_owned(), |number| number.to_string())
    };
    let counts = (asked.forecast.recovery != sent.forecast.recovery).then(|| {
        format!(
            "; as asked, {} recovery points would remain of {}",
            count(asked.forecast.recovery.after),
            count(asked.forecast.recovery.before)
        )
    });
    let what = format!("interlock changes the request: {}{}", changed.join(", "), counts.unwrap_or_default());
    Some(Change {
        target: first.target.clone(),
        kind: first.kind,
        effect: Effect::Update,
        what,
        before: None,
        after: None,
    })
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind};
    use serde_json::json;

    use crate::forecast::testing::{action, survey, target};

    #[test]
    fn what_a_put_does_not_find_it_makes() {
        let told = |operation: &str| {
            let mut asked = action("cloudwatch", operation, json!({"AlarmName": "prod-cpu"}));
            let arn = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:prod-cpu";
            asked.targets = vec![target(arn, Kind::Alarm, "prod-cpu")];
            let changes = survey(&asked, |_, _| Answer::NotFound).forecast.changes;
            (changes[0].effect, changes[0].what.clone())
        };
        let (effect, what) = told("PutMetricAlarm");
        assert_eq!(effect, Effect::Create);
        assert!(what.contains("it will be made"), "{what}");
        assert!(told("SetAlarmState").1.contains("the service will refuse"));
    }
}
