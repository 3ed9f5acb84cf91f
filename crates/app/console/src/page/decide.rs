//! Deciding: first the words, then the signature over exactly these words.

use axum::{
    extract::{Path, State},
    response::Response,
};
use interlock_api::{DecisionRequest, Fault, exact, one_line, reasoned, typed};
use interlock_approval::{Statement, Ticket};
use interlock_flow::Decisive;
use serde::Deserialize;

use super::{
    Frame, done, fault,
    sign::{Told, statement},
};
use crate::{Attempt, Shared, form::Posted};

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
        Ok((ready(&fields, &view.ticket)?, view))
    });
    let (decision, view) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => {
            console.desk.tried(Attempt::new("decision", id, &why.message).by(visitor.person));
            return fault(frame, why);
        }
    };
    let (ticket, verb, reason) = (&view.ticket, decision.verb(), fields.reason.trim());
    let words =
        Statement::on_ticket(verb, &ticket.id, ticket.digest, &visitor.person, reason, &ticket.held.nonce);
    let yes = decision == Decisive::Approve;
    let told = Told {
        heading: if yes { "You are about to APPROVE" } else { "You are about to DENY" },
        sentence: view.sentence,
        lines: if yes { view.vanishes } else { Vec::new() },
        action: format!("/requests/{}/decision", exact(&id)),
        back: format!("/requests/{}", exact(&id)),
    };
    let hidden = vec![("decision", verb.to_owned()), ("reason", reason.to_owned())];
    let command = format!("interlock request {verb} {}", exact(&id));
    statement(&console, (&visitor, frame.at("/")), told, hidden, &words, &command)
}

/// What is decided, if it can be signed at all.
fn ready(fields: &Decision, ticket: &Ticket) -> Result<Decisive, Fault> {
    let decision = fields.decision.parse().map_err(Fault::bad_request)?;
    reasoned(&fields.reason)?;
    // INVARIANT: what is signed is what was on the page.
    if fields.digest != ticket.digest.to_string() {
        return Err(Fault::conflict("this is not the request that you were shown").hint("read it again"));
    }
    if !ticket.is_open() {
        return Err(Fault::conflict(format!("the request is already {}", ticket.state.name())));
    }
    match typed(ticket) {
        Some(name) if decision == Decisive::Approve && name != one_line(&fields.typed) => {
            Err(Fault::bad_request(format!("what you typed is not `{name}`, which this would happen to"))
                .hint("type its name as it is written, so that it is this one that you mean"))
        }
        _ => Ok(decision),
    }
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
    done(console.desk.decide(&id, request).await, frame, &format!("/requests/{}", exact(&id)))
}
