//! Where what the gate runs reads and writes its state: Terraform's `http` backend. No agent reaches it.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Query, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse as _, Response},
    routing::any,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use interlock_action::SessionId;
use interlock_flow::Session;
use interlock_gateway_terraform::StateAnswer;
use serde::Deserialize;

use crate::state::Daemon;

/// A state has at most so many bytes.
const LARGEST: usize = 256 * 1024 * 1024;

/// The routes.
pub(crate) fn routes(daemon: Arc<Daemon>) -> Router {
    Router::new()
        .route("/state", any(state))
        .layer(axum::extract::DefaultBodyLimit::max(LARGEST))
        .with_state(daemon)
}

#[derive(Deserialize)]
struct Lock {
    #[serde(rename = "ID")]
    id: Option<String>,
}

/// The lease that `Authorization: Basic SESSION:PASSWORD` proves: one that the gate gave.
fn lent(daemon: &Daemon, headers: &HeaderMap) -> Option<Session> {
    let value = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    if !daemon.vault.proxy_password(name).is(password) {
        return None;
    }
    let id = SessionId::from(name);
    let memory = daemon.memory();
    let session = memory.sessions.get(&id).filter(|session| session.lease.part.is_some())?;
    // INVARIANT: what was done is written down, also by whoever may do nothing more: the state of an apply that was begun.
    let holds = || {
        let of = session.lease.part.as_ref().and_then(|part| part.workspace.as_ref());
        let gate = daemon.gate.as_ref();
        gate.zip(of).is_some_and(|(gate, workspace)| gate.states().is_held(workspace, &id))
    };
    (memory.is_live(&id, daemon.now()) || holds()).then(|| session.clone())
}

async fn state(
    State(daemon): State<Arc<Daemon>>,
    method: Method,
    headers: HeaderMap,
    Query(lock): Query<Lock>,
    body: Bytes,
) -> Response {
    let words = |status, words: &'static str| StateAnswer { status, body: words.into() };
    let answer = match (lent(&daemon, &headers), &daemon.gate) {
        (Some(session), Some(gate)) => {
            match session.lease.part.as_ref().and_then(|part| part.workspace.clone()) {
                None => words(403, "this lease is of no workspace"),
                Some(workspace) => {
                    let states = gate.states();
                    match method.as_str() {
                        "GET" => states.get(&workspace).await,
                        "LOCK" => states.lock(&workspace, &session.id, &body),
                        "UNLOCK" => states.unlock(&workspace, &session.id, &body),
                        "POST" => states.write(&workspace, &session, lock.id.as_deref(), body.to_vec()).await,
                        _ => {
                            words(405, "a state is read, locked, written and unlocked here, and nothing else")
                        }
                    }
                }
            }
        }
        _ => words(403, "no lease of the gate has these credentials"),
    };
    if answer.status >= 400 {
        tracing::info!(%method, status = answer.status, why = %String::from_utf8_lossy(&answer.body), "a state was not given or taken");
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, answer.body).into_response()
}
