//! Asks the reader what a request is.

use std::sync::Arc;

use interlock_action::{AccountId, Action};
use interlock_reader_aws::{
    ReadError,
    catalogue::{Catalogue, Operation, Protocol, Service},
    read as read_request, wire,
};

use super::{addresses, intake::Intake, refusal::Say};

/// One thing that the request may be.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) action: Arc<Action>,
    pub(super) service: Arc<Service>,
    pub(super) operation: Arc<Operation>,
    pub(super) protocol: Protocol,
}

/// All that the request may be, worst first.
///
/// `door`: the address of the endpoint door, if the request came by it.
pub(super) fn read(
    intake: &Intake,
    account: Option<&AccountId>,
    door: Option<&str>,
) -> Result<Vec<Judged>, Say> {
    let reading = read_request(&intake.request, Some(&intake.scope), account.map(AccountId::as_str))?;
    let judged = reading.candidates.into_iter().map(|mut candidate| {
        let known = Catalogue::get().service(&candidate.service);
        let known =
            known.and_then(|service| Some((service.operation(&candidate.operation)?.clone(), service)));
        let (operation, service) = known.ok_or_else(|| ReadError::Unknown(candidate.operation.clone()))?;
        if let Some(door) = door.filter(|_| service.name == "sqs") {
            let at = wire::endpoint(&service, &intake.scope.region)?;
            addresses::inward(&mut candidate.action.arguments, door, &at.host);
        }
        Ok(Judged { action: Arc::new(candidate.action), service, operation, protocol: candidate.protocol })
    });
    judged.collect::<Result<_, ReadError>>().map_err(Say::from)
}
