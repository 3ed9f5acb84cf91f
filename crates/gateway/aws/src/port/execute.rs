//! Interlock's own calls, under a permit: recovery points and undo.

use std::sync::Arc;

use async_trait::async_trait;
use interlock_action::Call;
use interlock_flow::{Execute, Outcome, Permit};

use super::{
    cache::Reach,
    exchange::{Fault, exchange},
};
use crate::{account::account, credentials::Credentials, gateway::Inner, handle::outcome, instant};

/// Makes Interlock's own calls.
pub struct AwsExecute {
    inner: Arc<Inner>,
}

#[async_trait]
impl Execute for AwsExecute {
    async fn execute(&self, permit: &Permit, call: &Call) -> Outcome {
        if let Err(not_clear) = permit.clear() {
            return Outcome::NotExecuted { why: not_clear.to_string() };
        }
        let home = account(&self.inner).await;
        let elsewhere =
            call.account.as_ref().filter(|account| home.as_ref().is_some_and(|home| home != *account));
        let credentials: Arc<Credentials> = match elsewhere {
            Some(account) => {
                let session = &permit.session().id;
                match self.inner.assumed.for_account(session, account, instant::now()) {
                    Some(assumed) => Arc::clone(&assumed.credentials),
                    None => {
                        let why = format!("Interlock has no credentials for the account {account}");
                        return Outcome::NotExecuted { why };
                    }
                }
            }
            None => match self.inner.provider.get().await {
                Ok(credentials) => credentials,
                Err(error) => return Outcome::NotExecuted { why: error.to_string() },
            },
        };
        let reach = Reach::of_change(&call.operation);
        self.inner.cache.forget(reach);
        let exchanged = exchange(&self.inner, call, home.as_ref(), &credentials).await;
        self.inner.cache.forget(reach);
        match exchanged {
            Ok(exchanged) => {
                let code = match exchanged.read() {
                    Err(Fault::Service(error))
                        if error.code != interlock_reader_aws::wire::ServiceError::UNREADABLE =>
                    {
                        Some(error.code)
                    }
                    _ => None,
                };
                outcome(exchanged.collected.status, code.as_deref())
            }
            Err(Fault::Broken(why)) => Outcome::Unknown { why },
            Err(fault) => Outcome::NotExecuted { why: fault.to_string() },
        }
    }
}

impl AwsExecute {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }
}
