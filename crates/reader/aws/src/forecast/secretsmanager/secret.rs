//! Secrets.
//!
//! A deleted secret cannot be read any more, and can be restored for as long as its recovery window lasts (7 to 30 days;
//! Secrets Manager User Guide, "Delete a secret"). Interlock rewrites the request to the longest: without
//! `ForceDeleteWithoutRecovery`, with 30 days. A secret with replicas is refused. A new value leaves the present one as
//! `AWSPREVIOUS`, which takes the place of the one before: that one can then be lost. Values themselves are never read.
//! Reads: DescribeSecret.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Map, Value, json};

use super::super::{
    Look,
    answer::{Live, number, text, texts},
    arn,
    draft::{Draft, leading},
    existence,
};
use crate::rules::facts;

/// The longest recovery window that the service takes.
const LONGEST: u64 = 30;

/// The forecaster of secrets.
pub(in crate::forecast) struct Secret;

const OPERATIONS: [&str; 4] = ["DeleteSecret", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let given = action.arguments.get("SecretId")?.as_str()?;
    let acts =
        |target: &&interlock_action::Target| target.kind == Kind::Secret && target.relation == Relation::Acts;
    let id = action.targets.iter().find(acts).map_or_else(|| TargetId::new(given), |have| have.id.clone());
    Some((arn::parse(given).map_or(given, |arn| arn.resource.trim_start_matches("secret:")), id))
}

impl Look for Secret {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "secretsmanager"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let by_name = json!({ "SecretId": action.arguments.get("SecretId") });
        vec![crate::call::read(action, existence::live_key(&id), "secretsmanager", "DescribeSecret", by_name)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let deletes = action.operation.verb() == "DeleteSecret";
        let forced = action.arguments.get("ForceDeleteWithoutRecovery") == Some(&json!(true));
        if deletes {
            draft.fact(facts::SECRETSMANAGER_RECOVERY_SKIPPED, true, Some(forced));
        }
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, name, &id, &why, draft),
        };
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        draft.bind(
            format!("{id} state"),
            json!({
                "ARN": record.get("ARN"),
                "LastChangedDate": record.get("LastChangedDate"),
                "DeletedDate": record.get("DeletedDate"),
            }),
        );
        if let Some(at) = text(record, "/LastAccessedDate") {
            draft.depend(format!("whoever read secret {name} last, on {at}"));
        }
        if let Some(rotation) = text(record, "/RotationLambdaARN") {
            draft.depend(format!("the rotation of secret {name}, by {rotation}"));
        }
        draft.unknown(format!("which programs read secret {name} cannot be seen from its record"));
        let gone = text(record, "/DeletedDate").or_else(|| record.get("DeletedDate").map(|_| "a date"));
        if gone.is_some() {
            let what = format!("secret {name} waits for its deletion already: the service will refuse");
            draft.change(&id, Kind::Secret, leading(action), what);
        }
        match action.operation.verb() {
            "DeleteSecret" => delete(action, (name, &id), record, forced, draft),
            "UpdateSecretVersionStage" => stage(action, (name, &id), record, draft),
            _ => value(action, (name, &id), record, draft),
        }
    }
}

fn unread(action: &Action, name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unread(action, (&format!("secret {name}"), id, Kind::Secret), why);
    match action.operation.verb() {
        "DeleteSecret" => {
            draft.lose_unread(&format!("secret {name}"), format!("the value of secret {name}"), why);
        }
        "UpdateSecretVersionStage" => draft.fact(facts::SECRETSMANAGER_CURRENT_MOVES, true, None),
        _ => {}
    }
}

fn delete(action: &Action, (name, id): (&str, &TargetId), record: &Value, forced: bool, draft: &mut Draft) {
    let replicas = texts(record, "/ReplicationStatus", "Region");
    if !replicas.is_empty() {
        let what = format!("secret {name} has replicas in {}: the service will refuse", replicas.join(", "));
        draft.change(id, Kind::Secret, Effect::Destroy, what);
    }
    let days = number(&action.arguments, "/RecoveryWindowInDays").unwrap_or(LONGEST);
    let mut arguments = action.arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        if forced {
            members.shift_remove("ForceDeleteWithoutRecovery");
        }
        if forced || days < LONGEST {
            members.insert("RecoveryWindowInDays".to_owned(), json!(LONGEST));
        }
    }
    let (what, back) = if forced {
        draft.lose(format!("the value of secret {name}, with all its versions, at once and for good"));
        let what = format!("secret {name} is deleted at once, without a recovery window");
        (what, Reversibility::None)
    } else {
        let what = format!("secret {name} cannot be read any more; it can be restored for {days} days");
        (what, Reversibility::FromRecoveryPoint)
    };
    draft.change(id, Kind::Secret, Effect::Destroy, what);
    draft.reversibility = back;
    // A shorter window is one, too; without any, only the changed request keeps the value.
    draft.secure(if forced { Securing::ByRewrite { makes: Vec::new() } } else { Securing::Exists });
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
}

/// The version that carries a stage.
fn version_at<'a>(record: &'a Value, stage: &str) -> Option<&'a str> {
    let versions: &Map<String, Value> = record.get("VersionIdsToStages")?.as_object()?;
    let carries = |stages: &Value| stages.as_array().into_iter().flatten().any(|one| one == stage);
    versions.iter().find(|(_, stages)| carries(stages)).map(|(version, _)| version.as_str())
}

fn stage(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let given = |member: &str| action.arguments.get(member).and_then(Value::as_str);
    let stage = given("VersionStage").unwrap_or("?");
    let known = record.get("VersionIdsToStages").is_some_and(Value::is_object);
    let now = version_at(record, stage);
    let to = given("MoveToVersionId");
    let moves = known.then_some(version_at(record, "AWSCURRENT") != to);
    draft.fact(facts::SECRETSMANAGER_CURRENT_MOVES, true, moves);
    draft.bind(format!("{id} stages"), record.get("VersionIdsToStages").cloned().unwrap_or(Value::Null));
    if !known {
        draft.unknown(format!("which versions secret {name} has is not told"));
    } else if now == to {
        draft.settle();
        return;
    }
    let (was, becomes) = (now.unwrap_or("no version"), to.unwrap_or("no version"));
    let what = format!("secret {name}: {stage} moves from {was} to {becomes}; no value is lost");
    draft.change_from(id, Kind::Secret, leading(action), what, Some(json!(now)), Some(json!(to)));
    draft.reversibility = if known { Reversibility::Exact } else { Reversibility::None };
}

fn value(action: &Action, (name, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let has = |member: &str| action.arguments.get(member).is_some();
    if has("SecretString") || has("SecretBinary") {
        let what =
            format!("secret {name} gets another value (not shown); the present one stays as AWSPREVIOUS");
        draft.change(id, Kind::Secret, leading(action), what);
        if let Some(previous) = version_at(record, "AWSPREVIOUS") {
            draft.depend(format!("version {previous}, AWSPREVIOUS now, loses its label and may be removed"));
        }
        // Moving the label back gives the present value again, but not the one before it.
        draft.reversibility = Reversibility::FromRecoveryPoint;
    }
    for member in ["KmsKeyId", "Description"] {
        let (Some(asked), now) = (action.arguments.get(member), record.get(member)) else { continue };
        if now != Some(asked) {
            let was = now.map_or_else(|| "nothing".to_owned(), Value::to_string);
            let what = format!("secret {name}: {member} changes from {was} to {asked}");
            draft.change_from(id, Kind::Secret, leading(action), what, now.cloned(), Some(asked.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
