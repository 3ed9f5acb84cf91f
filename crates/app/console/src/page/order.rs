//! What a person signs that is about more than one request: shown, signed, and taken, the same way for all of it.

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::digest_of;
use interlock_api::{ADMIN, Added, Fault, Signed, visible};
use interlock_approval::{Signable as _, Statement, challenge};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Frame,
    decide::quoted,
    fault, page,
    words::{SignPage, credentials},
};
use crate::{Console, visitor::Visitor};

/// What is to be signed, and how it is told.
pub(crate) struct Order<'a, T> {
    /// The verb.
    pub(crate) verb: &'a str,
    /// On what.
    pub(crate) subject: &'a str,
    /// What it says.
    pub(crate) body: &'a T,
    /// The signer's own words.
    pub(crate) reason: &'a str,
    /// What the page is called.
    pub(crate) heading: &'static str,
    /// It in a sentence.
    pub(crate) sentence: String,
    /// What it comes to, line by line.
    pub(crate) lines: Vec<String>,
    /// Where the signature goes.
    pub(crate) action: String,
    /// Where it goes without.
    pub(crate) back: String,
    /// How a command line does the same, without the key and the reason.
    pub(crate) command: String,
}

/// Shows what is about to be signed.
pub(crate) fn sign<T: Serialize>(
    console: &Console,
    visitor: &Visitor,
    frame: Frame,
    order: Order<'_, T>,
) -> Response {
    let reason = order.reason.trim();
    if reason.is_empty() {
        let why = Fault::bad_request("a decision needs a reason");
        return fault(frame, why.hint("say why, in a few words, and send it again"));
    }
    let prepared = digest_of(ADMIN, order.body).map_err(Fault::bad_request).and_then(|digest| {
        let statement = Statement {
            verb: order.verb.to_owned(),
            subject: order.subject.to_owned(),
            digest,
            person: visitor.person.clone(),
            reason: reason.to_owned(),
            nonce: console.desk.nonce(),
        };
        let challenge = challenge(&statement).map_err(Fault::bad_request)?;
        let bytes = statement.bytes().map_err(Fault::bad_request)?;
        let body = serde_json::to_string(order.body).map_err(Fault::bad_request)?;
        Ok((statement.nonce, challenge, String::from_utf8_lossy(&bytes).into_owned(), body))
    });
    let (nonce, challenge, words, body) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return fault(frame, why),
    };
    let command = vec![
        format!("{} --key FILE --reason {}", order.command, quoted(reason)),
        format!("printf %s {} | ssh-keygen -Y sign -n {} -f FILE", quoted(&words), Statement::NAMESPACE),
    ];
    page(&SignPage {
        frame,
        heading: order.heading,
        sentence: visible(&order.sentence),
        lines: order.lines.iter().map(|line| visible(line)).collect(),
        words: visible(&words),
        action: order.action,
        back: order.back,
        hidden: vec![("reason", reason.to_owned()), ("nonce", nonce), ("body", body)],
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        site: console.desk.site().id,
        credentials: credentials(&console.desk.people(), &visitor.person),
        command,
    })
}

/// What comes back from that page.
#[derive(Deserialize)]
pub(crate) struct Ordered {
    reason: String,
    nonce: String,
    body: String,
    #[serde(default)]
    signature: String,
}

impl Ordered {
    /// As the daemon takes it: it checks that these are the words that were signed.
    pub(crate) fn signed<T: DeserializeOwned>(self, visitor: &Visitor) -> Result<Added<T>, Fault> {
        let body = serde_json::from_str(&self.body).map_err(Fault::bad_request)?;
        let signed = Signed {
            person: visitor.person.clone(),
            reason: self.reason,
            nonce: self.nonce,
            signature: self.signature.replace("\r\n", "\n"),
        };
        Ok(Added { body, signed, co_signed: Vec::new() })
    }
}
