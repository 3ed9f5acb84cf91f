//! Saying no in the service's own protocol, so that every SDK reads it, shows it, and does not retry.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use interlock_flow::{HeldAction, RefusedAction};
use interlock_reader_aws::{
    ReadError,
    catalogue::{Catalogue, Protocol, Service},
    wire::{Body, Request, Scope, write_error},
};

use crate::{
    door::AnswerBody,
    sigv4::{Claim, Flavour, Head, SignatureRefusal, is_s3},
};

/// The code that no SDK retries.
const DENIED: &str = "AccessDenied";

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Say {
    /// About the signature: in the code that the service itself would use.
    Signature(SignatureRefusal),
    /// Anything else.
    Words {
        status: u16,
        code: &'static str,
        message: String,
        /// The ticket or action.
        id: Option<String>,
        ticket: bool,
    },
}

impl Say {
    pub(super) fn words(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self::Words { status, code, message: message.into(), id: None, ticket: false }
    }
    pub(super) fn refused(message: String) -> Self {
        Self::words(403, DENIED, message)
    }
    pub(super) fn held(held: &HeldAction) -> Self {
        let id = Some(held.ticket.as_str().to_owned());
        Self::Words { status: 403, code: DENIED, message: held.message(), id, ticket: true }
    }
    pub(super) fn judged(refused: &RefusedAction) -> Self {
        let id = Some(refused.id.as_str().to_owned());
        Self::Words { status: 403, code: DENIED, message: refused.message(), id, ticket: false }
    }
}

impl From<SignatureRefusal> for Say {
    fn from(refusal: SignatureRefusal) -> Self {
        Self::Signature(refusal)
    }
}

impl From<ReadError> for Say {
    fn from(error: ReadError) -> Self {
        Self::refused(format!(
            "Interlock refuses this request, because it cannot tell for certain what it would do: {error}. Nothing was \
             sent"
        ))
    }
}

/// In which protocol an answer is written.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    known: Option<(Arc<Service>, Protocol)>,
    /// What of the request's head tells the service, for when nothing better is known. Nearly every call is answered by
    /// the service itself, so that nobody looks at it.
    head: Request,
}

impl Voice {
    /// Of whoever sent this, signed or not.
    pub(super) fn of(request: &Request) -> Self {
        let tells = |name: &str| {
            matches!(name, "authorization" | "content-type" | "host" | "smithy-protocol" | "x-amz-target")
        };
        let headers = request.headers.iter().filter(|(name, _)| tells(name)).cloned().collect();
        let head = Request {
            method: request.method.clone(),
            path: String::new(),
            query: request.query.clone(),
            headers,
            body: Body::Bytes(Vec::new()),
        };
        Self { known: None, head }
    }

    /// Now the operation is known.
    pub(super) fn know(&mut self, service: &Arc<Service>, protocol: Protocol) {
        self.known = Some((Arc::clone(service), protocol));
    }

    /// As far as the head tells.
    fn guess(&self) -> Option<(Arc<Service>, Protocol)> {
        let Request { method, path, query, headers, .. } = &self.head;
        let scope = Claim::hint(&Head { method, path, query, headers });
        let scope = scope.map(|(region, service)| Scope { region, service });
        let service = service(&self.head, scope.as_ref())?;
        let protocol = protocol(&self.head, &service, self.is_cbor());
        Some((service, protocol))
    }

    fn is_head(&self) -> bool {
        self.head.method == "HEAD"
    }

    fn is_cbor(&self) -> bool {
        self.head.header("smithy-protocol").is_some()
    }

    fn flavour(known: Option<&(Arc<Service>, Protocol)>) -> Flavour {
        match known {
            Some((service, _)) if is_s3(service.signing_name) => Flavour::S3,
            Some((_, Protocol::Ec2)) => Flavour::Ec2,
            Some((_, Protocol::Query | Protocol::RestXml)) => Flavour::Query,
            _ => Flavour::Json,
        }
    }

    /// Writes the answer.
    pub(super) fn say(&self, say: &Say) -> Response<AnswerBody> {
        let known = self.known.clone().or_else(|| self.guess());
        let (status, code, message, id, ticket) = match say {
            Say::Signature(refusal) => {
                let code = refusal.code(Self::flavour(known.as_ref()));
                (refusal.status(), code, format!("Interlock: {refusal}"), None, false)
            }
            Say::Words { status, code, message, id, ticket } => {
                (*status, *code, message.clone(), id.as_deref(), *ticket)
            }
        };
        tracing::info!(status, code, message, "refused");
        let request_id = id.unwrap_or("interlock");
        let (headers, body) = match &known {
            Some((service, protocol)) => {
                write_error(*protocol, service, self.is_head(), status, code, &message, request_id)
            }
            None => self.plainly(code, &message),
        };
        let mut answer = Response::new(AnswerBody::Whole(Bytes::from(body)));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
        let mut set = |name: &str, value: &str| {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            {
                answer.headers_mut().insert(name, value);
            }
        };
        for (name, value) in &headers {
            set(name, value);
        }
        set("x-interlock", if ticket { "held" } else { "refused" });
        if let Some(id) = id {
            set(if ticket { "x-interlock-ticket" } else { "x-interlock-action" }, id);
        }
        if self.is_head() {
            // There is no body to say it in.
            let line: String =
                message.chars().filter(|letter| (' '..='~').contains(letter)).take(1_000).collect();
            set("x-interlock-message", &line);
        }
        answer
    }

    /// Nobody knows which service was meant: JSON that the JSON protocols' clients read.
    fn plainly(&self, code: &str, message: &str) -> (Vec<(String, String)>, Vec<u8>) {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![own("content-type", "application/json"), own("x-amzn-errortype", code)];
        let body = serde_json::json!({"__type": code, "code": code, "message": message});
        let body = if self.is_head() || self.is_cbor() { Vec::new() } else { body.to_string().into_bytes() };
        (headers, body)
    }
}

/// The service of the credential scope, or of the host where there is none.
fn service(request: &Request, scope: Option<&Scope>) -> Option<Arc<Service>> {
    let catalogue = Catalogue::get();
    let host = request.header("host").unwrap_or_default().to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    let at_host = |prefix: &str| prefix.split('.').all(|part| labels.contains(&part));
    let target =
        request.header("x-amz-target").and_then(|target| target.rsplit_once('.')).map(|(prefix, _)| prefix);
    let all = || catalogue.summaries().iter();
    let signed = |name: &&str| scope.is_some_and(|scope| scope.service == **name);
    let found = match scope {
        Some(_) => all().filter(|summary| signed(&summary.signing_name)).max_by_key(|summary| {
            // Several services share a signing name: target, then host, then the one that is called so.
            let target = target.is_some() && summary.target_prefix == target;
            (target, at_host(summary.endpoint_prefix), summary.name == summary.signing_name)
        }),
        None => all()
            .filter(|summary| at_host(summary.endpoint_prefix))
            .max_by_key(|summary| (summary.endpoint_prefix.len(), summary.name == summary.endpoint_prefix)),
    };
    catalogue.service(found?.name)
}

fn protocol(request: &Request, service: &Service, cbor: bool) -> Protocol {
    let speaks = |protocol: &Protocol| service.protocols.contains(protocol);
    if cbor {
        return Protocol::Cbor;
    }
    if request.header("x-amz-target").is_some() {
        let one = request.header("content-type").is_some_and(|kind| kind.contains("json-1.1"));
        return if one { Protocol::Json11 } else { Protocol::Json10 };
    }
    let form = request.header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
    if form && speaks(&Protocol::Query) {
        return Protocol::Query;
    }
    service.protocols.first().copied().unwrap_or(Protocol::RestJson)
}
