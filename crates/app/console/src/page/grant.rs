//! Standing grants: what one would let pass, the form to sign it, and those that stand.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use interlock_action::{GrantId, TicketId};
use interlock_api::{EndGrant, GrantOffer, GrantRow, SignGrant, exact, time, visible};
use interlock_flow::GrantWish;
use serde::Deserialize;

use super::{
    Frame, done, fault, page,
    sign::{Order, Ordered, Told, order},
};
use crate::{Shared, form::Posted, visitor::Visitor};

#[derive(Template)]
#[template(path = "grant.html")]
struct OfferPage {
    frame: Frame,
    id: String,
    words: Vec<String>,
    policy: String,
    wish: GrantWish,
    would: Vec<[String; 4]>,
    passed: usize,
    looked_at: usize,
    more: bool,
    /// What is posted to sign it.
    body: String,
}

/// What a grant of a request would be.
pub(crate) async fn offer(
    State(console): Shared,
    visitor: Visitor,
    frame: Frame,
    Path(id): Path<String>,
    Query(wish): Query<GrantWish>,
) -> Response {
    let shown = console.desk.request(&id).and_then(|view| super::ticket::is_shown_to(&visitor, &view));
    let offered = match shown {
        Ok(()) => console.desk.offer_grant(&TicketId::new(&id), wish).await,
        Err(why) => Err(why),
    };
    let offer = match offered {
        Ok(offer) => offer,
        Err(why) => return fault(frame, why),
    };
    let body = serde_json::to_string(&SignGrant { terms: offer.terms.clone() }).unwrap_or_default();
    let would = offer.would.iter().map(|one| {
        let targets = one.targets.iter().map(|target| exact(target)).collect::<Vec<_>>().join(", ");
        [time(one.at), exact(one.ticket.as_str()), targets, one.became.clone()]
    });
    page(&OfferPage {
        frame: frame.at("/grants"),
        id: exact(&id),
        words: offer.words.iter().map(|line| visible(line)).collect(),
        policy: visible(&offer.policy()),
        wish,
        would: would.collect(),
        passed: offer.passed,
        looked_at: offer.looked_at,
        more: offer.more,
        body,
    })
}

/// What was asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    reason: String,
    body: String,
}

/// Shows what is about to be signed. What is not the request's own terms is refused when it comes back.
pub(crate) async fn ready(
    State(console): Shared,
    Path(id): Path<String>,
    frame: Frame,
    Posted { visitor, fields }: Posted<Asked>,
) -> Response {
    let body: SignGrant = match serde_json::from_str(&fields.body) {
        Ok(body) => body,
        Err(error) => return fault(frame, interlock_api::Fault::bad_request(error)),
    };
    let offer = GrantOffer::of(body.terms.clone());
    let GrantWish { minutes, count, any_target, any_arguments } = body.terms.wish();
    let flag = |name: &str, set: bool| if set { format!(" {name}") } else { String::new() };
    let told = Told {
        heading: "You are about to let the like of this PASS",
        sentence: offer.words.first().cloned().unwrap_or_default(),
        lines: offer.words.into_iter().skip(1).collect(),
        action: "/grants".to_owned(),
        back: GrantOffer::page(&body.terms),
    };
    let grant = Order {
        verb: "grant",
        subject: body.terms.ticket.as_str(),
        body: &body,
        reason: &fields.reason,
        command: format!(
            "interlock grant add {} --minutes {minutes} --count {count}{}{}",
            exact(&id),
            flag("--any-target", any_target),
            flag("--any-arguments", any_arguments)
        ),
    };
    order(&console, (&visitor, frame.at("/grants")), told, &grant)
}

/// Takes the signature.
pub(crate) async fn granted(
    State(console): Shared,
    frame: Frame,
    Posted { visitor, fields }: Posted<Ordered>,
) -> Response {
    let taken = async { console.desk.sign_grant(fields.signed(&visitor)?).await };
    done(taken.await, frame, "/grants")
}

#[derive(Template)]
#[template(path = "grants.html")]
struct GrantsPage {
    frame: Frame,
    rows: Vec<Row>,
    of: usize,
}

struct Row {
    id: String,
    words: Vec<String>,
    signers: String,
    used: String,
    until: String,
    idle: Option<String>,
    /// Whether it waits for another person to sign.
    waits: bool,
    over: bool,
    page: String,
}

/// So many are shown: those that stand come first.
const MANY: usize = 100;

/// Every grant.
pub(crate) async fn list(State(console): Shared, _visitor: Visitor, frame: Frame) -> Response {
    let all = console.desk.grants();
    let rows = all.iter().take(MANY).map(|row| row_of(row, console.desk.now()));
    page(&GrantsPage { frame: frame.at("/grants"), rows: rows.collect(), of: all.len() })
}

fn row_of(row: &GrantRow, now: interlock_action::Millis) -> Row {
    let grant = &row.grant;
    let signers: Vec<_> = grant.signers.iter().map(|signer| exact(signer.person.as_str())).collect();
    let over = grant.is_over(now);
    Row {
        id: exact(grant.id.as_str()),
        words: row.words.iter().map(|line| visible(line)).collect(),
        signers: signers.join(", "),
        used: format!("{} of {}", grant.used, grant.terms.count),
        until: grant.until().map(time).unwrap_or_default(),
        idle: row.idle.as_deref().map(visible),
        waits: grant.since.is_none() && grant.ended.is_none(),
        over,
        page: GrantOffer::page(&grant.terms),
    }
}

/// Why it is to end.
#[derive(Deserialize)]
pub(crate) struct Why {
    reason: String,
}

/// Shows what is about to be signed to end one.
pub(crate) async fn ending(
    State(console): Shared,
    Path(id): Path<String>,
    frame: Frame,
    Posted { visitor, fields }: Posted<Why>,
) -> Response {
    let body = EndGrant { id: GrantId::new(&id) };
    let told = Told {
        heading: "You are about to END a grant",
        sentence: format!("Nothing passes by grant {} any more", exact(&id)),
        lines: Vec::new(),
        action: "/grants/end".to_owned(),
        back: "/grants".to_owned(),
    };
    let end = Order {
        verb: "end-grant",
        subject: &id,
        body: &body,
        reason: &fields.reason,
        command: format!("interlock grant end {}", exact(&id)),
    };
    order(&console, (&visitor, frame.at("/grants")), told, &end)
}

/// Takes the signature that ends one.
pub(crate) async fn ended(
    State(console): Shared,
    frame: Frame,
    Posted { visitor, fields }: Posted<Ordered>,
) -> Response {
    let taken = async { console.desk.end_grant(fields.signed(&visitor)?).await };
    done(taken.await, frame, "/grants")
}
