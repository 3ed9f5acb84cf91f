//! The API on the control socket.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Query, State},
    http::StatusCode,
    routing::{delete, get, post},
};
use interlock_action::{ActionId, SessionId, TicketId};
use interlock_approval::{State as TicketState, Ticket};
use interlock_flow::{
    ChangeNote, Glass, GrantWish, Plan, Preview, StateVersion,
    custody::{PurgeOrder, PurgePreview},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use interlock_api::{
    AccessRequest, AddAgent, AddKey, AddPerson, Added, AdoptState, BreakGlass, ConsoleLink, DecisionRequest,
    Decisions, DrillRequest, EndGrant, EvaluationAnswer, EvaluationAnswers, EvaluationRequest,
    EvaluationsRequest, Fault, Feed, FreezeRequest, GrantOffer, GrantRow, KeptPoint, LedgerQuery, LedgerRow,
    LinkReply, NonceReply, OfferedPasskey, OpenSession, OpenedSession, PointRun, PurgeBegun, Reached,
    RemoveKey, RemovePerson, RequestRow, RequestView, RestSession, ReviewGlass, Selection, SessionReport,
    SessionRow, SignGrant, Status, TaskAnswer, UndoRequest, UndoRun, UnfreezeRequest, WordsAt, WordsSigned,
    WordsToSign, WorkspaceRow,
};

use crate::{peer::Peer, state::Daemon};

type Reply<T> = Result<Json<T>, Fault>;
type Shared = State<Arc<Daemon>>;

/// The routes.
pub(crate) fn routes(daemon: Arc<Daemon>) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/nonce", post(nonce))
        .route("/v1/people", get(people).post(add_person))
        .route("/v1/people/remove", post(remove_person))
        .route("/v1/people/keys", post(add_key))
        .route("/v1/people/keys/remove", post(remove_key))
        .route("/v1/agents", get(agents).post(add_agent))
        .route("/v1/sessions", get(sessions).post(open_session))
        .route("/v1/sessions/{id}", delete(close_session))
        .route("/v1/sessions/{id}/rest", post(rest_session))
        .route("/v1/sessions/{id}/reached", post(reached))
        .route("/v1/sessions/{id}/report", get(report_session))
        .route("/v1/requests", get(requests))
        .route("/v1/requests/feed", get(feed))
        .route("/v1/requests/{id}", get(request))
        .route("/v1/requests/{id}/decision", post(decide))
        .route("/v1/requests/{id}/wait", get(wait))
        .route("/v1/words", post(hand_in))
        .route("/v1/words/{id}", get(words))
        .route("/v1/passkeys/{*id}", get(passkey))
        .route("/v1/console", post(link))
        .route("/v1/freezes", get(freezes).post(freeze))
        .route("/v1/unfreeze", post(unfreeze))
        .route("/v1/glass", get(glasses).post(break_glass))
        .route("/v1/glass/review", post(review_glass))
        .route("/v1/glass/mend", post(mend_glass))
        .route("/v1/requests/{id}/grant", get(offer_grant))
        .route("/v1/requests/decisions", post(decide_together))
        .route("/v1/plans", get(plans))
        .route("/v1/grants", get(grants).post(sign_grant))
        .route("/v1/grants/end", post(end_grant))
        .route("/v1/terraform/workspaces", get(workspaces))
        .route("/v1/terraform/adopt", post(adopt_state))
        .route("/v1/changes", get(changes))
        .route("/v1/undo/preview", post(preview_undo))
        .route("/v1/undo", post(undo))
        .route("/v1/undo/{id}", get(undo_run))
        .route("/v1/recovery", get(points))
        .route("/v1/recovery/drill", post(drill))
        .route("/v1/recovery/purge/preview", post(preview_purge))
        .route("/v1/recovery/purge", post(purge))
        .route("/v1/recovery/run/{id}", get(point_run))
        .route("/v1/ledger", get(ledger))
        .route("/v1/openapi.json", get(openapi))
        .route("/access/v1/evaluation", post(evaluation))
        .route("/access/v1/evaluations", post(evaluations))
        .route("/access/v1/requests", post(access_request))
        .route("/access/v1/requests/{id}", get(access_task))
        .route("/.well-known/authzen-configuration", get(authzen))
        .with_state(daemon)
}

async fn openapi() -> Json<Value> {
    Json(crate::openapi::openapi())
}

async fn evaluation(State(daemon): Shared, Json(body): Json<EvaluationRequest>) -> Reply<EvaluationAnswer> {
    daemon.evaluate(&body).map(Json)
}

async fn evaluations(
    State(daemon): Shared,
    Json(body): Json<EvaluationsRequest>,
) -> Reply<EvaluationAnswers> {
    daemon.evaluate_all(&body).map(Json)
}

async fn access_request(State(daemon): Shared, Json(body): Json<AccessRequest>) -> Reply<TaskAnswer> {
    daemon.access_request(&body).map(Json)
}

async fn access_task(State(daemon): Shared, Path(id): Path<String>) -> Reply<TaskAnswer> {
    daemon.access_task(&id).map(Json)
}

async fn authzen() -> Json<Value> {
    Json(crate::authzen::configuration())
}

async fn status(State(daemon): Shared) -> Json<Status> {
    Json(daemon.status())
}

async fn nonce(State(daemon): Shared) -> Json<NonceReply> {
    let nonce = daemon.nonces.give(&daemon.draw(), daemon.now());
    Json(NonceReply { nonce, home: daemon.identity() })
}

async fn people(State(daemon): Shared) -> Json<Vec<interlock_approval::Person>> {
    Json(daemon.memory().people.values().cloned().collect())
}

async fn agents(State(daemon): Shared) -> Json<Vec<interlock_flow::Agent>> {
    Json(daemon.memory().agents.values().cloned().collect())
}

async fn add_person(State(daemon): Shared, Json(body): Json<Added<AddPerson>>) -> Reply<Option<RequestRow>> {
    daemon.add_person(body).await.map(Json)
}

async fn remove_person(
    State(daemon): Shared,
    Json(body): Json<Added<RemovePerson>>,
) -> Reply<Option<RequestRow>> {
    daemon.remove_person(body).await.map(Json)
}

async fn add_key(State(daemon): Shared, Json(body): Json<Added<AddKey>>) -> Reply<Option<RequestRow>> {
    daemon.add_key(body).await.map(Json)
}

async fn remove_key(State(daemon): Shared, Json(body): Json<Added<RemoveKey>>) -> Reply<Option<RequestRow>> {
    daemon.remove_key(body).await.map(Json)
}

async fn add_agent(State(daemon): Shared, Json(body): Json<Added<AddAgent>>) -> Result<StatusCode, Fault> {
    daemon.add_agent(body).await.map(|()| StatusCode::NO_CONTENT)
}

async fn sessions(State(daemon): Shared) -> Json<Vec<SessionRow>> {
    Json(daemon.session_rows())
}

async fn open_session(State(daemon): Shared, Json(body): Json<OpenSession>) -> Reply<OpenedSession> {
    daemon.open_session(body).await.map(Json)
}

/// What is ended with a session.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct With {
    /// What it has asked people and nobody has used, too.
    #[serde(default)]
    requests: bool,
}

async fn close_session(
    State(daemon): Shared,
    Path(id): Path<String>,
    Query(with): Query<With>,
) -> Result<StatusCode, Fault> {
    daemon.close_session(&SessionId::new(id), with.requests).await.map(|()| StatusCode::NO_CONTENT)
}

async fn rest_session(
    State(daemon): Shared,
    Path(id): Path<String>,
    Json(body): Json<RestSession>,
) -> Result<StatusCode, Fault> {
    daemon.rest_session(&SessionId::new(id), &body.access_key_id).await.map(|()| StatusCode::NO_CONTENT)
}

async fn reached(
    State(daemon): Shared,
    Path(id): Path<String>,
    Json(body): Json<Reached>,
) -> Result<StatusCode, Fault> {
    daemon.reached(&SessionId::new(id), &body.what).map(|()| StatusCode::NO_CONTENT)
}

async fn report_session(State(daemon): Shared, Path(id): Path<String>) -> Reply<SessionReport> {
    daemon.session_report(&SessionId::new(id)).await.map(Json)
}

async fn requests(State(daemon): Shared) -> Json<Vec<RequestRow>> {
    let now = daemon.now();
    let memory = daemon.memory();
    let mut tickets: Vec<&Ticket> = memory.tickets.values().collect();
    tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.held.opened));
    Json(tickets.into_iter().map(|ticket| RequestRow::from(&ticket.as_of(now))).collect())
}

async fn request(State(daemon): Shared, Path(id): Path<String>) -> Reply<RequestView> {
    let ticket = daemon.find(&TicketId::new(&*id))?;
    Ok(Json(daemon.view(ticket)))
}

async fn decide(
    State(daemon): Shared,
    Path(id): Path<String>,
    Json(body): Json<DecisionRequest>,
) -> Reply<RequestView> {
    daemon.decide(&TicketId::new(id), body).await.map(Json)
}

async fn hand_in(State(daemon): Shared, Json(body): Json<WordsToSign>) -> Reply<WordsAt> {
    daemon.hand_in(body).map(Json)
}

/// Waits until a person has signed the words, or the time is over.
async fn words(
    State(daemon): Shared,
    Path(id): Path<String>,
    Query(query): Query<WaitFor>,
) -> Reply<WordsSigned> {
    let until = tokio::time::Instant::now() + Duration::from_secs(query.seconds.unwrap_or(30).min(60));
    loop {
        let signature = daemon.handed.words.get(&id, daemon.now())?.1;
        if signature.is_some() || tokio::time::Instant::now() >= until {
            return Ok(Json(WordsSigned { signature }));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn passkey(State(daemon): Shared, Path(id): Path<String>) -> Reply<OfferedPasskey> {
    daemon.offered(&id).map(Json)
}

async fn link(State(daemon): Shared, Json(body): Json<Added<ConsoleLink>>) -> Reply<LinkReply> {
    daemon.link(&body).map(Json)
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct WaitFor {
    /// For how long at most.
    seconds: Option<u64>,
}

/// Waits until a ticket is settled, or the time is over; answers with the ticket as it stands.
async fn wait(
    State(daemon): Shared,
    Path(id): Path<String>,
    Query(query): Query<WaitFor>,
) -> Reply<RequestView> {
    let until = tokio::time::Instant::now() + Duration::from_secs(query.seconds.unwrap_or(30).min(600));
    let mut moved = daemon.store.moved();
    loop {
        moved.borrow_and_update();
        let ticket = daemon.find(&TicketId::new(&*id))?;
        let delayed = ticket.passes_from().is_some_and(|from| daemon.now() < from);
        let settled = ticket.state != TicketState::Pending && !delayed;
        if settled || tokio::time::Instant::now() >= until {
            return Ok(Json(daemon.view(ticket)));
        }
        news(&mut moved, until).await;
    }
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Since {
    /// The `sequence` of the last answer.
    after: Option<u64>,
    /// For how long at most.
    seconds: Option<u64>,
}

/// Waits until a request is opened or moves, or the time is over.
async fn feed(State(daemon): Shared, Query(query): Query<Since>) -> Reply<Feed> {
    let until = tokio::time::Instant::now() + Duration::from_secs(query.seconds.unwrap_or(25).min(60));
    let size = || daemon.store.head().map(|head| head.map_or(0, |head| head.size));
    let mut after = query.after;
    let mut log = daemon.store.moved();
    loop {
        log.borrow_and_update();
        let sequence = size().map_err(Fault::unavailable)?;
        let moved = match after {
            Some(after) if after <= sequence => {
                Some(daemon.store.reader().tickets_since(after).map_err(Fault::unavailable)?)
            }
            // Without a place to go on from, or with one of another log.
            _ => None,
        };
        let quiet = moved.as_ref().is_some_and(Vec::is_empty);
        if !quiet || tokio::time::Instant::now() >= until {
            return Ok(Json(Feed { sequence, requests: daemon.views(moved.as_deref()) }));
        }
        after = Some(sequence);
        news(&mut log, until).await;
    }
}

/// Waits for an entry, or until that is over. Now and then all the same: a request also expires without one.
async fn news(moved: &mut watch::Receiver<u64>, until: tokio::time::Instant) {
    let until = until.min(tokio::time::Instant::now() + Duration::from_secs(5));
    let _ = tokio::time::timeout_at(until, moved.changed()).await;
}

async fn freezes(State(daemon): Shared) -> Json<Vec<interlock_flow::Freeze>> {
    Json(daemon.memory().freezes.values().cloned().collect())
}

async fn freeze(
    State(daemon): Shared,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Json(body): Json<FreezeRequest>,
) -> Result<StatusCode, Fault> {
    daemon.freeze(body, peer).await.map(|()| StatusCode::NO_CONTENT)
}

async fn unfreeze(
    State(daemon): Shared,
    Json(body): Json<Added<UnfreezeRequest>>,
) -> Result<StatusCode, Fault> {
    daemon.unfreeze(body).await.map(|()| StatusCode::NO_CONTENT)
}

async fn glasses(State(daemon): Shared) -> Json<Vec<Glass>> {
    Json(daemon.glasses())
}

async fn break_glass(State(daemon): Shared, Json(body): Json<Added<BreakGlass>>) -> Reply<Glass> {
    daemon.break_glass(body).await.map(Json)
}

async fn decide_together(
    State(daemon): Shared,
    Json(body): Json<Added<Decisions>>,
) -> Reply<Vec<RequestView>> {
    daemon.decide_together(body).await.map(Json)
}

async fn plans(State(daemon): Shared) -> Json<Vec<Plan>> {
    Json(daemon.plans(usize::MAX))
}

async fn offer_grant(
    State(daemon): Shared,
    Path(id): Path<String>,
    Query(wish): Query<GrantWish>,
) -> Reply<GrantOffer> {
    daemon.offer_grant(&TicketId::new(id), wish).await.map(Json)
}

async fn grants(State(daemon): Shared) -> Json<Vec<GrantRow>> {
    Json(daemon.grants())
}

async fn sign_grant(State(daemon): Shared, Json(body): Json<Added<SignGrant>>) -> Reply<GrantRow> {
    daemon.sign_grant(body).await.map(Json)
}

async fn end_grant(State(daemon): Shared, Json(body): Json<Added<EndGrant>>) -> Reply<GrantRow> {
    daemon.end_grant(body).await.map(Json)
}

async fn mend_glass(State(daemon): Shared, Json(body): Json<Added<ReviewGlass>>) -> Reply<Glass> {
    daemon.mend_glass(body).await.map(Json)
}

async fn review_glass(State(daemon): Shared, Json(body): Json<Added<ReviewGlass>>) -> Reply<Glass> {
    daemon.review_glass(body).await.map(Json)
}

/// Every change that is remembered, the newest first.
async fn changes(State(daemon): Shared) -> Json<Vec<(ActionId, ChangeNote)>> {
    let memory = daemon.memory();
    let mut all: Vec<_> =
        memory.changes.iter().map(|(action, note)| (action.clone(), note.clone())).collect();
    all.sort_by_key(|(_, note)| std::cmp::Reverse(note.order));
    Json(all)
}

async fn workspaces(State(daemon): Shared) -> Json<Vec<WorkspaceRow>> {
    Json(daemon.workspaces())
}

async fn adopt_state(State(daemon): Shared, Json(body): Json<Added<AdoptState>>) -> Reply<StateVersion> {
    daemon.adopt_state(body).await.map(Json)
}

async fn preview_undo(State(daemon): Shared, Json(body): Json<Selection>) -> Reply<Preview> {
    daemon.preview_undo(&body).await.map(Json)
}

async fn undo(State(daemon): Shared, Json(body): Json<Added<UndoRequest>>) -> Reply<UndoRun> {
    daemon.begin_undo(body).await.map(Json)
}

async fn undo_run(State(daemon): Shared, Path(id): Path<String>) -> Reply<UndoRun> {
    daemon.runs.get(id).map(Json)
}

async fn points(State(daemon): Shared) -> Json<Vec<KeptPoint>> {
    Json(daemon.points())
}

async fn drill(State(daemon): Shared, Json(body): Json<Added<DrillRequest>>) -> Reply<PointRun> {
    daemon.begin_drill(body).map(Json)
}

async fn preview_purge(State(daemon): Shared, Json(body): Json<PurgeOrder>) -> Reply<PurgePreview> {
    daemon.preview_purge(&body).await.map(Json)
}

async fn purge(State(daemon): Shared, Json(body): Json<Added<PurgeOrder>>) -> Reply<PurgeBegun> {
    daemon.begin_purge(body).await.map(Json)
}

async fn point_run(State(daemon): Shared, Path(id): Path<String>) -> Reply<PointRun> {
    daemon.point_runs.get(id).map(Json)
}

async fn ledger(State(daemon): Shared, Query(query): Query<LedgerQuery>) -> Reply<Vec<LedgerRow>> {
    crate::home::ledger_rows(&daemon.store, &query).map(Json)
}
