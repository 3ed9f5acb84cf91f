//! Keeps the real credentials fresh.

use std::sync::{Arc, PoisonError, RwLock};

use super::{CredentialError, CredentialSource, Credentials};
use crate::instant::{self, Seconds};

/// Fetched anew when they end within this time.
const AHEAD: Seconds = 5 * 60;
/// Credentials without an end are looked at again after this time: the file may have changed.
const AGAIN: Seconds = 60;

struct Held {
    credentials: Arc<Credentials>,
    until: Seconds,
}

/// The real credentials, kept fresh.
pub(crate) struct Provider {
    source: CredentialSource,
    held: RwLock<Option<Held>>,
    fetching: tokio::sync::Mutex<()>,
}

impl Provider {
    pub(crate) fn new(source: CredentialSource) -> Self {
        Self { source, held: RwLock::new(None), fetching: tokio::sync::Mutex::new(()) }
    }

    fn held(&self, now: Seconds) -> Option<Arc<Credentials>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| now < held.until).map(|held| Arc::clone(&held.credentials))
    }

    /// The credentials; fetched if there are none that last.
    pub(crate) async fn get(&self) -> Result<Arc<Credentials>, CredentialError> {
        if let Some(credentials) = self.held(instant::now()) {
            return Ok(credentials);
        }
        let _one_at_a_time = self.fetching.lock().await;
        let now = instant::now();
        if let Some(credentials) = self.held(now) {
            return Ok(credentials);
        }
        let credentials = match self.source.fetch().await {
            Ok(credentials) => Arc::new(credentials),
            // What is still good for some minutes is better than nothing.
            Err(error) => match self.last_good(now) {
                Some(credentials) => return Ok(credentials),
                None => return Err(error),
            },
        };
        let until = match credentials.expires {
            Some(expires) => expires.saturating_sub(AHEAD),
            None => now.saturating_add(AGAIN),
        };
        let held = Held { credentials: Arc::clone(&credentials), until };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(credentials)
    }

    fn last_good(&self, now: Seconds) -> Option<Arc<Credentials>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let credentials = &held.as_ref()?.credentials;
        credentials.expires.is_some_and(|expires| now < expires).then(|| Arc::clone(credentials))
    }
}
