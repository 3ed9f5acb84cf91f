//! Signing with a passkey what a command line wants signed: the same page for whatever it is.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use interlock_api::{Fault, Signing, WordsToSign, exact};
use serde::Deserialize;

use super::{
    Frame, fault, page,
    sign::{Told, shown},
};
use crate::{Console, Shared, form::Posted, visitor::Visitor};

/// What is signed is with its command line now.
#[derive(Template)]
#[template(path = "signed.html")]
struct SignedPage {
    frame: Frame,
}

/// Words that were handed in for this visitor.
fn own(console: &Console, id: &str, visitor: &Visitor) -> Result<WordsToSign, Fault> {
    let words = console.desk.words(id)?;
    if *words.person() != visitor.person {
        return Err(Fault::refused(format!("these words are for `{}` to sign", words.person())));
    }
    Ok(words)
}

pub(crate) async fn show(
    State(console): Shared,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<String>,
) -> Response {
    let prepared = own(&console, &id, &visitor)
        .and_then(|words| Ok((words.challenge().map_err(Fault::bad_request)?, words)));
    let (challenge, words) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return fault(frame, why),
    };
    let (sentence, lines) = in_words(&words);
    let told = Told {
        heading: "A command of yours asks you to sign",
        sentence,
        lines,
        action: format!("/words/{}", exact(&id)),
        back: "/".to_owned(),
    };
    let text = serde_json::to_string_pretty(&words.words).unwrap_or_default();
    shown(&console, (&visitor, frame), told, Vec::new(), (&text, challenge), None)
}

/// What it is about, in words.
fn in_words(words: &WordsToSign) -> (String, Vec<String>) {
    match &words.words {
        Signing::Statement(statement) => {
            let sentence = format!("{} {}", statement.verb, exact(&statement.subject));
            let enrols =
                words.enrols().map(|fingerprint| format!("the key with the fingerprint {fingerprint}"));
            let body = serde_json::to_string_pretty(&words.body).unwrap_or_default();
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
            (format!("launch agent {} on: {}", exact(opening.agent.as_str()), task), lines)
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
    let taken = own(&console, &id, &visitor).and_then(|_| console.desk.sign(&id, fields.signature));
    match taken {
        Ok(()) => page(&SignedPage { frame }),
        Err(why) => fault(frame, why),
    }
}
