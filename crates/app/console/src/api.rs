//! The same as JSON, below `/api`: for whoever has signed in. Every decision carries a signature of its own here too.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use interlock_action::{PersonId, TicketId};
use interlock_api::{
    Added, DecisionRequest, Decisions, EndGrant, Fault, GrantOffer, GrantRow, LedgerQuery, LedgerRow,
    NonceReply, RequestRow, RequestView, SessionRow, SignGrant, Status,
};
use interlock_approval::Person;
use interlock_flow::{Agent, GrantWish, Plan};
use serde::Serialize;

use crate::{
    Attempt, Console, Shared,
    visitor::{self, Visitor},
};

/// Of anything, the newest so many.
const MANY: usize = 500;
const ENTRIES: u32 = 500;

type Reply<T> = Result<Json<T>, Fault>;

/// The routes.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/api/v1/visit", get(visit))
        .route("/api/v1/openapi.json", get(openapi))
        .route("/api/v1/status", get(status))
        .route("/api/v1/nonce", post(nonce))
        .route("/api/v1/people", get(people))
        .route("/api/v1/agents", get(agents))
        .route("/api/v1/sessions", get(sessions))
        .route("/api/v1/requests", get(requests))
        .route("/api/v1/requests/{id}", get(request))
        .route("/api/v1/requests/{id}/decision", post(decide))
        .route("/api/v1/requests/{id}/grant", get(offer_grant))
        .route("/api/v1/requests/decisions", post(decide_together))
        .route("/api/v1/plans", get(plans))
        .route("/api/v1/grants", get(grants).post(sign_grant))
        .route("/api/v1/grants/end", post(end_grant))
        .route("/api/v1/ledger", get(ledger))
}

/// What a visit says of itself.
#[derive(Serialize)]
struct Visit {
    /// Who.
    person: PersonId,
    /// What is sent back in `x-interlock-token` with whatever changes something.
    token: String,
}

/// Somebody who has signed in; with whatever changes something they send their visit's token.
struct Caller(Visitor);

impl FromRequestParts<Arc<Console>> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let Some(visitor) = visitor::find(&parts.headers, console) else {
            let why = Fault::refused("nobody has signed in").hint("sign in to the console");
            return Err((StatusCode::UNAUTHORIZED, Json(why)).into_response());
        };
        if visitor.suspended {
            let why = "your key is suspended: only what is asked about people is shown to you, on the pages";
            return Err(Fault::refused(why).into_response());
        }
        let token = parts.headers.get("x-interlock-token").and_then(|token| token.to_str().ok());
        if !parts.method.is_safe() && !token.is_some_and(|token| visitor.holds(token)) {
            let why = "the call is not of this visit";
            console.desk.tried(Attempt::new("form", parts.uri.path(), why).by(visitor.person));
            return Err(Fault::refused(why).hint("`GET /api/v1/visit` tells the token").into_response());
        }
        Ok(Self(visitor))
    }
}

async fn visit(Caller(visitor): Caller) -> Json<Visit> {
    Json(Visit { person: visitor.person, token: visitor.token })
}

async fn openapi(State(console): Shared, _: Caller) -> Json<serde_json::Value> {
    Json(console.desk.openapi())
}

async fn status(State(console): Shared, _: Caller) -> Json<Status> {
    Json(console.desk.status())
}

async fn nonce(State(console): Shared, _: Caller) -> Json<NonceReply> {
    Json(NonceReply { nonce: console.desk.nonce(), home: console.desk.home() })
}

async fn people(State(console): Shared, _: Caller) -> Json<Vec<Person>> {
    Json(console.desk.people())
}

async fn agents(State(console): Shared, _: Caller) -> Json<Vec<Agent>> {
    Json(console.desk.agents())
}

async fn sessions(State(console): Shared, _: Caller) -> Json<Vec<SessionRow>> {
    Json(console.desk.sessions())
}

async fn requests(State(console): Shared, _: Caller) -> Json<Vec<RequestRow>> {
    Json(console.desk.queue(true, 0, MANY).rows.into_iter().map(|row| row.row).collect())
}

async fn request(State(console): Shared, _: Caller, Path(id): Path<String>) -> Reply<RequestView> {
    console.desk.request(&id).map(Json)
}

async fn decide(
    State(console): Shared,
    Path(id): Path<String>,
    Caller(visitor): Caller,
    Json(decision): Json<DecisionRequest>,
) -> Reply<RequestView> {
    own(&visitor, &decision.person)?;
    console.desk.decide(&id, decision).await.map(Json)
}

async fn offer_grant(
    State(console): Shared,
    _: Caller,
    Path(id): Path<String>,
    Query(wish): Query<GrantWish>,
) -> Reply<GrantOffer> {
    console.desk.offer_grant(&TicketId::new(id), wish).await.map(Json)
}

async fn decide_together(
    State(console): Shared,
    Caller(visitor): Caller,
    Json(decisions): Json<Added<Decisions>>,
) -> Reply<Vec<RequestView>> {
    own(&visitor, &decisions.signed.person)?;
    console.desk.decide_together(decisions).await.map(Json)
}

async fn plans(State(console): Shared, _: Caller) -> Json<Vec<Plan>> {
    Json(console.desk.plans(MANY))
}

async fn grants(State(console): Shared, _: Caller) -> Json<Vec<GrantRow>> {
    Json(console.desk.grants())
}

async fn sign_grant(
    State(console): Shared,
    Caller(visitor): Caller,
    Json(grant): Json<Added<SignGrant>>,
) -> Reply<GrantRow> {
    own(&visitor, &grant.signed.person)?;
    console.desk.sign_grant(grant).await.map(Json)
}

async fn end_grant(
    State(console): Shared,
    Caller(visitor): Caller,
    Json(grant): Json<Added<EndGrant>>,
) -> Reply<GrantRow> {
    own(&visitor, &grant.signed.person)?;
    console.desk.end_grant(grant).await.map(Json)
}

async fn ledger(
    State(console): Shared,
    _: Caller,
    Query(mut query): Query<LedgerQuery>,
) -> Reply<Vec<LedgerRow>> {
    query.limit = query.limit.map(|limit| limit.min(ENTRIES));
    console.desk.ledger(&query).map(Json)
}

/// A visit hands in what its own person signed.
fn own(visitor: &Visitor, person: &PersonId) -> Result<(), Fault> {
    if visitor.person == *person {
        return Ok(());
    }
    Err(Fault::refused(format!("this visit is `{}`'s, and `{person}` signed", visitor.person)))
}
