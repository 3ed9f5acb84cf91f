//! Making a passkey. What is made here is nobody's: it becomes somebody's when a person who is enrolled signs so, and once agents are
//! at work two approve that.

use askama::Template;
use axum::{Form, extract::State, response::Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_action::{PersonId, is_plain_name};
use interlock_api::{Fault, exact};
use interlock_approval::{Registration, challenge};
use serde::Deserialize;

use super::{
    Frame, fault, page,
    sign::{credentials, quoted},
};
use crate::{Attempt, Shared, desk::Enrolment};

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage {
    frame: Frame,
    person: String,
}

#[derive(Template)]
#[template(path = "make.html")]
struct MakePage {
    frame: Frame,
    person: String,
    nonce: String,
    challenge: String,
    user: String,
    credentials: String,
    site: String,
    /// What the browser is asked to pass on of the authenticator's maker.
    attestation: &'static str,
}

#[derive(Template)]
#[template(path = "made.html")]
struct MadePage {
    frame: Frame,
    person: String,
    known: bool,
    fingerprint: String,
    commands: Vec<String>,
}

pub(crate) async fn show(frame: Frame) -> Response {
    let person = frame.person.clone().unwrap_or_default();
    page(&EnrolPage { frame, person })
}

#[derive(Deserialize)]
pub(crate) struct Whose {
    person: String,
}

pub(crate) async fn name(State(console): Shared, frame: Frame, Form(whose): Form<Whose>) -> Response {
    let person = whose.person.trim().to_owned();
    if !is_plain_name(&person) {
        let why = Fault::bad_request("a person goes by a short name of plain letters").hint("as in `ana`");
        return fault(frame, why);
    }
    let nonce = console.desk.nonce();
    let words = Enrolment { person: PersonId::new(person.as_str()), nonce: nonce.clone() };
    match challenge(&words) {
        Ok(challenge) => page(&MakePage {
            nonce,
            challenge: URL_SAFE_NO_PAD.encode(challenge),
            // Drawn anew: an authenticator that knows the name already keeps what it has.
            user: URL_SAFE_NO_PAD.encode(console.desk.draw()),
            credentials: if frame.person.as_deref() == Some(person.as_str()) {
                credentials(&console.desk.people(), &words.person)
            } else {
                String::new()
            },
            site: console.desk.site().id,
            attestation: if console.desk.asks_makers() { "direct" } else { "none" },
            frame,
            person,
        }),
        Err(error) => fault(frame, Fault::unavailable(error)),
    }
}

#[derive(Deserialize)]
pub(crate) struct Made {
    person: String,
    nonce: String,
    #[serde(default)]
    signature: String,
}

pub(crate) async fn made(State(console): Shared, frame: Frame, Form(made): Form<Made>) -> Response {
    let person = PersonId::new(made.person.as_str());
    let offered = serde_json::from_str::<Registration>(&made.signature)
        .map_err(|_| {
            Fault::bad_request("the browser sent no passkey").hint("try again in a browser that makes them")
        })
        .and_then(|registration| {
            let words = Enrolment { person: person.clone(), nonce: made.nonce.clone() };
            console.desk.offer(&words, &registration)
        });
    let fingerprint = match offered {
        Ok(fingerprint) => fingerprint,
        Err(why) => {
            console.desk.tried(Attempt::new("enrolment", &made.person, &why.message));
            return fault(frame, why);
        }
    };
    let known = console.desk.people().iter().any(|have| have.name == person);
    let name = quoted(&exact(&made.person));
    let add = if known { format!("person key add {name}") } else { format!("person add {name}") };
    let with = |key: &str| format!("interlock {add} --passkey {fingerprint} --key {key}");
    let commands = vec![with("FILE"), with("passkey:YOU")];
    page(&MadePage { frame, person: exact(&made.person), known, fingerprint, commands })
}
