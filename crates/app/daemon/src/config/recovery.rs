//! `[recovery]`: what Interlock may do to make destructive requests recoverable.

use interlock_action::Millis;
use interlock_gateway_aws::Measures;
use serde::{Deserialize, Serialize};

/// Bytes of a GiB.
const GIB: u64 = 1024 * 1024 * 1024;
const DAY: Millis = 24 * 60 * 60 * 1000;

/// `[recovery]`. Everything is on unless it says otherwise; the agent is told what was done in the header
/// `x-interlock-notice` of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecoveryConfig {
    /// A snapshot or backup is made first, or by the request itself.
    pub final_snapshots: bool,
    /// Automated backups of a deleted database are kept.
    pub keep_automated_backups: bool,
    /// Objects of buckets that keep no versions are copied away before they are overwritten or deleted.
    pub capture_objects: bool,
    /// So many GiB of them for one action, at most.
    pub capture_gib: u64,
    /// The deletion of secrets and keys waits for as long as the service allows.
    pub longest_windows: bool,
    /// An access key is made inactive instead of deleted; one that is inactive is deleted.
    pub inactive_keys: bool,
    /// A running instance is stopped before it is terminated, so that its snapshots are whole.
    pub stop_before_terminate: bool,
    /// So many days every recovery point stays, whoever wants it gone.
    pub grace_days: u32,
    /// For so many days a drill proves a recovery point, where a policy asks for that.
    pub proven_days: u32,
}

impl Default for RecoveryConfig {
    fn default() -> Self {
        let all = Measures::default();
        Self {
            final_snapshots: all.final_snapshots,
            keep_automated_backups: all.keep_automated_backups,
            capture_objects: all.capture_objects,
            capture_gib: all.capture_limit / GIB,
            longest_windows: all.longest_windows,
            inactive_keys: all.inactive_keys,
            stop_before_terminate: all.stop_first,
            // As long as what was done before it can be taken back.
            grace_days: 30,
            proven_days: 90,
        }
    }
}

impl RecoveryConfig {
    /// How long every recovery point stays.
    pub(crate) fn grace(&self) -> Millis {
        u64::from(self.grace_days).saturating_mul(DAY)
    }

    /// How long a drill proves a recovery point.
    pub(crate) fn proven_within(&self) -> Millis {
        u64::from(self.proven_days).saturating_mul(DAY)
    }

    /// As the forecasters take it.
    pub(crate) fn measures(&self) -> Measures {
        Measures {
            final_snapshots: self.final_snapshots,
            keep_automated_backups: self.keep_automated_backups,
            capture_objects: self.capture_objects,
            capture_limit: self.capture_gib.saturating_mul(GIB),
            longest_windows: self.longest_windows,
            inactive_keys: self.inactive_keys,
            stop_first: self.stop_before_terminate,
        }
    }
}
