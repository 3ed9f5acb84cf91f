//! Opening, resuming and ending sessions; the virtual credentials that belong to them.

use interlock_action::{SessionId, TicketId};
use interlock_approval::Launch;
use interlock_flow::{Event, Guard, JournalError, Lease, OBSERVE, Record, Session};
use interlock_gateway_aws::credentials::VirtualKeys;
use interlock_ledger::{Entry, EntryKind};

use interlock_api::{Fault, OpenSession, OpenedSession, SessionRow};

use crate::state::{Daemon, Told};

fn new_key() -> Result<String, Fault> {
    VirtualKeys::draw().map_err(Fault::unavailable)
}

impl Daemon {
    /// The live session a token belongs to. What Interlock itself runs for a session has nothing to say at the agents' doors.
    pub(crate) fn session_of_token(&self, token: &str) -> Option<SessionId> {
        let (name, password) = token.rsplit_once('.')?;
        if !self.vault.proxy_password(name).is(password) {
            return None;
        }
        let session = SessionId::new(name);
        let memory = self.memory();
        let is_part = memory.sessions.get(&session).is_some_and(|known| known.lease.part.is_some());
        (memory.is_live(&session, self.now()) && !is_part).then_some(session)
    }

    /// Opens or resumes a session.
    pub(crate) async fn open_session(&self, request: OpenSession) -> Result<OpenedSession, Fault> {
        self.has_owner(&request)?;
        let (launch, keys) = self.launch(&request)?;
        let mut session = match &request.resume {
            Some(id) => self.resumed(id, &request, &launch)?,
            None => self.fresh(&request, launch)?,
        };
        // Of this run only: nobody who resumes it later inherits that nobody is asked.
        session.observed = request.observe;
        session.observers = if request.observe { keys.clone() } else { Vec::new() };
        let entry = Entry::new(EntryKind::SessionOpened, self.now())
            .public("session", &session.id)
            .public("agent", &session.agent.name)
            .public("owner", &session.agent.owner)
            .public("launchers", &session.launch.by)
            .public("unproved", session.launch.unproved)
            .public("key", keys.first())
            .public("co_keys", keys.get(1..).unwrap_or_default())
            .public("advisory", session.advisory)
            .public("resumed", request.resume.is_some())
            .private("task", &session.task)
            .private("scope", &session.lease.scope)
            .private("prompt", &request.prompt)
            .private("proof", &request.proof)
            .private("co_proofs", &request.co_proofs);
        let observed = self.observed(&session);
        let entry = if observed { entry.public("mode", OBSERVE) } else { entry };
        let record =
            Record { entry, events: vec![Event::Session { session: session.clone() }], guards: Vec::new() };
        let committed = self.road.ports().journal.commit(record).await;
        committed.map_err(Fault::unavailable)?;
        if observed {
            tracing::error!(session = %session.id, launch = %session.launch, "OBSERVED SESSION: nobody is asked in it");
        }
        if let Some(prompt) = request.prompt {
            let told = Told { prompt: Some(prompt), doing: None };
            self.told
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .insert(session.id.clone(), told);
        }
        Ok(self.opened(session))
    }

    /// Nobody answers for an agent whose owner was taken out.
    fn has_owner(&self, request: &OpenSession) -> Result<(), Fault> {
        let memory = self.memory();
        let resumed = request.resume.as_ref().and_then(|id| memory.sessions.get(id));
        let agents = memory.agents.get(&request.agent).into_iter().chain(resumed.map(|known| &known.agent));
        match agents.map(|agent| &agent.owner).find(|owner| !memory.people.contains_key(*owner)) {
            None => Ok(()),
            Some(owner) => {
                let hint = "give it another owner with `interlock agent add`, and open a new session";
                let message =
                    format!("`{}` was owned by `{owner}`, who is not enrolled any more", request.agent);
                Err(Fault::refused(message).hint(hint))
            }
        }
    }

    fn fresh(&self, request: &OpenSession, launch: Launch) -> Result<Session, Fault> {
        let memory = self.memory();
        let agent = memory.agents.get(&request.agent).ok_or_else(|| {
            let hint = "register it with `interlock agent add NAME --owner PERSON --key FILE`";
            Fault::not_found(format!("there is no agent `{}`", request.agent)).hint(hint)
        })?;
        if request.task.trim().is_empty() {
            return Err(Fault::bad_request("a session needs a task").hint("say it with `--task TEXT`"));
        }
        let id = SessionId::new(format!("ses-{}", self.draw().chars().take(12).collect::<String>()));
        Ok(Session {
            id,
            agent: agent.clone(),
            launch,
            task: request.task.clone(),
            lease: Lease {
                scope: request.scope.clone(),
                secrets: request.secrets.clone(),
                folders: request.folders.clone(),
                until: self.now().saturating_add(self.config.run.lease.millis()),
                revoked: false,
                part: None,
            },
            advisory: request.advisory,
            observed: false,
            observers: Vec::new(),
            keys: vec![new_key()?],
            opened: self.now(),
        })
    }

    /// The same session with a fresh lease: what it may touch stays what it was, and so does who launched it.
    fn resumed(&self, id: &SessionId, request: &OpenSession, launch: &Launch) -> Result<Session, Fault> {
        let memory = self.memory();
        let known = memory.sessions.get(id);
        let known = known.ok_or_else(|| Fault::not_found(format!("there is no session `{id}`")))?;
        if known.agent.name != request.agent {
            return Err(Fault::conflict(format!("session `{id}` belongs to agent `{}`", known.agent.name)));
        }
        if known.lease.revoked {
            return Err(
                Fault::refused(format!("session `{id}` was ended and stays so")).hint("open a new one")
            );
        }
        let mut session = known.clone();
        session.lease.until = self.now().saturating_add(self.config.run.lease.millis());
        // Once advisory, always advisory: what an unconfined process learned it still knows.
        session.advisory |= request.advisory;
        session.launch.join(launch);
        session.keys = vec![new_key()?];
        Ok(session)
    }

    /// Whether nobody is asked in a session.
    fn observed(&self, session: &Session) -> bool {
        session.observed || self.road.settings().observe
    }

    fn opened(&self, session: Session) -> OpenedSession {
        let addresses = self.addresses();
        let key = session.keys.last().cloned().unwrap_or_default();
        OpenedSession {
            secret_access_key: self.vault.secret(&key).reveal().to_owned(),
            access_key_id: key,
            token: self.vault.proxy_password(session.id.as_str()).reveal().to_owned(),
            region: self.config.aws.region.clone(),
            proxy_socket: self.home.proxy().display().to_string(),
            endpoint_socket: self.home.endpoint().display().to_string(),
            agent_socket: self.home.agent().display().to_string(),
            proxy_url: addresses.aws_proxy,
            endpoint_url: addresses.aws,
            ca_bundle: addresses.ca_bundle.display().to_string(),
            until: session.lease.until,
            launch: session.launch.clone(),
            shims: crate::terraform::shims(self),
            shims_folder: self.home.shims().display().to_string(),
            pass: self.config.run.pass.clone(),
            observed: self.observed(&session),
            session: session.id,
        }
    }

    /// Lets a session rest once the run that had this key is over: its keys are worth nothing until somebody resumes it.
    /// Where somebody has already, it goes on.
    pub(crate) async fn rest_session(&self, id: &SessionId, key: &str) -> Result<(), Fault> {
        let known = self.memory().sessions.get(id).cloned();
        let mut session = known.ok_or_else(|| Fault::not_found(format!("there is no session `{id}`")))?;
        if !session.keys.iter().any(|have| have == key) {
            return Ok(());
        }
        session.lease.until = session.lease.until.min(self.now());
        let guards = vec![Guard::SessionKeys(id.clone(), session.keys.clone())];
        let entry =
            Entry::new(EntryKind::SessionClosed, self.now()).public("session", id).public("rests", true);
        let record = Record { entry, events: vec![Event::Session { session }], guards };
        match self.road.ports().journal.commit(record).await {
            // Resumed in the meantime.
            Ok(_) | Err(JournalError::Conflict(_)) => Ok(()),
            Err(error) => Err(Fault::unavailable(error)),
        }
    }

    /// Ends a session: its lease and its keys are worth nothing from then on; where that is asked for, nor is what it has asked people.
    pub(crate) async fn close_session(&self, id: &SessionId, requests: bool) -> Result<(), Fault> {
        if !self.memory().sessions.contains_key(id) {
            return Err(Fault::not_found(format!("there is no session `{id}`")));
        }
        let entry = Entry::new(EntryKind::SessionClosed, self.now()).public("session", id);
        let events = vec![Event::SessionClosed { session: id.clone() }];
        let record = Record { entry, events, guards: Vec::new() };
        self.road.ports().journal.commit(record).await.map_err(Fault::unavailable)?;
        let open: Vec<TicketId> = {
            let memory = self.memory();
            let of = memory.tickets.values().filter(|ticket| requests && ticket.session == *id);
            of.filter(|ticket| ticket.stands(self.now())).map(|ticket| ticket.id.clone()).collect()
        };
        for ticket in &open {
            let given_up = self.road.give_up(ticket, "its session was ended, with what it asked for").await;
            given_up.map_err(Fault::unavailable)?;
        }
        Ok(())
    }

    /// All sessions, the newest first.
    pub(crate) fn session_rows(&self) -> Vec<SessionRow> {
        let now = self.now();
        let memory = self.memory();
        let mut sessions: Vec<&Session> = memory.sessions.values().collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.opened));
        let row = |session: &Session| SessionRow {
            id: session.id.clone(),
            agent: session.agent.name.clone(),
            task: session.task.clone(),
            live: session.lease.is_live(now),
            ended: session.lease.revoked,
            advisory: session.advisory,
            observed: self.observed(session),
            launch: session.launch.clone(),
        };
        sessions.into_iter().map(row).collect()
    }
}
