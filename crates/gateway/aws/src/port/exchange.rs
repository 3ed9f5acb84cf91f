//! One of Interlock's own calls: written by the catalogue, signed with real credentials, sent, kept whole.

use std::sync::Arc;

use interlock_action::{AccountId, Call};
use interlock_reader_aws::{
    ReadError,
    catalogue::{Catalogue, Operation, Protocol, Service},
    wire::{self, ServiceError, read_answer},
};
use serde_json::Value;

use crate::{
    credentials::Credentials,
    gateway::Inner,
    handle::{Collected, collect},
    outbound::{Outbound, SendBody},
    upstream::SendError,
};

/// Why a call of Interlock's own has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The catalogue does not know it.
    #[error("`{0}` is no operation of the catalogue")]
    NoOperation(String),
    /// It cannot be written.
    #[error(transparent)]
    Unwritable(#[from] ReadError),
    /// It did not get there.
    #[error("AWS could not be reached: {0}")]
    NotSent(String),
    /// Nobody knows.
    #[error("the connection to AWS broke off: {0}")]
    Broken(String),
    /// The service says no.
    #[error("{0}")]
    Service(ServiceError),
}

/// The answer to a call of Interlock's own.
pub(crate) struct Exchanged {
    pub(crate) service: Arc<Service>,
    pub(crate) operation: Arc<Operation>,
    pub(crate) collected: Collected,
}

impl Exchanged {
    /// The parameters of the answer, or the service's error.
    pub(crate) fn read(&self) -> Result<Value, Fault> {
        let protocol = preferred(&self.service);
        let headers = self.collected.plain_headers();
        let Collected { status, body, .. } = &self.collected;
        read_answer(&self.service, &self.operation, protocol, *status, &headers, body).map_err(Fault::Service)
    }
}

/// The protocol that Interlock itself speaks to a service: the first, but never CBOR where there is another, because
/// emulators lag behind.
fn preferred(service: &Service) -> Protocol {
    let other = service.protocols.iter().find(|protocol| **protocol != Protocol::Cbor);
    other.or(service.protocols.first()).copied().unwrap_or(Protocol::Json10)
}

/// The service and operation of `aws:rds:DescribeDBInstances`.
pub(crate) fn resolve(call: &Call) -> Result<(Arc<Service>, Arc<Operation>), Fault> {
    let unknown = || Fault::NoOperation(call.operation.to_string());
    let service = Catalogue::get().service(call.operation.service()).ok_or_else(unknown)?;
    let operation = service.operation(call.operation.verb()).cloned().ok_or_else(unknown)?;
    Ok((service, operation))
}

/// The call as a written request.
fn write(
    inner: &Inner,
    call: &Call,
    service: &Service,
    operation: &Operation,
    account: Option<&AccountId>,
) -> Result<wire::Written, Fault> {
    let region = call.region.as_deref().unwrap_or(&inner.config.region);
    let account = call.account.as_ref().or(account).map(AccountId::as_str);
    Ok(wire::write(service, operation, preferred(service), region, account, &call.arguments)?)
}

/// Makes one call.
pub(crate) async fn exchange(
    inner: &Inner,
    call: &Call,
    account: Option<&AccountId>,
    credentials: &Credentials,
) -> Result<Exchanged, Fault> {
    let (service, operation) = resolve(call)?;
    let written = write(inner, call, &service, &operation, account)?;
    let outbound = Outbound {
        service: &service,
        protocol: preferred(&service),
        written,
        signing_name: service.signing_name,
        user_agent: None,
        body: SendBody::Written,
    };
    let ready = outbound.ready(&inner.upstream, credentials);
    let answer = inner.upstream.send(ready).await.map_err(|error| match error {
        SendError::NotSent(why) => Fault::NotSent(why),
        SendError::Unknown(why) => Fault::Broken(why),
    })?;
    let collected = collect(answer).await.map_err(Fault::Broken)?;
    Ok(Exchanged { service, operation, collected })
}
