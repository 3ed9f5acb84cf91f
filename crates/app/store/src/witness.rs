//! Which witnesses have seen how much of the log, and waiting until enough of them have seen as much as is needed.
//!
//! Nothing is believed that is not signed by a witness's key over a checkpoint of this log. Whoever talks to witnesses
//! brings their lines here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use interlock_ledger::Witnesses;
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::{StoreError, schema};

/// How the log is witnessed.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// Who is trusted, and how many must agree.
    pub witnesses: Witnesses,
    /// How long something waits for them before it is told to come back.
    pub wait: Duration,
}

impl Default for Witnessed {
    fn default() -> Self {
        Self { witnesses: Witnesses::default(), wait: Duration::from_secs(5) }
    }
}

/// Cosignature lines that somebody brought.
pub(crate) struct Cosign {
    pub(crate) size: u64,
    pub(crate) lines: String,
    pub(crate) answer: oneshot::Sender<Result<u64, StoreError>>,
}

/// What the writer, the waiting and whoever talks to witnesses have in common.
pub(crate) struct Seen {
    pub(crate) by: Witnessed,
    /// The largest size that enough of them have cosigned.
    agreed: watch::Sender<u64>,
    /// The largest size that somebody waits for.
    wanted: watch::Sender<u64>,
    /// Why a witness does not cosign, by its name.
    faults: Mutex<BTreeMap<String, String>>,
}

impl Seen {
    /// What the store has of them. Each line is verified again.
    pub(crate) fn load(connection: &Connection, by: Witnessed) -> Result<Arc<Self>, StoreError> {
        let mut agreed = 0;
        if by.witnesses.quorum() > 0 {
            for size in schema::cosigned_sizes(connection)? {
                let Some(note) = schema::checkpoint(connection, size)? else { continue };
                if by.witnesses.agree(&schema::cosigned(connection, size, &note)?) {
                    agreed = size;
                    break;
                }
            }
        }
        let (agreed, wanted) = (watch::Sender::new(agreed), watch::Sender::new(0));
        Ok(Arc::new(Self { by, agreed, wanted, faults: Mutex::default() }))
    }

    /// The largest size that enough of them have cosigned.
    pub(crate) fn agreed(&self) -> u64 {
        *self.agreed.borrow()
    }

    /// Enough of them have cosigned this.
    pub(crate) fn agree(&self, size: u64) {
        self.agreed.send_if_modified(|agreed| {
            let more = size > *agreed;
            *agreed = size.max(*agreed);
            more
        });
    }

    /// What somebody waits for, as it becomes more.
    pub(crate) fn wanted(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    fn faults(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a witness did when it was last asked.
    pub(crate) fn note(&self, witness: &str, fault: Option<String>) {
        match fault {
            Some(why) => drop(self.faults().insert(witness.to_owned(), why)),
            None => drop(self.faults().remove(witness)),
        }
    }

    /// Waits until enough have cosigned so much; whether it had to wait. `Err` says, after the time is over, how far they
    /// are.
    pub(crate) async fn reach(&self, size: u64) -> Result<bool, String> {
        let mut agreed = self.agreed.subscribe();
        if *agreed.borrow_and_update() >= size {
            return Ok(false);
        }
        self.wanted.send_modify(|wanted| *wanted = size.max(*wanted));
        let reached = agreed.wait_for(|agreed| *agreed >= size);
        match tokio::time::timeout(self.by.wait, reached).await {
            Ok(Ok(_)) => Ok(true),
            _ => Err(self.words(size)),
        }
    }

    fn words(&self, size: u64) -> String {
        let quorum = self.by.witnesses.quorum();
        let mut words = format!(
            "{quorum} of {} witnesses must have cosigned a checkpoint of {size} entries, and they have cosigned {}",
            self.by.witnesses.keys().len(),
            self.agreed()
        );
        for (witness, why) in self.faults().iter() {
            words.push_str(&format!("; `{witness}`: {why}"));
        }
        words
    }
}
