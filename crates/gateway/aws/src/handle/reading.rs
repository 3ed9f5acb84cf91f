//! Asks the reader what a request is.

use std::sync::Arc;

use interlock_action::{AccountId, Action};
use interlock_reader_aws::{
    ReadError,
    catalogue::{Catalogue, Operation, Protocol, Service},
    read as read_request,
};

use super::{intake::Intake, refusal::Say};

/// One thing that the request may be.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) action: Arc<Action>,
    pub(super) service: Arc<Service>,
    pub(super) operation: Arc<Operation>,
    pub(super) protocol: Protocol,
}

/// All that the request may be, worst first.
pub(super) fn read(intake: &Intake, account: Option<&AccountId>) -> Result<Vec<Judged>, Say> {
    let reading = read_request(&intake.request, Some(&intake.scope), account.map(AccountId::as_str))?;
    let judged = reading.candidates.into_iter().map(|candidate| {
        let known = Catalogue::get().service(&candidate.service);
        let known =
            known.and_then(|service| Some((service.operation(&candidate.operation)?.clone(), service)));
        let (operation, service) = known.ok_or_else(|| ReadError::Unknown(candidate.operation.clone()))?;
        Ok(Judged { action: Arc::new(candidate.action), service, operation, protocol: candidate.protocol })
    });
    judged.collect::<Result<_, ReadError>>().map_err(Say::from)
}
