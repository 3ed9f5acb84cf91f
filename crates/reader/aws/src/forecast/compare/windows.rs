//! Deletions that the service itself puts off: secrets and keys.
//!
//! A secret can be restored for as long as its recovery window lasts (7 to 30 days), a key's deletion can be taken back
//! for as long as its waiting period does (7 to 30). Interlock rewrites the request to the longest: without
//! `ForceDeleteWithoutRecovery`, with 30 days. What needs the key fails at once all the same. Reads: DescribeSecret,
//! kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, live, number, text},
    arn,
    draft::Draft,
};
use crate::rules::facts;

const KEY: &str = "what is to be deleted";
/// The longest window that either service takes.
const LONGEST: u64 = 30;

/// The forecaster of deletions that are put off.
pub(in crate::forecast) struct Windows;

fn subject(action: &Action) -> Option<(&str, TargetId, Kind)> {
    let (member, kind) = match action.operation.as_str() {
        "aws:secretsmanager:DeleteSecret" => ("SecretId", Kind::Secret),
        "aws:kms:ScheduleKeyDeletion" => ("KeyId", Kind::Key),
        _ => return None,
    };
    let given = action.arguments.get(member)?.as_str()?;
    let acts = action.targets.iter().find(|target| target.relation == Relation::Acts && target.kind == kind);
    let id = acts.map_or_else(|| TargetId::new(given), |target| target.id.clone());
    Some((given, id, kind))
}

impl Look for Windows {
    fn knows(&self, action: &Action) -> bool {
        subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((given, _, kind)) = subject(action) else { return Vec::new() };
        vec![match kind {
            Kind::Secret => crate::call::read(
                action,
                KEY,
                "secretsmanager",
                "DescribeSecret",
                json!({ "SecretId": given }),
            ),
            _ => crate::call::read(action, KEY, "kms", "DescribeKey", json!({ "KeyId": given })),
        }]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((given, id, kind)) = subject(action) else { return };
        let name = arn::last(given);
        let found = live(answers, KEY);
        match &found {
            Live::Found(_) => draft.saw(),
            Live::Absent => {
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => draft.unknown(format!("{name} could not be read: {why}")),
        }
        let exists = found.found().map(|_| true);
        draft.observe(&id, Observed { exists, data: Bears::Yes, ..Observed::default() });
        let mut arguments = action.arguments.clone();
        let (what, lasting) = match kind {
            Kind::Secret => secret(action, name, found.found(), &mut arguments, draft),
            _ => key(action, name, found.found(), &mut arguments, draft),
        };
        draft.change(&id, kind, Effect::Destroy, what);
        if arguments != action.arguments {
            draft.rewrite = Some(arguments);
            draft.securing = Securing::ByRewrite { makes: Vec::new() };
        } else {
            draft.securing = Securing::Exists;
        }
        draft.reversibility = if lasting { Reversibility::FromRecoveryPoint } else { Reversibility::None };
    }
}

fn secret(
    action: &Action,
    name: &str,
    found: Option<&Value>,
    arguments: &mut Value,
    draft: &mut Draft,
) -> (String, bool) {
    let forced = action.arguments.get("ForceDeleteWithoutRecovery") == Some(&json!(true));
    draft.fact(facts::SECRETSMANAGER_RECOVERY_SKIPPED, true, Some(forced));
    if let Some(members) = arguments.as_object_mut() {
        if forced {
            members.shift_remove("ForceDeleteWithoutRecovery");
            members.insert("RecoveryWindowInDays".to_owned(), json!(LONGEST));
        } else if number(&action.arguments, "/RecoveryWindowInDays").is_some_and(|days| days < LONGEST) {
            members.insert("RecoveryWindowInDays".to_owned(), json!(LONGEST));
        }
    }
    if let Some(found) = found {
        draft.bind(name, json!({"ARN": found.get("ARN"), "LastChangedDate": found.get("LastChangedDate")}));
        if let Some(at) = text(found, "/LastAccessedDate") {
            draft.depend(format!("whoever read secret {name} last, on {at}"));
        }
        if text(found, "/RotationLambdaARN").is_some() {
            draft.depend(format!("the rotation of secret {name}"));
        }
    }
    if forced {
        draft.lose(format!("the value of secret {name}, at once and for good"));
        return (format!("secret {name} is deleted at once, without a recovery window"), false);
    }
    let days = number(&action.arguments, "/RecoveryWindowInDays").unwrap_or(LONGEST);
    (format!("secret {name} cannot be read any more; it can be restored for {days} days"), true)
}

fn key(
    action: &Action,
    name: &str,
    found: Option<&Value>,
    arguments: &mut Value,
    draft: &mut Draft,
) -> (String, bool) {
    let days = number(&action.arguments, "/PendingWindowInDays").unwrap_or(LONGEST);
    if let (true, Some(members)) = (days < LONGEST, arguments.as_object_mut()) {
        members.insert("PendingWindowInDays".to_owned(), json!(LONGEST));
    }
    if let Some(found) = found.and_then(|found| found.get("KeyMetadata")) {
        draft.bind(name, json!({"KeyId": found.get("KeyId"), "CreationDate": found.get("CreationDate")}));
    }
    draft.unknown(format!(
        "what is encrypted with key {name} was not looked at: all of it is lost with the key"
    ));
    draft.lose(format!(
        "after {days} days: whatever only key {name} can decrypt, snapshots and backups among it"
    ));
    (format!("key {name} cannot be used from now on, and is destroyed after {days} days"), true)
}

#[cfg(test)]
mod tests;
