//! AWS Backup recovery points: deleted, let go, or kept for another time.
//!
//! A recovery point that is deleted is gone for good; what counts is whether the thing that it is of has another, whose
//! key is there. A lifecycle that ends earlier deletes it later, without a further request. Reads: DescribeRecoveryPoint,
//! then ListRecoveryPointsByResource of what it is of, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use crate::rules::facts;

use super::{
    super::{
        Look,
        answer::{Listed, Live, listed, live, number, or_dash, text},
        arn,
        draft::{Draft, leading},
        keys,
        tally::Tally,
        words,
    },
    is, target, vault,
};

const POINT: &str = "the recovery point";
const OTHERS: &str = "recovery points of the same thing";

/// The forecaster of recovery points.
pub(in crate::forecast) struct RecoveryPoint;

const OPERATIONS: [&str; 3] =
    ["DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle", "DisassociateRecoveryPoint"];

fn given(action: &Action) -> Option<&str> {
    text(&action.arguments, "/RecoveryPointArn")
}

fn key_of(point: &Value) -> Option<&str> {
    text(point, "/EncryptionKeyArn").filter(|key| !key.is_empty())
}

impl Look for RecoveryPoint {
    fn knows(&self, action: &Action) -> bool {
        is(action, &OPERATIONS) && vault(action).is_some() && given(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let which = json!({"BackupVaultName": vault(action), "RecoveryPointArn": given(action)});
        let mut reads = vec![crate::call::read(action, POINT, "backup", "DescribeRecoveryPoint", which)];
        let found = live(so_far, POINT);
        if let Some(of) = found.found().and_then(|found| text(found, "/ResourceArn")) {
            let of = json!({ "ResourceArn": of });
            reads.push(crate::call::read(action, OTHERS, "backup", "ListRecoveryPointsByResource", of));
            let others = listed(so_far, OTHERS, "RecoveryPoints");
            reads.extend(keys::reads(action, others.entries().iter().filter_map(|one| key_of(one))));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(given) = given(action) else { return };
        // An EBS snapshot or an image in a vault has an ARN of its own service.
        let id = target(action, given, given);
        let point = match live(answers, POINT) {
            Live::Found(point) => point,
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                let refused =
                    format!("there is no recovery point {}: the service will refuse", arn::last(given));
                return draft.change(&id, Kind::Snapshot, leading(action), refused);
            }
            Live::Unread(why) => {
                draft.unknown(format!("recovery point {} could not be read: {why}", arn::last(given)));
                draft.change(&id, Kind::Snapshot, Effect::RecoveryLoss, "a recovery point, unread");
                draft.lose_unread("the recovery point", format!("the recovery point {given}"), &why);
                return;
            }
        };
        draft.saw();
        let size = number(point, "/BackupSizeInBytes").map(words::bytes);
        let seen =
            Observed { exists: Some(true), data: Bears::Yes, size: size.clone(), ..Observed::default() };
        draft.observe(&id, seen);
        draft.bind(
            id.as_str(),
            json!({
                "ResourceArn": point.get("ResourceArn"), "CreationDate": point.get("CreationDate"),
                "Lifecycle": point.get("Lifecycle"),
            }),
        );
        match action.operation.verb() {
            "UpdateRecoveryPointLifecycle" => keep(action, answers, given, &id, point, draft),
            verb => {
                let fate = if verb == "DeleteRecoveryPoint" {
                    "is deleted for good"
                } else {
                    "is no longer in the care of its vault; its own service may delete it"
                };
                let what = format!("{} {fate}", called(point, size.as_deref()));
                draft.change(&id, Kind::Snapshot, Effect::RecoveryLoss, what);
                draft.reversibility = Reversibility::None;
                count(answers, given, point, draft);
            }
        }
    }
}

/// `recovery point of db:school (3.4 GB) as of …`.
fn called(point: &Value, size: Option<&str>) -> String {
    let of = text(point, "/ResourceArn").map(|arn| arn::parse(arn).map_or(arn, |parts| parts.resource));
    let size = size.map(|size| format!(" ({size})")).unwrap_or_default();
    let at = point.get("CreationDate").map_or_else(|| "an unknown time".to_owned(), ToString::to_string);
    format!("recovery point of {}{size} as of {at}", of.unwrap_or("an unknown thing"))
}

/// What is left of the thing's recovery points in AWS Backup; those of its own service are not looked at.
fn count(answers: &Answers, given: &str, point: &Value, draft: &mut Draft) {
    let of = or_dash(point, "/ResourceArn").to_owned();
    let others: Listed<'_> = listed(answers, OTHERS, "RecoveryPoints");
    draft.gap(others.gap(&format!("recovery points of {of}")));
    let mut tally = if others.complete() { Tally::default() } else { Tally::unread() };
    for other in others.entries() {
        let arn = text(other, "/RecoveryPointArn").unwrap_or("?");
        let what = format!("recovery point in vault {}", or_dash(other, "/BackupVaultName"));
        if text(other, "/Status") != Some("COMPLETED") {
            tally.uncounted(arn, format!("{what}: not completed, not counted"));
            continue;
        }
        keys::count(answers, key_of(other), (arn, what), arn != given, (&mut tally, draft));
    }
    draft.unknown(format!("whether {of} has snapshots of its own service was not looked at"));
    let mut left: Vec<&str> =
        others.entries().iter().filter_map(|one| text(one, "/RecoveryPointArn")).collect();
    left.sort_unstable();
    draft.bind(format!("{of} points"), json!(left));
    let how = if tally.survives() {
        Securing::Exists
    } else {
        draft.lose(format!("the last known recovery point of {of} in AWS Backup"));
        Securing::Impossible(format!("it is the last known recovery point of {of} in AWS Backup"))
    };
    draft.secure(how);
    draft.tally(tally);
}

fn keep(action: &Action, answers: &Answers, given: &str, id: &TargetId, point: &Value, draft: &mut Draft) {
    let days = |of: &Value| number(of, "/Lifecycle/DeleteAfterDays");
    let (now, asked) = (days(point), days(&action.arguments));
    let word =
        |days: Option<u64>| days.map_or_else(|| "for ever".to_owned(), |days| words::count(days, "day"));
    // What goes after an event may go at once.
    let event = action.arguments.pointer("/Lifecycle/DeleteAfterEvent").is_some();
    let shorter = event || asked.is_some_and(|asked| now.is_none_or(|now| asked < now));
    draft.fact(facts::BACKUP_RETENTION_LOWERED, true, Some(shorter));
    let effect = if shorter { Effect::RecoveryLoss } else { Effect::Update };
    let what = format!("{} is kept {}, now {}", called(point, None), word(asked), word(now));
    draft.change_from(id, Kind::Snapshot, effect, what, now.map(Value::from), asked.map(Value::from));
    draft.reversibility = Reversibility::Exact;
    if shorter {
        // Put off, not averted: unless it is taken back in time the point goes.
        draft.reversibility = Reversibility::Lossy;
        count(answers, given, point, draft);
    } else {
        draft.secure(Securing::NotNeeded);
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Action, Answer, Effect, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const POINT: &str = "arn:aws:backup:us-east-1:111122223333:recovery-point:p-1";

    fn asked(operation: &str, mut arguments: Value) -> Action {
        arguments["BackupVaultName"] = json!("safe");
        arguments["RecoveryPointArn"] = json!(POINT);
        let mut asked = action("backup", operation, arguments);
        asked.targets = vec![
            target("arn:aws:backup:us-east-1:111122223333:backup-vault:safe", Kind::Snapshot, "safe"),
            target(POINT, Kind::Snapshot, "p-1"),
        ];
        asked
    }

    fn look(asked: &Action, others: &[&str]) -> Survey {
        let points: Vec<Value> = others
            .iter()
            .map(|arn| json!({"RecoveryPointArn": arn, "Status": "COMPLETED", "BackupVaultName": "safe"}))
            .collect();
        survey(asked, |operation, _| match operation {
            "DescribeRecoveryPoint" => found(json!({
                "RecoveryPointArn": POINT, "CreationDate": 1, "BackupSizeInBytes": 5_000_000,
                "ResourceArn": "arn:aws:rds:us-east-1:111122223333:db:school", "Lifecycle": {"DeleteAfterDays": 35},
            })),
            "ListRecoveryPointsByResource" => found(json!({ "RecoveryPoints": points })),
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn the_last_point_is_never_secured() {
        let delete = asked("DeleteRecoveryPoint", json!({}));
        let last = look(&delete, &[POINT]);
        assert_eq!((last.forecast.recovery.before, last.forecast.recovery.after), (Some(1), Some(0)));
        assert!(matches!(last.securing, Securing::Impossible(_)));
        assert!(last.forecast.changes[0].what.contains("db:school (5.0 MB)"));
        let one_of_two = look(&delete, &[POINT, "arn:aws:backup:us-east-1:1:recovery-point:p-2"]);
        assert_eq!(one_of_two.securing, Securing::Exists);
        assert_eq!(one_of_two.forecast.recovery.after, Some(1));
        let blind = survey(&delete, |_, _| Answer::Unreadable("denied".to_owned()));
        assert!(matches!(blind.securing, Securing::Impossible(_)));
    }

    #[test]
    fn an_earlier_end_is_a_loss() {
        let keep = |days: u64| {
            let life = json!({"Lifecycle": {"DeleteAfterDays": days}});
            look(&asked("UpdateRecoveryPointLifecycle", life), &[POINT])
        };
        assert_eq!(keep(7).forecast.changes[0].effect, Effect::RecoveryLoss);
        assert!(matches!(keep(7).securing, Securing::Impossible(_)));
        assert_eq!(keep(90).forecast.changes[0].effect, Effect::Update);
        assert_eq!(keep(90).securing, Securing::NotNeeded);
    }
}
