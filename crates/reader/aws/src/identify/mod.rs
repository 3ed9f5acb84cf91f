//! Which operation a request is.
//!
//! Order: the credential scope names the service; then `Smithy-Protocol: rpc-v2-cbor`, `X-Amz-Target`, a form's
//! `Action` and `Version`, or method and path. The host is a hint, never a proof: it narrows what the scope allows, and
//! where the two contradict each other the request is refused. Several operations may fit: all are returned, and whoever
//! judges takes the worst. What two parsers could read differently is refused.

mod alias;
mod host;
mod path;
mod rpc;

use std::sync::Arc;

use crate::{
    ReadError,
    catalogue::{Catalogue, Operation, Protocol, Service},
    wire::{Request, Scope, uri, walk::clip},
};

/// An operation that a request may be.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The service.
    pub service: Arc<Service>,
    /// The operation.
    pub operation: Arc<Operation>,
    /// The protocol that the request speaks.
    pub protocol: Protocol,
    /// The path's labels by the label's name in the template (a member's `location_name`), percent-decoded. An S3
    /// bucket that stands in the host is here too, as `Bucket`.
    pub labels: Vec<(String, String)>,
}

/// All operations that fit the request.
///
/// Without a scope (an unsigned request) the host chooses among the services, and where it tells nothing all of them are
/// searched: fit for explaining a request, not for admitting one.
///
/// # Errors
/// [`ReadError::Unknown`] if none fits, [`ReadError::Ambiguous`] if two parsers could disagree on which it is,
/// [`ReadError::Malformed`] if path or query are not well-formed.
pub fn identify(request: &Request, scope: Option<&Scope>) -> Result<Vec<Candidate>, ReadError> {
    let catalogue = Catalogue::get();
    let host = host::Host::of(request);
    let services = services(catalogue, scope, &host)?;
    let pairs = uri::pairs(&request.query)?;
    let mut candidates = match rpc::marker(request, &pairs, &services)? {
        Some(marker) => rpc::candidates(request, &marker, &services),
        None => path::candidates(request, &pairs, &services, &host)?,
    };
    host.narrow(&mut candidates);
    alias::drop_covered(&mut candidates, scope);
    if candidates.is_empty() {
        let named = scope.map(|scope| format!(" of `{}`", scope.service)).unwrap_or_default();
        return Err(ReadError::Unknown(format!("`{} {}`{named}", request.method, clip(&request.path))));
    }
    Ok(candidates)
}

/// The services that the request may be meant for.
fn services(
    catalogue: &Catalogue,
    scope: Option<&Scope>,
    host: &host::Host,
) -> Result<Vec<Arc<Service>>, ReadError> {
    let mut chosen: Vec<usize> = match scope {
        Some(scope) => {
            let signed: Vec<usize> = (0_usize..)
                .zip(catalogue.summaries())
                .filter(|(_, summary)| summary.signs_as(&scope.service))
                .map(|(at, _)| at)
                .collect();
            if signed.is_empty() {
                return Err(ReadError::Unknown(format!("no service signs as `{}`", clip(&scope.service))));
            }
            if host.contradicts(&signed, catalogue) {
                return Err(ReadError::Ambiguous(format!(
                    "the host `{}` is not one of the service `{}` that the signature names",
                    clip(&host.name),
                    clip(&scope.service)
                )));
            }
            signed
        }
        None => match host.services(catalogue).0 {
            none if none.is_empty() => (0..catalogue.summaries().len()).collect(),
            chosen => chosen,
        },
    };
    chosen.retain(|at| host.allows(catalogue, *at));
    let damaged = |_| ReadError::Unknown("the catalogue is damaged".to_owned());
    chosen.into_iter().map(|at| catalogue.at(at).map_err(damaged)).collect()
}

#[cfg(test)]
mod tests;
