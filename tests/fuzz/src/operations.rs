//! Every operation of every service, in every protocol of its service.

use std::sync::{Arc, OnceLock};

use interlock_reader_aws::{
    catalogue::{Catalogue, Operation, Protocol, Service},
    wire::{Body, Request, Written},
};

/// An operation in one protocol.
pub(crate) type Spoken = (Arc<Service>, Arc<Operation>, Protocol);

/// The account that sessions are in.
pub(crate) const ACCOUNT: &str = "111122223333";
/// And the region.
pub(crate) const REGION: &str = "us-east-1";

/// All of them.
pub(crate) fn all() -> &'static [Spoken] {
    static ALL: OnceLock<Vec<Spoken>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        for name in Catalogue::get().services() {
            let service = Catalogue::get().service(name).unwrap();
            for operation in &service.operations {
                for protocol in &service.protocols {
                    all.push((Arc::clone(&service), Arc::clone(operation), *protocol));
                }
            }
        }
        all
    })
}

/// Where an operation stands among all; for seeds.
pub(crate) fn place(service: &str, operation: &str) -> u16 {
    let at = all().iter().position(|(have, spoken, _)| have.name == service && spoken.name == operation);
    u16::try_from(at.unwrap_or_else(|| panic!("no `{service}:{operation}`"))).unwrap()
}

/// The one that two bytes choose.
pub(crate) fn chosen(cursor: &mut crate::cursor::Cursor<'_>) -> &'static Spoken {
    &all()[cursor.below(all().len())]
}

/// What was written, as it would arrive again.
pub(crate) fn arrived(written: &Written) -> Request {
    let mut headers = written.headers.clone();
    headers.push(("host".to_owned(), written.host.clone()));
    headers.push(("content-length".to_owned(), written.body.len().to_string()));
    Request {
        method: written.method.clone(),
        path: written.path.clone(),
        query: written.query.clone(),
        headers,
        body: Body::Bytes(written.body.clone()),
    }
}
