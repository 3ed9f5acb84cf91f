//! Recovery points that AWS Backup holds: they stay when what they are of goes, in a vault, closed by a key.

use interlock_action::{Action, Answers, Read};
use serde_json::{Value, json};

use super::super::{
    answer::{listed, number, or_dash, text},
    draft::Draft,
    keys,
    tally::Tally,
    words,
};

fn key(arn: &str) -> String {
    format!("backups of {arn}")
}

/// The reads of the recovery points of a thing, and of the keys that they need.
pub(in crate::forecast) fn reads(action: &Action, so_far: &Answers, arn: &str) -> Vec<Read> {
    let arguments = json!({ "ResourceArn": arn });
    let operation = "ListRecoveryPointsByResource";
    let mut reads = vec![crate::call::read(action, key(arn), "backup", operation, arguments)];
    let points = listed(so_far, &key(arn), "RecoveryPoints");
    reads.extend(keys::reads(action, points.entries().iter().filter_map(|point| key_of(point))));
    reads
}

fn key_of(point: &Value) -> Option<&str> {
    text(point, "/EncryptionKeyArn").filter(|key| !key.is_empty())
}

/// Counts them: all survive what happens to the thing itself.
pub(in crate::forecast) fn count(answers: &Answers, arn: &str, draft: &mut Draft) -> Tally {
    let points = listed(answers, &key(arn), "RecoveryPoints");
    let mut tally = if points.complete() { Tally::default() } else { Tally::unread() };
    draft.gap(points.gap("recovery points that AWS Backup holds"));
    for point in points.entries() {
        let id = or_dash(point, "/RecoveryPointArn");
        let size = number(point, "/BackupSizeBytes").map(|size| format!(", {}", words::bytes(size)));
        let vault = or_dash(point, "/BackupVaultName");
        let at = text(point, "/CreationDate").map(|at| format!(" of {at}")).unwrap_or_default();
        let what = format!("recovery point{at} in vault {vault}{}", size.unwrap_or_default());
        let status = or_dash(point, "/Status");
        if status != "COMPLETED" {
            tally.uncounted(id, format!("{what}: not counted, it is {status}"));
            continue;
        }
        keys::count(answers, key_of(point), (id, what), true, (&mut tally, draft));
    }
    tally
}

/// ARNs of the recovery points that an approval is bound to.
pub(in crate::forecast) fn lasting(answers: &Answers, arn: &str) -> Value {
    let points = listed(answers, &key(arn), "RecoveryPoints");
    let mut ids: Vec<&str> =
        points.entries().iter().filter_map(|point| text(point, "/RecoveryPointArn")).collect();
    ids.sort_unstable();
    json!(ids)
}
