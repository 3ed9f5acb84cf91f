//! AWS Backup vaults: their deletion, their lock, their access policy.
//!
//! Backup deletes only an empty vault, so that a deletion loses no recovery point. A lock keeps recovery points from being
//! deleted early; in governance mode it can be taken off again, from its lock date on nobody can. The access policy says
//! who may delete recovery points. Reads: DescribeBackupVault, GetBackupVaultAccessPolicy.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, flag, live, number, text},
        draft::{Draft, leading},
        tally::Tally,
        words,
    },
    is, target, vault,
};

const VAULT: &str = "the vault";
const POLICY: &str = "access policy of the vault";

/// The forecaster of vaults.
pub(in crate::forecast) struct Vault;

const OPERATIONS: [&str; 5] = [
    "DeleteBackupVault",
    "PutBackupVaultLockConfiguration",
    "DeleteBackupVaultLockConfiguration",
    "PutBackupVaultAccessPolicy",
    "DeleteBackupVaultAccessPolicy",
];

impl Look for Vault {
    fn knows(&self, action: &Action) -> bool {
        is(action, &OPERATIONS) && vault(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let which = json!({ "BackupVaultName": vault(action) });
        let read =
            |key: &str, operation: &str| crate::call::read(action, key, "backup", operation, which.clone());
        let mut reads = vec![read(VAULT, "DescribeBackupVault")];
        if action.operation.verb().ends_with("AccessPolicy") {
            reads.push(read(POLICY, "GetBackupVaultAccessPolicy"));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(name) = vault(action) else { return };
        let id = target(action, ":backup-vault:", name);
        let record = match live(answers, VAULT) {
            Live::Found(record) => record,
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unread(action, (&format!("vault {name}"), &id, Kind::Snapshot), &why);
                if action.operation.verb() == "DeleteBackupVault" {
                    draft.lose_unread(
                        &format!("vault {name}"),
                        format!("the recovery points of vault {name}: how many could not be read"),
                        &why,
                    );
                }
                return;
            }
        };
        draft.saw();
        let points = number(record, "/NumberOfRecoveryPoints");
        let size = points.map(|many| words::count(many, "recovery point"));
        let data = if points == Some(0) { Bears::No } else { Bears::Yes };
        let immutable_id = text(record, "/CreationDate").map(str::to_owned);
        draft.observe(
            &id,
            Observed { exists: Some(true), data, size: size.clone(), immutable_id, ..Observed::default() },
        );
        draft.bind(
            id.as_str(),
            json!({
                "CreationDate": record.get("CreationDate"), "Locked": record.get("Locked"),
                "MinRetentionDays": record.get("MinRetentionDays"), "LockDate": record.get("LockDate"),
                "empty": points.map(|many| many == 0),
            }),
        );
        let size = size.unwrap_or_else(|| "recovery points not counted".to_owned());
        match action.operation.verb() {
            "DeleteBackupVault" => delete(name, &id, points, &size, draft),
            "PutBackupVaultLockConfiguration" => lock(action, name, &id, record, draft),
            "DeleteBackupVaultLockConfiguration" => unlock(name, &id, record, &size, draft),
            _ => policy(action, answers, name, &id, draft),
        }
    }
}

fn delete(name: &str, id: &TargetId, points: Option<u64>, size: &str, draft: &mut Draft) {
    draft.change(id, Kind::Snapshot, Effect::Destroy, format!("vault {name} ({size}) is deleted"));
    if points == Some(0) {
        draft.reversibility = Reversibility::Lossy;
        draft.depend("backup plans that put recovery points into it".to_owned());
        return;
    }
    // Backup itself refuses what is not empty; Interlock does not rely on it.
    if points.is_some() {
        let refused = format!("vault {name} is not empty: the service will refuse");
        draft.change(id, Kind::Snapshot, Effect::Destroy, refused);
    }
    draft.lose(format!("what vault {name} holds: {size}"));
    draft.tally(Tally::unread());
    draft.unknown(format!("what the recovery points of {name} are of was not looked at"));
    draft.secure(Securing::Impossible(format!(
        "vault {name} holds recovery points, which nothing stands in for"
    )));
}

fn days(of: &Value, pointer: &str) -> String {
    number(of, pointer).map_or_else(|| "no limit".to_owned(), |days| words::count(days, "day"))
}

fn lock(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let limits = |of: &Value| {
        format!("at least {}, at most {}", days(of, "/MinRetentionDays"), days(of, "/MaxRetentionDays"))
    };
    let (now, asked) = (number(record, "/MinRetentionDays"), number(&action.arguments, "/MinRetentionDays"));
    let weaker = now.is_some_and(|now| asked.is_none_or(|asked| asked < now));
    let effect = if weaker { Effect::GuardRemoval } else { Effect::Update };
    let what = format!(
        "recovery points of vault {name} are kept {}, now {}",
        limits(&action.arguments),
        if flag(record, "/Locked") == Some(true) { limits(record) } else { "without a lock".to_owned() }
    );
    draft.change(id, Kind::Snapshot, effect, what);
    draft.reversibility = Reversibility::Exact;
    if let Some(days) = number(&action.arguments, "/ChangeableForDays") {
        let what =
            format!("after {} nobody can take the lock of {name} off again", words::count(days, "day"));
        draft.change(id, Kind::Snapshot, Effect::Update, what);
        draft.reversibility = Reversibility::Lossy;
    }
}

fn unlock(name: &str, id: &TargetId, record: &Value, size: &str, draft: &mut Draft) {
    let what = format!("the lock of vault {name} ({size}) is taken off: what it holds can be deleted early");
    draft.change(id, Kind::Snapshot, Effect::GuardRemoval, what);
    draft.reversibility = Reversibility::Exact;
    if let Some(date) = record.get("LockDate").filter(|date| !date.is_null()) {
        let what = format!("the lock of {name} is final from {date} on: from then the service will refuse");
        draft.depend(what);
    }
    if flag(record, "/Locked") != Some(true) {
        draft.depend(format!("vault {name} has no lock that is told"));
    }
}

fn policy(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let now = match live(answers, POLICY) {
        Live::Found(answer) => answer.get("Policy").filter(|policy| !policy.is_null()).cloned(),
        Live::Absent => None,
        Live::Unread(why) => {
            draft.unknown(format!("the access policy of {name} could not be read: {why}"));
            let what = format!("the access policy of vault {name} is written");
            return draft.change(id, Kind::Snapshot, leading(action), what);
        }
    };
    draft.bind(format!("{id} policy"), now.clone().unwrap_or(Value::Null));
    let asked = action.arguments.get("Policy").cloned();
    let verb = if asked.is_some() { "written" } else { "taken away" };
    let denies = now.as_ref().and_then(Value::as_str).is_some_and(|policy| policy.contains("\"Deny\""));
    let more = if denies { "; the present one denies something" } else { "" };
    let what = format!("the policy that says who may reach vault {name} is {verb}{more}");
    let effect = if denies { Effect::GuardRemoval } else { leading(action) };
    draft.change_from(id, Kind::Snapshot, effect, what, now, asked);
    draft.reversibility = Reversibility::Exact;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Bears, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const ID: &str = "arn:aws:backup:us-east-1:111122223333:backup-vault:safe";

    fn look(operation: &str, mut arguments: Value, points: u64, locked: Option<u64>) -> Survey {
        arguments["BackupVaultName"] = json!("safe");
        let mut asked = action("backup", operation, arguments);
        asked.targets = vec![target(ID, Kind::Snapshot, "safe")];
        survey(&asked, |operation, _| match operation {
            "DescribeBackupVault" => found(json!({
                "BackupVaultName": "safe", "CreationDate": "t", "NumberOfRecoveryPoints": points,
                "Locked": locked.is_some(), "MinRetentionDays": locked,
            })),
            "GetBackupVaultAccessPolicy" => {
                found(json!({"Policy": "{\"Statement\": [{\"Effect\": \"Deny\"}]}"}))
            }
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn only_an_empty_vault_goes() {
        let empty = look("DeleteBackupVault", json!({}), 0, None);
        assert_eq!((empty.observed[&ID.into()].data, empty.securing), (Bears::No, Securing::NotNeeded));
        let full = look("DeleteBackupVault", json!({}), 3, None);
        assert!(full.forecast.changes[1].what.contains("will refuse"));
        assert!(matches!(full.securing, Securing::Impossible(_)));
    }

    #[test]
    fn a_lock_that_becomes_weaker_is_a_guard_that_goes() {
        let put = |days: u64| {
            look("PutBackupVaultLockConfiguration", json!({ "MinRetentionDays": days }), 1, Some(30))
        };
        assert_eq!(put(7).forecast.changes[0].effect, Effect::GuardRemoval);
        assert_eq!(put(60).forecast.changes[0].effect, Effect::Update);
        let off = look("DeleteBackupVaultLockConfiguration", json!({}), 1, Some(30));
        assert_eq!(
            (off.forecast.changes[0].effect, off.forecast.reversibility),
            (Effect::GuardRemoval, Reversibility::Exact)
        );
        let policy = look("DeleteBackupVaultAccessPolicy", json!({}), 1, None);
        assert_eq!(policy.forecast.changes[0].effect, Effect::GuardRemoval);
    }
}
