//! Reads for forecasts.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use interlock_action::{AccountId, Answer, Call, Claim, Effect, SessionId, digest_of};
use interlock_flow::{Inspect, Inspection};
use interlock_reader_aws::{catalogue::Operation, forecast::says_absent, judge};
use serde_json::Value;

use super::{
    cache::Asked,
    exchange::{Fault, exchange, resolve},
    pages,
};
use crate::{
    account::account,
    credentials::{CredentialError, Credentials},
    gateway::Inner,
    handle::is_throttled,
    instant,
};

/// A throttled read is asked again so often.
const TRIES: u32 = 4;

/// Answers the reads that a forecast needs.
pub struct AwsInspect {
    inner: Arc<Inner>,
}

#[async_trait]
impl Inspect for AwsInspect {
    async fn inspect(&self, inspection: &Inspection, call: &Call) -> Answer {
        self.answer(inspection, call).await
    }
}

impl AwsInspect {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner }
    }

    /// Makes the read, or finds its answer where that is fresh enough.
    async fn answer(&self, inspection: &Inspection, call: &Call) -> Answer {
        let (session, freshness) = (inspection.session(), inspection.freshness());
        let home = account(&self.inner).await;
        if let Err(why) = self.proves_read(call, home.as_ref(), inspection.is_sealed()) {
            tracing::warn!(operation = %call.operation, why, "a read for a forecast was refused");
            return Answer::Unreadable(why);
        }
        let credentials = match self.credentials(session, call, home.as_ref()).await {
            Ok(credentials) => credentials,
            Err(why) => return Answer::Unreadable(why),
        };
        let Ok(digest) = digest_of("interlock read", &(call, &credentials.access_key_id)) else {
            return Answer::Unreadable("the read has no canonical form".to_owned());
        };
        let asked = Asked::new(digest, call);
        let age = match self.inner.cache.get(&asked, freshness) {
            Ok(answer) => return answer,
            Err(age) => age,
        };
        let answer = self.ask(call, home.as_ref(), &credentials).await;
        self.inner.cache.keep(asked, age, &answer);
        answer
    }

    /// The catalogue must say that it is a read, and the reader, looking at the very request, that it reads nothing
    /// secret, unless the answer is `sealed` away.
    fn proves_read(&self, call: &Call, home: Option<&AccountId>, sealed: bool) -> Result<(), String> {
        let (service, operation) = resolve(call).map_err(|fault| fault.to_string())?;
        if !operation.access.is_read() || operation.credentials_out || operation.presigned_out {
            return Err(format!("the catalogue does not prove that `{}` is a plain read", call.operation));
        }
        let region = call.region.as_deref().unwrap_or(&self.inner.config.region);
        let account = call.account.as_ref().or(home).map(AccountId::as_str);
        let action = judge(&service, &operation, Some(region), account, &call.arguments);
        let discloses = |claim: &Claim| matches!(claim.effect, Effect::Read | Effect::SensitiveRead);
        if action.is_plain_read() || (sealed && action.claims.iter().all(discloses)) {
            return Ok(());
        }
        Err(format!("the reader does not find that `{}` is a plain read", call.operation))
    }

    /// The credentials of the account that the call is for: the daemon's own, or what the session has assumed.
    async fn credentials(
        &self,
        session: &SessionId,
        call: &Call,
        home: Option<&AccountId>,
    ) -> Result<Arc<Credentials>, String> {
        match &call.account {
            Some(account) if home.is_some_and(|home| home != account) => {
                let assumed = self.inner.assumed.for_account(session, account, instant::now());
                assumed
                    .map(|assumed| Arc::clone(&assumed.credentials))
                    .ok_or_else(|| format!("Interlock has no credentials for the account {account}"))
            }
            _ => self.inner.provider.get().await.map_err(|error: CredentialError| error.to_string()),
        }
    }

    async fn ask(&self, call: &Call, home: Option<&AccountId>, credentials: &Credentials) -> Answer {
        let mut call = call.clone();
        let whole = pages::bounded(&call.arguments);
        let mut sum: Option<Value> = None;
        let mut asked = HashSet::new();
        for _ in 0..pages::MOST {
            let (page, pages) = match self.page(&call, home, credentials).await {
                Ok(page) => page,
                Err(Fault::Service(error))
                    if says_absent(&call.operation, error.status, &error.code, &error.message) =>
                {
                    return Answer::NotFound;
                }
                Err(fault) => return Answer::Unreadable(fault.to_string()),
            };
            let pages = pages.pages.as_deref().filter(|_| !whole);
            let next = pages.and_then(|pages| pages::next(pages, &call.arguments, &page));
            match (&mut sum, pages) {
                (Some(sum), Some(pages)) => pages::add(pages, sum, page),
                _ => sum = Some(page),
            }
            match next {
                Some(arguments) if asked.insert(arguments.to_string()) => call.arguments = arguments,
                _ => break,
            }
        }
        sum.map_or_else(|| Answer::Unreadable("no answer".to_owned()), Answer::Found)
    }

    async fn page(
        &self,
        call: &Call,
        home: Option<&AccountId>,
        credentials: &Credentials,
    ) -> Result<(Value, Arc<Operation>), Fault> {
        let mut wait = std::time::Duration::from_millis(50);
        for _ in 1..TRIES {
            let exchanged = exchange(&self.inner, call, home, credentials).await?;
            match exchanged.read() {
                Err(Fault::Service(error)) if is_throttled(&error.code) || error.status >= 500 => {
                    tokio::time::sleep(wait).await;
                    wait = wait.saturating_mul(3);
                }
                read => return Ok((read?, exchanged.operation)),
            }
        }
        let exchanged = exchange(&self.inner, call, home, credentials).await?;
        Ok((exchanged.read()?, exchanged.operation))
    }
}
