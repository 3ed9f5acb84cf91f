//! Signing with a passkey what a command line wants signed: the same page for whatever it is.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::PersonId;
use interlock_api::{Fault, Signing, WordsToSign, exact, visible};
use interlock_approval::Person;
use serde::Deserialize;

use super::{Frame, fault, page};
use crate::{Shared, form::Posted, visitor::Visitor};

/// What is about to be signed, and how.
#[derive(Template)]
#[template(path = "sign.html")]
pub(crate) struct SignPage {
    pub(crate) frame: Frame,
    pub(crate) heading: &'static str,
    pub(crate) sentence: String,
    pub(crate) lines: Vec<String>,
    /// The text that is signed.
    pub(crate) words: String,
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) hidden: Vec<(&'static str, String)>,
    pub(crate) challenge: String,
    pub(crate) site: String,
    pub(crate) credentials: String,
    /// How the same is done with an OpenSSH key.
    pub(crate) command: Vec<String>,
}

/// What is signed is with its command line now.
#[derive(Template)]
#[template(path = "signed.html")]
struct SignedPage {
    frame: Frame,
}

/// The ids of somebody's passkeys.
pub(crate) fn credentials(people: &[Person], who: &PersonId) -> String {
    let keys = people.iter().filter(|person| person.name == *who).flat_map(|person| &person.keys);
    keys.filter_map(|key| key.passkey()).map(|passkey| passkey.id).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn show(
    State(console): Shared,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<String>,
) -> Response {
    let prepared = console.desk.words(&id).and_then(|words| {
        if *words.person() != visitor.person {
            return Err(Fault::refused(format!("these words are for `{}` to sign", words.person())));
        }
        Ok((words.challenge().map_err(Fault::bad_request)?, words))
    });
    let (challenge, words) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return fault(frame, why),
    };
    let (sentence, lines) = told(&words);
    page(&SignPage {
        frame,
        heading: "A command of yours asks you to sign",
        sentence,
        lines,
        words: visible(&serde_json::to_string_pretty(&words.words).unwrap_or_default()),
        action: format!("/words/{}", exact(&id)),
        back: "/".to_owned(),
        hidden: Vec::new(),
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        site: console.desk.site().id,
        credentials: credentials(&console.desk.people(), &visitor.person),
        command: Vec::new(),
    })
}

/// What it is about, in words.
fn told(words: &WordsToSign) -> (String, Vec<String>) {
    match &words.words {
        Signing::Statement(statement) => {
            let sentence = format!("{} {}", visible(&statement.verb), exact(&statement.subject));
            let enrols =
                words.enrols().map(|fingerprint| format!("the key with the fingerprint {fingerprint}"));
            let body = visible(&serde_json::to_string_pretty(&words.body).unwrap_or_default());
            (sentence, enrols.into_iter().chain([body]).collect())
        }
        Signing::Opening(opening) => {
            let mut lines = Vec::new();
            if opening.observe {
                lines.push(
                    "In this session NOBODY IS ASKED: what people would have to approve flows.".to_owned(),
                );
            }
            if opening.advisory {
                lines.push("This session runs outside the sandbox.".to_owned());
            }
            let task = opening.resume.as_ref().map_or(opening.task.as_str(), |session| session.as_str());
            (format!("launch agent {} on: {}", exact(opening.agent.as_str()), visible(task)), lines)
        }
    }
}

/// A signature.
#[derive(Deserialize)]
pub(crate) struct Signature {
    #[serde(default)]
    signature: String,
}

pub(crate) async fn signed(
    State(console): Shared,
    Path(id): Path<String>,
    frame: Frame,
    Posted { visitor, fields }: Posted<Signature>,
) -> Response {
    let taken = console.desk.words(&id).and_then(|words| {
        if *words.person() != visitor.person {
            return Err(Fault::refused(format!("these words are for `{}` to sign", words.person())));
        }
        console.desk.sign(&id, fields.signature)
    });
    match taken {
        Ok(()) => page(&SignedPage { frame }),
        Err(why) => fault(frame, why),
    }
}
