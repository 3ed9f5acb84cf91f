//! Whose account the real credentials open.

use std::{
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use interlock_action::{AccountId, Call, Operation, Surface};
use serde_json::{Value, json};

use crate::{
    gateway::Inner,
    instant::{self, Seconds},
    port::exchange,
};

/// How long STS may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// After a failure STS is asked again no sooner than this.
const AGAIN: Seconds = 15;

/// The account of the real credentials.
pub(crate) struct Account {
    fixed: Option<AccountId>,
    found: RwLock<Option<(AccountId, String)>>,
    failed: AtomicU64,
    asking: tokio::sync::Mutex<()>,
}

impl Account {
    pub(crate) fn new(fixed: Option<AccountId>) -> Self {
        Self {
            fixed,
            found: RwLock::new(None),
            failed: AtomicU64::new(0),
            asking: tokio::sync::Mutex::new(()),
        }
    }

    /// Asks again when it is needed.
    pub(crate) fn forget(&self) {
        *self.found.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn found(&self) -> Option<(AccountId, String)> {
        self.found.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The account, as configured or as STS says. `None` means unknown, which nothing takes for harmless.
pub(crate) async fn account(inner: &Inner) -> Option<AccountId> {
    match &inner.account.fixed {
        Some(account) => Some(account.clone()),
        None => identity(inner).await.map(|(account, _)| account),
    }
}

/// The principal's ARNs, if STS has said by now who it is. A role that was taken on is known by its session and by
/// itself.
pub(crate) fn principals(inner: &Inner) -> Option<Vec<String>> {
    let (_, principal) = inner.account.found()?;
    (!principal.is_empty()).then(|| {
        let role = role_of(&principal);
        std::iter::once(principal).chain(role).collect()
    })
}

/// `arn:aws:iam::1:role/NAME` of `arn:aws:sts::1:assumed-role/NAME/SESSION`.
fn role_of(principal: &str) -> Option<String> {
    let (start, rest) = principal.split_once(":assumed-role/")?;
    let name = rest.split('/').next()?;
    Some(format!("{}:role/{name}", start.replacen(":sts:", ":iam:", 1)))
}

/// Account and principal, as STS says; asked once.
pub(crate) async fn identity(inner: &Inner) -> Option<(AccountId, String)> {
    let state = &inner.account;
    if let Some(found) = state.found() {
        return Some(found);
    }
    let _one_at_a_time = state.asking.lock().await;
    if let Some(found) = state.found() {
        return Some(found);
    }
    let now = instant::now();
    if now < state.failed.load(Ordering::Relaxed).saturating_add(AGAIN) {
        return None;
    }
    let found = tokio::time::timeout(PATIENCE, ask(inner)).await.unwrap_or_else(|_| {
        tracing::warn!("the account of the real credentials is unknown: STS does not answer");
        None
    });
    match &found {
        Some(found) => *state.found.write().unwrap_or_else(PoisonError::into_inner) = Some(found.clone()),
        None => state.failed.store(now, Ordering::Relaxed),
    }
    found
}

async fn ask(inner: &Inner) -> Option<(AccountId, String)> {
    let call = Call {
        surface: Surface::Aws,
        operation: Operation::aws("sts", "GetCallerIdentity"),
        account: None,
        region: Some(inner.config.region.clone()),
        arguments: json!({}),
    };
    let credentials = match inner.provider.get().await {
        Ok(credentials) => credentials,
        Err(error) => {
            tracing::warn!(%error, "the account of the real credentials is unknown");
            return None;
        }
    };
    let answer = exchange(inner, &call, None, &credentials).await;
    match answer.and_then(|answer| answer.read()) {
        Ok(value) => {
            let text = |name: &str| value.get(name).and_then(Value::as_str);
            Some((AccountId::from(text("Account")?), text("Arn").unwrap_or_default().to_owned()))
        }
        Err(fault) => {
            tracing::warn!(%fault, "the account of the real credentials is unknown");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_was_taken_on_is_known_by_itself_too() {
        assert_eq!(
            role_of("arn:aws:sts::111122223333:assumed-role/interlock/i-1").as_deref(),
            Some("arn:aws:iam::111122223333:role/interlock")
        );
        assert_eq!(role_of("arn:aws:iam::111122223333:user/ana"), None);
    }
}
