//! The socket that a confined process may reach: it tells what its host's hook saw, and asks after its own tickets.
//!
//! Nothing here decides anything, and nothing said here is believed.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use interlock_action::{SessionId, TicketId};

use interlock_api::{BeginPlan, EndPlan, Fault, HookNote, RequestRow};

use interlock_console::Attempt;
use interlock_flow::Plan;

use crate::state::Daemon;

/// The routes.
pub(crate) fn routes(daemon: Arc<Daemon>) -> Router {
    Router::new()
        .route("/v1/hook", post(hook))
        .route("/v1/requests", get(requests))
        .route("/v1/requests/{id}", get(request))
        .route("/v1/terraform", post(terraform))
        .route("/v1/plan", post(begin_plan))
        .route("/v1/plan/end", post(end_plan))
        // Below all routes: above one it would not be asked about it.
        .fallback(elsewhere)
        .method_not_allowed_fallback(elsewhere)
        .with_state(daemon)
}

type Refused = (StatusCode, Json<Fault>);

/// Somebody inside a sandbox tries this door for what is not here: that is written down.
async fn elsewhere(State(daemon): State<Arc<Daemon>>, request: Request) -> Refused {
    let subject = format!("{} {}", request.method(), request.uri().path());
    let why = "nothing of that is at the agents' door";
    let session = known(&daemon, request.headers());
    daemon.tried(&Attempt::new("agents' door", subject, why).within(session));
    (
        StatusCode::NOT_FOUND,
        Json(Fault::not_found(why).hint("people decide, on the control socket and in the console")),
    )
}

/// Whose token this is.
fn known(daemon: &Daemon, headers: &HeaderMap) -> Option<SessionId> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    daemon.session_of_token(token?.strip_prefix("Bearer ")?)
}

fn session(daemon: &Daemon, headers: &HeaderMap) -> Result<SessionId, Refused> {
    known(daemon, headers).ok_or_else(|| {
        let why = "no session has this token";
        daemon.tried(&Attempt::new("agents' door", "a session's token", why));
        (StatusCode::UNAUTHORIZED, Json(Fault::refused(why)))
    })
}

/// A work directory that is sent has at most so many bytes; the gate takes fewer.
const LARGEST: usize = 300 * 1024 * 1024;

async fn terraform(State(daemon): State<Arc<Daemon>>, headers: HeaderMap, body: Request) -> Response {
    // Whose it is comes before what it is: nobody else's bytes are taken in.
    let session = match session(&daemon, &headers) {
        Ok(session) => session,
        Err(refused) => return refused.into_response(),
    };
    match axum::body::to_bytes(body.into_body(), LARGEST).await {
        Ok(body) => crate::terraform::terraform(&daemon, session, &headers, &body),
        Err(error) => (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response(),
    }
}

async fn hook(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
    Json(note): Json<HookNote>,
) -> Result<StatusCode, Refused> {
    let session = session(&daemon, &headers)?;
    daemon.take_hook(&session, note);
    Ok(StatusCode::NO_CONTENT)
}

async fn begin_plan(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
    Json(body): Json<BeginPlan>,
) -> Result<StatusCode, Response> {
    let session = session(&daemon, &headers).map_err(IntoResponse::into_response)?;
    daemon.begin_plan(session, body).await.map_err(IntoResponse::into_response)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_plan(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
    Json(body): Json<EndPlan>,
) -> Result<Json<Option<Plan>>, Response> {
    let session = session(&daemon, &headers).map_err(IntoResponse::into_response)?;
    daemon.end_plan(&session, body).await.map(Json).map_err(IntoResponse::into_response)
}

async fn requests(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
) -> Result<Json<Vec<RequestRow>>, Refused> {
    let session = session(&daemon, &headers)?;
    let memory = daemon.memory();
    Ok(Json(
        memory.tickets.values().filter(|ticket| ticket.session == session).map(RequestRow::from).collect(),
    ))
}

async fn request(
    State(daemon): State<Arc<Daemon>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<RequestRow>, Refused> {
    let session = session(&daemon, &headers)?;
    let memory = daemon.memory();
    let ticket = memory.tickets.get(&TicketId::new(id)).filter(|ticket| ticket.session == session);
    ticket
        .map(|ticket| Json(RequestRow::from(ticket)))
        .ok_or_else(|| (StatusCode::NOT_FOUND, Json(Fault::not_found("this session has no such request"))))
}
