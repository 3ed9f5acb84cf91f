//! The API on the control socket.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use interlock_action::{ActionId, SessionId, TicketId};
use interlock_approval::{State as TicketState, Ticket};
use interlock_flow::{
    ApproveError, ChangeNote, Decisive, Preview, StateVersion,
    custody::{PurgeOrder, PurgePreview},
};
use serde::Deserialize;

use crate::{
    api::{
        AddAgent, AddKey, AddPerson, Added, AdoptState, DecisionRequest, DrillRequest, Fault, Feed,
        FreezeRequest, KeptPoint, LedgerQuery, LedgerRow, NonceReply, OpenSession, OpenedSession, PointRun,
        PurgeBegun, RemoveKey, RemovePerson, RequestRow, RequestView, RestSession, Selection, SessionReport,
        SessionRow, Status, UndoRequest, UndoRun, UnfreezeRequest, WorkspaceRow,
    },
    peer::Peer,
    state::Daemon,
};

type Reply<T> = Result<Json<T>, Fault>;
type Shared = State<Arc<Daemon>>;

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = match self.code.as_str() {
            "not-found" => StatusCode::NOT_FOUND,
            "refused" => StatusCode::FORBIDDEN,
            "conflict" => StatusCode::CONFLICT,
            "unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        (status, Json(self)).into_response()
    }
}

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
        .route("/v1/sessions/{id}/report", get(report_session))
        .route("/v1/requests", get(requests))
        .route("/v1/requests/feed", get(feed))
        .route("/v1/requests/{id}", get(request))
        .route("/v1/requests/{id}/decision", post(decide))
        .route("/v1/requests/{id}/wait", get(wait))
        .route("/v1/freezes", get(freezes).post(freeze))
        .route("/v1/unfreeze", post(unfreeze))
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
        .with_state(daemon)
}

async fn status(State(daemon): Shared) -> Json<Status> {
    let addresses = daemon.addresses();
    let health = daemon.store.health();
    let alone = daemon.road.lone_changes().into_iter().chain(daemon.dismissal.clone()).collect();
    let now = daemon.now();
    let memory = daemon.memory();
    let observed = |session: &&interlock_flow::Session| session.observed && session.lease.is_live(now);
    Json(Status {
        observed: memory.sessions.values().filter(observed).map(|session| session.id.clone()).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        home: daemon.home.root.display().to_string(),
        mode: if daemon.road.settings().observe { "observe" } else { "enforce" }.to_owned(),
        bundle: daemon.road.bundle().hash(),
        catalogue: interlock_reader_aws::catalogue::Catalogue::get().content_hash().to_owned(),
        people: memory.people.keys().cloned().collect(),
        agents: memory.agents.keys().cloned().collect(),
        alone,
        freezes: memory.freezes.values().cloned().collect(),
        ledger: health.poisoned.unwrap_or_else(|| "ok".to_owned()),
        entries: daemon.store.head().ok().flatten().map_or(0, |head| head.size),
        aws_proxy: addresses.aws_proxy,
        aws: addresses.aws,
        ca_bundle: addresses.ca_bundle.display().to_string(),
        egress: daemon.config.egress.allow.clone(),
        pass: daemon.config.run.pass.clone(),
    })
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
    let ticket = daemon.add_person(body).await?;
    Ok(Json(ticket.as_ref().map(RequestRow::from)))
}

async fn remove_person(
    State(daemon): Shared,
    Json(body): Json<Added<RemovePerson>>,
) -> Reply<Option<RequestRow>> {
    let ticket = daemon.remove_person(body).await?;
    Ok(Json(ticket.as_ref().map(RequestRow::from)))
}

async fn add_key(State(daemon): Shared, Json(body): Json<Added<AddKey>>) -> Reply<Option<RequestRow>> {
    let ticket = daemon.add_key(body).await?;
    Ok(Json(ticket.as_ref().map(RequestRow::from)))
}

async fn remove_key(State(daemon): Shared, Json(body): Json<Added<RemoveKey>>) -> Reply<Option<RequestRow>> {
    let ticket = daemon.remove_key(body).await?;
    Ok(Json(ticket.as_ref().map(RequestRow::from)))
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

async fn close_session(State(daemon): Shared, Path(id): Path<String>) -> Result<StatusCode, Fault> {
    daemon.close_session(&SessionId::new(id)).await.map(|()| StatusCode::NO_CONTENT)
}

async fn rest_session(
    State(daemon): Shared,
    Path(id): Path<String>,
    Json(body): Json<RestSession>,
) -> Result<StatusCode, Fault> {
    daemon.rest_session(&SessionId::new(id), &body.access_key_id).await.map(|()| StatusCode::NO_CONTENT)
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

fn find(daemon: &Daemon, id: &str) -> Result<Ticket, Fault> {
    let (memory, now) = (daemon.memory(), daemon.now());
    memory.tickets.get(&TicketId::new(id)).map(|ticket| ticket.as_of(now)).ok_or_else(|| {
        Fault::not_found(format!("there is no request `{id}`")).hint("list them with `interlock request ls`")
    })
}

async fn request(State(daemon): Shared, Path(id): Path<String>) -> Reply<RequestView> {
    let ticket = find(&daemon, &id)?;
    Ok(Json(daemon.view(ticket)))
}

async fn decide(
    State(daemon): Shared,
    Path(id): Path<String>,
    Json(body): Json<DecisionRequest>,
) -> Reply<RequestView> {
    let decision = match body.decision.as_str() {
        "approve" => Decisive::Approve,
        "deny" => Decisive::Deny,
        other => {
            return Err(Fault::bad_request(format!("`{other}` is neither `approve` nor `deny`")));
        }
    };
    let decided = daemon
        .road
        .decide_ticket(&TicketId::new(id), decision, &body.person, &body.reason, &body.signature)
        .await;
    let ticket = decided.map_err(|error| match error {
        ApproveError::NoTicket(_) | ApproveError::NoPerson(_) => Fault::not_found(error),
        ApproveError::Refused(_) => Fault::refused(error),
        ApproveError::Journal(_) => Fault::unavailable(error),
    })?;
    daemon.carry_out_due().await;
    Ok(Json(daemon.view(ticket)))
}

#[derive(Deserialize)]
struct WaitFor {
    seconds: Option<u64>,
}

/// Waits until a ticket is settled, or the time is over; answers with the ticket as it stands.
async fn wait(
    State(daemon): Shared,
    Path(id): Path<String>,
    Query(query): Query<WaitFor>,
) -> Reply<RequestView> {
    let until = tokio::time::Instant::now() + Duration::from_secs(query.seconds.unwrap_or(30).min(600));
    loop {
        let ticket = find(&daemon, &id)?;
        if ticket.state != TicketState::Pending || tokio::time::Instant::now() >= until {
            return Ok(Json(daemon.view(ticket)));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[derive(Deserialize)]
struct Since {
    after: Option<u64>,
    seconds: Option<u64>,
}

/// Waits until a request is opened or moves, or the time is over.
async fn feed(State(daemon): Shared, Query(query): Query<Since>) -> Reply<Feed> {
    let until = tokio::time::Instant::now() + Duration::from_secs(query.seconds.unwrap_or(25).min(60));
    let size = || daemon.store.head().map(|head| head.map_or(0, |head| head.size));
    let mut after = query.after;
    loop {
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
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
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
