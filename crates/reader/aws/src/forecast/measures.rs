//! What Interlock may do to make a destructive request recoverable, each switchable on its own: `[recovery]`.
//!
//! Forecasters say what could be done; here it is held against what may be. What is switched off is not done, and the
//! survey says so: where nothing else is left that data could be restored from, the action cannot be secured.

use interlock_action::{Action, Answers, Securing, Survey};
use serde_json::{Map, Value};

use super::{ec2::stop_first, iam::inactive, words};

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measures {
    /// A snapshot or backup is made first, or by the request itself.
    pub final_snapshots: bool,
    /// Automated backups of a deleted database are kept.
    pub keep_automated_backups: bool,
    /// Objects of buckets that keep no versions are copied away first.
    pub capture_objects: bool,
    /// So many bytes of them for one action, at most.
    pub capture_limit: u64,
    /// The deletion of secrets and keys waits for as long as the service allows.
    pub longest_windows: bool,
    /// An access key is made inactive instead of deleted; one that is inactive is deleted.
    pub inactive_keys: bool,
    /// A running instance is stopped before it is terminated, so that its snapshots are whole.
    pub stop_first: bool,
}

/// GiB that are copied away for one action, unless somebody says otherwise.
const CAPTURED: u64 = 50;

impl Default for Measures {
    fn default() -> Self {
        Self {
            final_snapshots: true,
            keep_automated_backups: true,
            capture_objects: true,
            capture_limit: CAPTURED * 1024 * 1024 * 1024,
            longest_windows: true,
            inactive_keys: true,
            stop_first: true,
        }
    }
}

/// Members of requests that make a final snapshot, or leave it out.
const FINAL: [&str; 7] = [
    "FinalClusterSnapshotIdentifier",
    "FinalDBSnapshotIdentifier",
    "FinalSnapshotIdentifier",
    "FinalSnapshotName",
    "FinalSnapshotRetentionPeriod",
    "SkipFinalClusterSnapshot",
    "SkipFinalSnapshot",
];
const WINDOW: [&str; 3] = ["ForceDeleteWithoutRecovery", "PendingWindowInDays", "RecoveryWindowInDays"];

impl Measures {
    /// All that forecasters themselves say could be done.
    pub(super) fn of_forecasters() -> Self {
        Self { capture_limit: u64::MAX, inactive_keys: false, stop_first: false, ..Self::default() }
    }

    /// Whether this member of a request may be changed.
    fn may_set(&self, member: &str) -> bool {
        match member {
            "DeleteAutomatedBackups" => self.keep_automated_backups,
            _ if FINAL.contains(&member) => self.final_snapshots,
            _ if WINDOW.contains(&member) => self.longest_windows,
            _ => true,
        }
    }

    /// The arguments that may be sent: those of the rewrite, but for members that may not be changed.
    pub(super) fn allowed(&self, action: &Action, rewrite: &Value) -> Value {
        let (Some(asked), Some(wanted)) = (action.arguments.as_object(), rewrite.as_object()) else {
            return rewrite.clone();
        };
        let names = asked.keys().chain(wanted.keys().filter(|name| !asked.contains_key(*name)));
        let chosen = names.filter_map(|name| {
            let from = if self.may_set(name) { wanted } else { asked };
            Some((name.clone(), from.get(name)?.clone()))
        });
        Value::Object(chosen.collect::<Map<_, _>>())
    }

    /// What may be done of what the survey of the request as it will be sent would do.
    pub(super) fn hold(&self, action: &Action, answers: &Answers, sent: &Value, survey: &mut Survey) {
        if let Some(why) = self.forbids(sent, &survey.securing) {
            let stands = survey.forecast.recovery.after.is_some_and(|after| after > 0);
            survey.securing = if stands { Securing::Exists } else { Securing::Impossible(why) };
        }
        if self.stop_first {
            stop_first::before(action, answers, survey);
        }
        if self.inactive_keys {
            inactive::instead(action, answers, survey);
        }
    }

    /// Why a recovery point may not come about in this way.
    fn forbids(&self, sent: &Value, securing: &Securing) -> Option<String> {
        let off = |switch: &str| Some(format!("`[recovery] {switch}` is off"));
        match securing {
            // A request that makes no final snapshot, because it may not be changed so, makes no point.
            Securing::ByRewrite { makes } if !makes.is_empty() && !self.final_snapshots => {
                let skips = |member: &str| sent.get(member) == Some(&Value::Bool(true));
                let named = FINAL
                    .iter()
                    .filter(|name| name.starts_with("Final"))
                    .any(|name| sent.get(*name).is_some());
                let skipped = FINAL.iter().filter(|name| name.starts_with("Skip")).any(|name| skips(name));
                if named && !skipped { None } else { off("final_snapshots") }
            }
            // What only a window would keep, and there is none in what is sent.
            Securing::ByRewrite { makes } if makes.is_empty() && !self.longest_windows => {
                off("longest_windows")
            }
            Securing::ByCalls { calls, proof, .. } => {
                let copies = calls.iter().any(|call| call.operation.as_str() == "aws:s3:CopyObject");
                if !copies {
                    return if self.final_snapshots { None } else { off("final_snapshots") };
                }
                if !self.capture_objects {
                    return off("capture_objects");
                }
                // Of each copy it is proved how large it is.
                let sizes = proof.iter().filter_map(|(_, _, size)| size.as_u64());
                let all = sizes.fold(0, u64::saturating_add);
                let (most, all) = (words::bytes(self.capture_limit), (all, words::bytes(all)));
                (all.0 > self.capture_limit).then(|| {
                    format!("{} would have to be copied first; `[recovery] capture_gib` is {most}", all.1)
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
