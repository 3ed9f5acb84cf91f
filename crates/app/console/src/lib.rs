//! The web console: where people see what would happen, and say yes or no to exactly that.
//!
//! Pages come whole from the server. Everything is a link or a form first; scripts only speak to the authenticator and keep
//! what is live live. Signing in shows pages and decides nothing: every decision is a signature of its own over the digest of
//! what was shown. What it needs of the daemon is [`Desk`].

mod api;
mod asset;
mod desk;
mod door;
mod form;
mod page;
mod show;
mod visitor;

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
pub use desk::{
    Answer, Attempt, By, Desk, Enrolment, Entering, Health, InvariantRow, Leaving, Queue, QueueRow, RuleRow,
    Settings, Standing, Verified,
};
use interlock_action::PersonId;

use crate::{
    door::limit::{Counted, Limits},
    visitor::Visitors,
};

/// What the pages share.
pub(crate) struct Console {
    pub(crate) desk: Arc<dyn Desk>,
    visitors: Mutex<Visitors>,
    limits: Mutex<Limits>,
    /// What the feeds were last told, and how many wait: hundreds who look on are told the same.
    pub(crate) told: Mutex<page::feed::Told>,
}

/// What handlers get.
pub(crate) type Shared = axum::extract::State<Arc<Console>>;

impl Console {
    pub(crate) fn visitors<T>(&self, then: impl FnOnce(&mut Visitors) -> T) -> T {
        then(&mut self.visitors.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether one more of these may come now.
    pub(crate) fn admits(&self, who: Option<&PersonId>, what: Counted) -> bool {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).admits(who, what, self.desk.now())
    }

    /// Whether the site is spoken to by TLS alone; only this machine's own is not.
    pub(crate) fn is_secure(&self) -> bool {
        self.desk.site().origins.iter().all(|origin| origin.starts_with("https://"))
    }
}

/// The console's routes.
pub fn routes(desk: Arc<dyn Desk>) -> Router {
    let console = Arc::new(Console {
        desk,
        visitors: Mutex::default(),
        limits: Mutex::default(),
        told: Mutex::default(),
    });
    Router::new()
        .route("/", get(page::queue::show))
        .route("/requests/{id}", get(page::ticket::show))
        .route("/requests/{id}/sign", post(page::decide::sign))
        .route("/requests/{id}/decision", post(page::decide::decide))
        .route("/requests/{id}/grant", get(page::grant::offer).post(page::grant::ready))
        .route("/grants", get(page::grant::list).post(page::grant::granted))
        .route("/grants/{id}/end", post(page::grant::ending))
        .route("/grants/end", post(page::grant::ended))
        .route("/together", get(page::together::show).post(page::together::decide))
        .route("/together/sign", post(page::together::ready))
        .route("/plans/{id}", get(page::together::plan))
        .route("/feed", get(page::feed::show))
        .route("/feed/live", get(page::feed::live))
        .route("/queue/live", get(page::queue::live))
        .route("/sessions", get(page::sessions::show))
        .route("/policies", get(page::policies::show))
        .route("/health", get(page::health::show))
        .route("/ledger", get(page::ledger::show).post(page::ledger::verify))
        .route("/settings", get(page::settings::show))
        .route("/words/{id}", get(page::words::show).post(page::words::signed))
        .route("/sign-in", get(page::sign_in::show).post(page::sign_in::enter))
        .route("/sign-in/oidc", get(page::provider::leave))
        .route("/sign-in/oidc/back", get(page::provider::back))
        .route("/sign-in/{link}", get(page::sign_in::link).post(page::sign_in::follow))
        .route("/sign-out", post(page::sign_in::leave))
        .route("/enrol", get(page::enrol::show).post(page::enrol::name))
        .route("/enrol/passkey", post(page::enrol::made))
        .route("/assets/{name}", get(asset::serve))
        .merge(api::routes())
        .fallback(page::missing)
        .layer(DefaultBodyLimit::max(door::LONGEST))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), door::through))
        .with_state(console)
}
