//! What a person signs: told in words, shown as the very text that is signed, and signed with a passkey here or a key elsewhere.

use askama::Template;
use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::PersonId;
use interlock_api::{Added, Fault, Signed, reasoned, visible};
use interlock_approval::{Person, Signable as _, Statement, challenge};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Frame, fault, page};
use crate::{Console, visitor::Visitor};

#[derive(Template)]
#[template(path = "sign.html")]
struct SignPage {
    frame: Frame,
    told: Told,
    /// What is sent with the signature.
    hidden: Vec<(&'static str, String)>,
    /// The text that is signed.
    words: String,
    challenge: String,
    site: String,
    credentials: String,
    /// How the same is done with an OpenSSH key: by a command, or by signing the words and sending that.
    commands: Option<[String; 2]>,
}

/// What is about to be signed, as a person is told it.
pub(crate) struct Told {
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
}

/// Shows what is about to be signed, with these bytes and this challenge.
pub(crate) fn shown(
    console: &Console,
    (visitor, frame): (&Visitor, Frame),
    told: Told,
    hidden: Vec<(&'static str, String)>,
    (words, challenge): (&str, [u8; 32]),
    commands: Option<[String; 2]>,
) -> Response {
    let told = Told {
        sentence: visible(&told.sentence),
        lines: told.lines.iter().map(|line| visible(line)).collect(),
        ..told
    };
    page(&SignPage {
        frame,
        told,
        hidden,
        words: visible(words),
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        site: console.desk.site().id,
        credentials: credentials(&console.desk.people(), &visitor.person),
        commands,
    })
}

/// Shows a statement that is about to be signed; `command` is how a command line does the same, without the key and the reason.
pub(crate) fn statement(
    console: &Console,
    (visitor, frame): (&Visitor, Frame),
    told: Told,
    hidden: Vec<(&'static str, String)>,
    statement: &Statement,
    command: &str,
) -> Response {
    let signed = challenge(statement).and_then(|challenge| Ok((statement.bytes()?, challenge)));
    let (words, challenge) = match signed {
        Ok(signed) => signed,
        Err(error) => return fault(frame, Fault::bad_request(error)),
    };
    let words = String::from_utf8_lossy(&words);
    let commands = [
        format!("{command} --key FILE --reason {}", quoted(&statement.reason)),
        format!("printf %s {} | ssh-keygen -Y sign -n {} -f FILE", quoted(&words), Statement::NAMESPACE),
    ];
    shown(console, (visitor, frame), told, hidden, (&words, challenge), Some(commands))
}

/// What is to be signed that is about more than one request.
pub(crate) struct Order<'a, T> {
    /// The verb.
    pub(crate) verb: &'a str,
    /// On what.
    pub(crate) subject: &'a str,
    /// What it says.
    pub(crate) body: &'a T,
    /// The signer's own words.
    pub(crate) reason: &'a str,
    /// How a command line does the same, without the key and the reason.
    pub(crate) command: String,
}

/// Shows what is about to be signed. What comes back is [`Ordered`].
pub(crate) fn order<T: Serialize>(
    console: &Console,
    (visitor, frame): (&Visitor, Frame),
    told: Told,
    order: &Order<'_, T>,
) -> Response {
    let reason = order.reason.trim();
    if let Err(why) = reasoned(reason) {
        return fault(frame, why);
    }
    let signed = Signed {
        person: visitor.person.clone(),
        reason: reason.to_owned(),
        nonce: console.desk.nonce(),
        signature: String::new(),
    };
    let words = signed.statement(order.verb, order.subject, order.body).map_err(Fault::bad_request);
    let prepared =
        words.and_then(|words| Ok((words, serde_json::to_string(order.body).map_err(Fault::bad_request)?)));
    let (words, body) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return fault(frame, why),
    };
    let hidden = vec![("reason", signed.reason), ("nonce", signed.nonce), ("body", body)];
    statement(console, (visitor, frame), told, hidden, &words, &order.command)
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

/// The ids of somebody's passkeys.
pub(crate) fn credentials(people: &[Person], who: &PersonId) -> String {
    let keys = people.iter().filter(|person| person.name == *who).flat_map(|person| &person.keys);
    keys.filter_map(|key| key.passkey()).map(|passkey| passkey.id).collect::<Vec<_>>().join(" ")
}

/// A text as a shell takes it for one word.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
