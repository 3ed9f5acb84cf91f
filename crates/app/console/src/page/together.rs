//! Several requests of one session on one page, and one signature over all of them; plans of agents, which lead there.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use interlock_action::TicketId;
use interlock_api::{Decisions, Fault, RequestView, exact, time, visible};
use interlock_approval::{State as TicketState, Ticket};
use interlock_flow::{Decisive, MOST_TOGETHER, Shown, StepFate};
use serde::Deserialize;

use super::{
    Frame, done, fault, page,
    sign::{Order, Ordered, Told, order},
};
use crate::{
    Console, Shared,
    form::Posted,
    show::card::{Card, card},
    visitor::Visitor,
};

/// Which requests, by their ids with commas between.
#[derive(Deserialize)]
pub(crate) struct Which {
    ids: String,
}

#[derive(Template)]
#[template(path = "together.html")]
struct TogetherPage {
    frame: Frame,
    cards: Vec<Card>,
    /// What is posted to sign.
    list: String,
}

/// Shows them, each with all that would vanish.
pub(crate) async fn show(
    State(console): Shared,
    _visitor: Visitor,
    frame: Frame,
    Query(which): Query<Which>,
) -> Response {
    let ids: Vec<&str> = which.ids.split(',').filter(|id| !id.is_empty()).collect();
    let views = match views(&console, &ids) {
        Ok(views) => views,
        Err(why) => return fault(frame, why),
    };
    let shown: Vec<Shown> = views.iter().map(shown).collect();
    let list = serde_json::to_string(&shown).unwrap_or_default();
    let now = console.desk.now();
    let cards = views.iter().map(|view| card(view, &[], 1, now)).collect();
    page(&TogetherPage { frame: frame.at("/"), cards, list })
}

fn views(console: &Console, ids: &[&str]) -> Result<Vec<RequestView>, Fault> {
    if ids.is_empty() || ids.len() > MOST_TOGETHER {
        return Err(Fault::bad_request(format!("1 to {MOST_TOGETHER} requests are decided on together")));
    }
    let view = |id: &&str| {
        let view = console.desk.request(id)?;
        if view.ticket.state != TicketState::Pending {
            let state = view.ticket.state.name();
            return Err(Fault::conflict(format!("request {} is already {state}", view.ticket.id)));
        }
        Ok(view)
    };
    let views: Vec<RequestView> = ids.iter().map(view).collect::<Result<_, _>>()?;
    let fits = Decisions::together(views.iter().map(|view| &view.ticket));
    if let Some(other) = views.iter().find(|view| !fits.iter().any(|ticket| ticket.id == view.ticket.id)) {
        let why = format!(
            "request {} takes two people or people of a role, or is of another session",
            other.ticket.id
        );
        return Err(Fault::conflict(why).hint("decide on it by itself"));
    }
    Ok(views)
}

fn shown(view: &RequestView) -> Shown {
    Shown { id: view.ticket.id.clone(), digest: view.ticket.digest }
}

/// What is decided on them.
#[derive(Deserialize)]
pub(crate) struct Decision {
    decision: String,
    reason: String,
    list: String,
}

/// Shows what is about to be signed.
pub(crate) async fn ready(
    State(console): Shared,
    frame: Frame,
    Posted { visitor, fields }: Posted<Decision>,
) -> Response {
    let prepared =
        serde_json::from_str::<Vec<Shown>>(&fields.list).map_err(Fault::bad_request).and_then(|list| {
            let ids: Vec<&str> = list.iter().map(|shown| shown.id.as_str()).collect();
            let views = views(&console, &ids)?;
            // INVARIANT: what is signed is what was on the page.
            if views.iter().map(shown).ne(list.iter().cloned()) {
                return Err(
                    Fault::conflict("these are not the requests that you were shown").hint("read them again")
                );
            }
            let decision: Decisive = fields.decision.parse().map_err(Fault::bad_request)?;
            Ok((views, list, decision == Decisive::Approve))
        });
    let (views, list, yes) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return fault(frame, why),
    };
    let ids: Vec<String> = list.iter().map(|shown| exact(shown.id.as_str())).collect();
    let line = |view: &RequestView| {
        let mut lines = vec![view.sentence.clone()];
        lines.extend(view.vanishes.iter().map(|line| format!("    − {line}")));
        lines.join("\n")
    };
    let body = Decisions { decision: fields.decision.clone(), requests: list };
    let (verb, subject) = (body.verb(), body.subject());
    let told = Told {
        heading: if yes {
            "You are about to APPROVE all of these"
        } else {
            "You are about to DENY all of these"
        },
        sentence: format!("{} requests, with one signature", views.len()),
        lines: views.iter().map(line).collect(),
        action: "/together".to_owned(),
        back: format!("/together?ids={}", ids.join(",")),
    };
    let all = Order {
        verb: &verb,
        subject: &subject,
        body: &body,
        reason: &fields.reason,
        command: format!("interlock request {} {}", fields.decision, ids.join(" ")),
    };
    order(&console, (&visitor, frame.at("/")), told, &all)
}

/// Takes the signature.
pub(crate) async fn decide(
    State(console): Shared,
    frame: Frame,
    Posted { visitor, fields }: Posted<Ordered>,
) -> Response {
    let taken = async { console.desk.decide_together(fields.signed(&visitor)?).await };
    done(taken.await, frame, "/?all=true")
}

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    frame: Frame,
    id: String,
    at: String,
    session: String,
    words: String,
    /// Steps that were left out.
    left: usize,
    /// How its command ended, where not well.
    status: Option<i32>,
    steps: Vec<Step>,
    /// Those that wait and can be decided on together.
    waiting: Vec<String>,
}

struct Step {
    operation: String,
    targets: String,
    fate: String,
    ticket: Option<String>,
    refused: bool,
}

/// A plan: every step, and what would become of it.
pub(crate) async fn plan(
    State(console): Shared,
    _visitor: Visitor,
    frame: Frame,
    Path(id): Path<String>,
) -> Response {
    let plan = match console.desk.plan(&id) {
        Ok(plan) => plan,
        Err(why) => return fault(frame, why),
    };
    let state = |ticket: &TicketId| console.desk.request(ticket.as_str()).map(|view| view.ticket);
    let waiting: Vec<Ticket> = plan.tickets().iter().filter_map(|id| state(id).ok()).collect();
    let waiting = Decisions::together(waiting.iter());
    let waiting: Vec<String> = waiting.iter().map(|ticket| exact(ticket.id.as_str())).collect();
    let steps = plan.steps.iter().map(|step| {
        let (fate, ticket, refused) = match &step.fate {
            StepFate::Flows => ("by itself it passes without asking".to_owned(), None, false),
            StepFate::Asks { ticket } => {
                let now = state(ticket).map_or("forgotten".to_owned(), |ticket| {
                    format!("{} ({})", ticket.state.name(), ticket.held.tier)
                });
                (now, Some(exact(ticket.as_str())), false)
            }
            StepFate::Refused { why } => (visible(why), None, true),
        };
        let targets = step.targets.iter().map(|target| exact(target)).collect::<Vec<_>>().join(", ");
        Step { operation: exact(step.operation.as_str()), targets, fate, ticket, refused }
    });
    page(&PlanPage {
        frame: frame.at("/"),
        id: exact(&id),
        at: time(plan.at),
        session: exact(plan.session.as_str()),
        words: visible(&plan.words),
        left: plan.left,
        status: plan.status.filter(|status| *status != 0),
        steps: steps.collect(),
        waiting,
    })
}
