//! What STS and S3 gave to an agent's session: the agent holds a virtual key, the real one stays here.
//!
//! Kept in memory only: after a restart the virtual keys have expired, and clients ask for new ones.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::{AccountId, SessionId};

use super::Credentials;
use crate::instant::Seconds;

/// So many a session at most; the one that ends first makes room.
const PER_SESSION: usize = 256;

/// Credentials that an upstream service issued to a session.
#[derive(Clone, Debug)]
pub(crate) struct Assumed {
    /// Whose.
    pub(crate) session: SessionId,
    /// What is sent upstream instead.
    pub(crate) credentials: Arc<Credentials>,
    /// Their account.
    pub(crate) account: Option<AccountId>,
    /// When they end.
    pub(crate) until: Seconds,
}

/// Virtual temporary key → what it stands for.
#[derive(Default)]
pub(crate) struct AssumedKeys {
    held: Mutex<HashMap<String, Arc<Assumed>>>,
}

impl AssumedKeys {
    /// What a virtual key stands for, expired or not.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Assumed>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The credentials of a session for an account, those that last longest.
    pub(crate) fn for_account(
        &self,
        session: &SessionId,
        account: &AccountId,
        now: Seconds,
    ) -> Option<Arc<Assumed>> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |assumed: &&Arc<Assumed>| {
            assumed.session == *session && assumed.account.as_ref() == Some(account) && now < assumed.until
        };
        held.values().filter(fits).max_by_key(|assumed| assumed.until).cloned()
    }

    /// Keeps one; what ended more than an hour ago goes.
    pub(crate) fn keep(&self, id: String, assumed: Assumed, now: Seconds) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, assumed| now < assumed.until.saturating_add(3_600));
        let of_session = || held.iter().filter(|(_, have)| have.session == assumed.session);
        if of_session().count() >= PER_SESSION
            && let Some(first) = of_session().min_by_key(|(_, have)| have.until).map(|(id, _)| id.clone())
        {
            held.remove(&first);
        }
        held.insert(id, Arc::new(assumed));
    }
}
