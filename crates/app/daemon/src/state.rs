//! What the daemon's handlers share.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLockReadGuard},
};

use interlock_action::{Millis, SessionId, TicketId};
use interlock_approval::{Site, Ticket};
use interlock_console::InvariantRow;
use interlock_flow::{Clock as _, Entropy as _, Memory, Record, Road};
use interlock_gateway_aws::credentials::VirtualKeys;
use interlock_gateway_terraform::Gate;
use interlock_ledger::{Entry, EntryKind};
use interlock_store::Store;

use interlock_api::{HookNote, RequestView, Status};

use crate::{
    attempts::Attempts, clock::System, config::Config, console::Handed, home::HomePaths, nonce::Nonces,
    oidc::About, plan::Planning,
};

/// What a host's hook last told about a session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// The user's last prompt.
    pub(crate) prompt: Option<String>,
    /// The agent's own words for what its tool is doing.
    pub(crate) doing: Option<String>,
}

/// Addresses that listen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses {
    pub(crate) console: String,
    pub(crate) aws: String,
    pub(crate) aws_proxy: String,
    pub(crate) ca_bundle: PathBuf,
}

/// The daemon.
pub(crate) struct Daemon {
    pub(crate) road: Arc<Road>,
    pub(crate) store: Arc<Store>,
    pub(crate) config: Config,
    /// What has been announced about witnesses, in words.
    pub(crate) dismissal: Option<String>,
    /// What is proved of the rules in force.
    pub(crate) promises: Vec<InvariantRow>,
    /// The Terraform gate, where there is a Terraform.
    pub(crate) gate: Option<Arc<Gate>>,
    pub(crate) home: HomePaths,
    pub(crate) nonces: Nonces,
    /// One verification of the whole log at a time.
    pub(crate) verifying: tokio::sync::Mutex<()>,
    /// How much was tried that did not hold.
    pub(crate) attempts: Attempts,
    /// One look back over what was held at a time.
    pub(crate) looking_back: Arc<tokio::sync::Mutex<()>>,
    /// What sessions plan.
    pub(crate) planning: Planning,
    /// What is handed over between command lines and the console.
    pub(crate) handed: Handed,
    /// What the provider that people sign in with last said of itself.
    pub(crate) oidc: Mutex<Option<(Millis, Arc<About>)>>,
    pub(crate) runs: crate::runs::Runs<interlock_api::UndoRun>,
    pub(crate) point_runs: crate::runs::Runs<interlock_api::PointRun>,
    pub(crate) vault: VirtualKeys,
    pub(crate) told: Mutex<HashMap<SessionId, Told>>,
    pub(crate) addresses: Mutex<Addresses>,
}

impl Daemon {
    pub(crate) fn now(&self) -> Millis {
        System.now()
    }

    /// How it is.
    pub(crate) fn status(&self) -> Status {
        let addresses = self.addresses();
        let health = self.store.health();
        let alone = self.road.lone_changes().into_iter().chain(self.dismissal.clone()).collect();
        let now = self.now();
        let glass = self.glass_words();
        let memory = self.memory();
        let observed = |session: &&interlock_flow::Session| session.observed && session.lease.is_live(now);
        Status {
            observed: memory.sessions.values().filter(observed).map(|session| session.id.clone()).collect(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            home: self.home.root.display().to_string(),
            mode: if self.road.settings().observe { "observe" } else { "enforce" }.to_owned(),
            bundle: self.road.bundle().hash(),
            catalogue: interlock_reader_aws::catalogue::Catalogue::get().content_hash().to_owned(),
            people: memory.people.keys().cloned().collect(),
            agents: memory.agents.keys().cloned().collect(),
            alone,
            glass,
            freezes: memory.freezes.values().cloned().collect(),
            ledger: health.poisoned.unwrap_or_else(|| "ok".to_owned()),
            entries: self.store.head().ok().flatten().map_or(0, |head| head.size),
            console: addresses.console,
            aws_proxy: addresses.aws_proxy,
            aws: addresses.aws,
            ca_bundle: addresses.ca_bundle.display().to_string(),
            egress: self.config.egress.allow.clone(),
            pass: self.config.run.pass.clone(),
        }
    }

    /// The site at which passkeys of this home count; none without a console.
    pub(crate) fn site(&self) -> Option<&Site> {
        self.road.settings().site.as_ref()
    }

    /// What this home is known by: the key that its log is verified with.
    pub(crate) fn identity(&self) -> String {
        self.store.reader().verifier().to_string()
    }

    /// Thirty-two random hexadecimal digits.
    pub(crate) fn draw(&self) -> String {
        hex::encode(System.draw())
    }

    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.road.ports().journal.memory().read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn addresses(&self) -> Addresses {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was last told about a session.
    pub(crate) fn told(&self, session: &SessionId) -> Told {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).get(session).cloned().unwrap_or_default()
    }

    /// These requests as people see them, the oldest first; without a list, all that wait or are approved.
    pub(crate) fn views(&self, wanted: Option<&[TicketId]>) -> Vec<RequestView> {
        let now = self.now();
        let mut tickets: Vec<Ticket> = {
            let memory = self.memory();
            let as_of = |ticket: &Ticket| ticket.as_of(now);
            match wanted {
                Some(ids) => ids.iter().filter_map(|id| memory.tickets.get(id)).map(as_of).collect(),
                None => memory.tickets.values().map(as_of).filter(Ticket::is_open).collect(),
            }
        };
        tickets.sort_by_key(|ticket| ticket.held.opened);
        tickets.into_iter().map(|ticket| self.view(ticket)).collect()
    }

    /// A request as people see it.
    pub(crate) fn view(&self, ticket: Ticket) -> RequestView {
        let prompt = self.told(&ticket.session).prompt;
        let rehearsal = self.memory().rehearsal(&ticket.held.action).cloned();
        RequestView::of(ticket, rehearsal, prompt)
    }

    /// Writes down what a hook saw, and keeps it for the actions that follow.
    pub(crate) fn take_hook(&self, session: &SessionId, note: HookNote) {
        {
            let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let told = all.entry(session.clone()).or_default();
            match note.event.as_str() {
                "UserPromptSubmit" => told.prompt.clone_from(&note.prompt),
                "PreToolUse" => told.doing = note.description.clone().or_else(|| note.command.clone()),
                "PostToolUse" => told.doing = None,
                _ => {}
            }
        }
        let kind = if note.prompt.is_some() { EntryKind::Prompt } else { EntryKind::Tool };
        let entry = Entry::new(kind, self.now())
            .public("session", session)
            .public("event", &note.event)
            .public("tool", &note.tool)
            .private("prompt", &note.prompt)
            .private("command", &note.command)
            .private("description", &note.description)
            .private("tool_use_id", &note.tool_use_id);
        if let Err(error) = self.road.ports().journal.note(Record::only(entry)) {
            tracing::warn!(%error, "a hook's note could not be written down");
        }
    }
}
