//! Deciding: first the words, then the signature over exactly these words.

use axum::{
    extract::{Path, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use interlock_api::{DecisionRequest, Fault, exact, visible};
use interlock_approval::{Signable as _, Statement, Ticket, challenge};
use serde::Deserialize;

use super::{
    Frame, fault, to,
    words::{SignPage, credentials},
};
use crate::{
    Attempt, Shared,
    form::Posted,
    show::card::{one_line, typed},
    visitor::Visitor,
};

/// A decision before it is signed.
#[derive(Deserialize)]
pub(crate) struct Decision {
    decision: String,
    reason: String,
    digest: String,
    #[serde(default)]
    typed: String,
}

/// Shows what is about to be signed.
pub(crate) async fn sign(
    State(console): Shared,
    Path(id): Path<String>,
    frame: Frame,
    Posted { visitor, fields }: Posted<Decision>,
) -> Response {
    let prepared = console.desk.request(&id).and_then(|view| {
        super::ticket::is_shown_to(&visitor, &view)?;
        ready(&fields, &view.ticket)?;
        let statement = statement(&fields.decision, &view.ticket, &visitor, fields.reason.trim());
        let challenge = challenge(&statement).map_err(Fault::bad_request)?;
        let bytes = statement.bytes().map_err(Fault::bad_request)?;
        Ok((view, challenge, String::from_utf8_lossy(&bytes).into_owned()))
    });
    let (view, challenge, words) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => {
            refused(&console, &id, &visitor, &why);
            return fault(frame, why);
        }
    };
    let site = console.desk.site();
    let yes = fields.decision == "approve";
    super::page(&SignPage {
        frame: frame.at("/"),
        heading: if yes { "You are about to APPROVE" } else { "You are about to DENY" },
        sentence: visible(&view.sentence),
        lines: if yes { view.vanishes.iter().map(|line| visible(line)).collect() } else { Vec::new() },
        words: visible(&words),
        action: format!("/requests/{}/decision", exact(&id)),
        back: format!("/requests/{}", exact(&id)),
        hidden: vec![("decision", fields.decision.clone()), ("reason", fields.reason.trim().to_owned())],
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        site: site.id,
        credentials: credentials(&console.desk.people(), &visitor.person),
        command: command(&fields.decision, &id, fields.reason.trim(), &words),
    })
}

/// Whether this can be signed at all.
fn ready(fields: &Decision, ticket: &Ticket) -> Result<(), Fault> {
    if !["approve", "deny"].contains(&fields.decision.as_str()) {
        return Err(Fault::bad_request(format!("`{}` is neither `approve` nor `deny`", fields.decision)));
    }
    if fields.reason.trim().is_empty() {
        return Err(Fault::bad_request("a decision needs a reason")
            .hint("say why, in a few words, and send it again"));
    }
    // INVARIANT: what is signed is what was on the page.
    if fields.digest != ticket.digest.to_string() {
        return Err(Fault::conflict("this is not the request that you were shown").hint("read it again"));
    }
    if !ticket.is_open() {
        return Err(Fault::conflict(format!("the request is already {}", ticket.state.name())));
    }
    match typed(ticket) {
        Some(name) if fields.decision == "approve" && name != one_line(&fields.typed) => {
            Err(Fault::bad_request(format!("what you typed is not `{name}`, which this would happen to"))
                .hint("type its name as it is written, so that it is this one that you mean"))
        }
        _ => Ok(()),
    }
}

fn statement(verb: &str, ticket: &Ticket, visitor: &Visitor, reason: &str) -> Statement {
    Statement::on_ticket(verb, &ticket.id, ticket.digest, &visitor.person, reason, &ticket.held.nonce)
}

/// How the same is signed with an OpenSSH key: by a command, or here with what `ssh-keygen` prints.
fn command(decision: &str, id: &str, reason: &str, words: &str) -> Vec<String> {
    vec![
        format!("interlock request {decision} {} --key FILE --reason {}", exact(id), quoted(reason)),
        format!("printf %s {} | ssh-keygen -Y sign -n {} -f FILE", quoted(words), Statement::NAMESPACE),
    ]
}

/// A text as a shell takes it for one word.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A decision and its signature.
#[derive(Deserialize)]
pub(crate) struct Signed {
    decision: String,
    reason: String,
    #[serde(default)]
    signature: String,
}

/// Takes it.
pub(crate) async fn decide(
    State(console): Shared,
    Path(id): Path<String>,
    frame: Frame,
    Posted { visitor, fields }: Posted<Signed>,
) -> Response {
    let Signed { decision, reason, signature } = fields;
    let request = DecisionRequest {
        decision,
        person: visitor.person.clone(),
        reason,
        signature: signature.replace("\r\n", "\n"),
    };
    match console.desk.decide(&id, request).await {
        Ok(_) => to(&format!("/requests/{}", exact(&id))),
        Err(why) => fault(frame, why),
    }
}

fn refused(console: &crate::Console, id: &str, visitor: &Visitor, why: &Fault) {
    let (subject, person) = (id.to_owned(), Some(visitor.person.clone()));
    console.desk.tried(Attempt {
        what: "decision",
        subject,
        person,
        session: None,
        why: why.message.clone(),
    });
}
