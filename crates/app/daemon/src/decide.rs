//! What people decide, and what of it does not hold.

use std::sync::Arc;

use interlock_action::{SessionId, TicketId};
use interlock_api::{DecisionRequest, Fault, RequestView, Status};
use interlock_approval::Ticket;
use interlock_console::Attempt;
use interlock_flow::{ApproveError, Decisive, Record};
use interlock_ledger::{Entry, EntryKind};

use crate::{
    attempts::{Source, cut},
    state::Daemon,
};

impl Daemon {
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

    /// A request as it stands.
    pub(crate) fn find(&self, id: &TicketId) -> Result<Ticket, Fault> {
        let (memory, now) = (self.memory(), self.now());
        memory.tickets.get(id).map(|ticket| ticket.as_of(now)).ok_or_else(|| {
            Fault::not_found(format!("there is no request `{id}`"))
                .hint("list them with `interlock request ls`")
        })
    }

    /// Takes a decision, and carries out what is due by it. One that does not hold is written down too, as far as there are not too many.
    pub(crate) async fn decide(
        self: &Arc<Self>,
        id: &TicketId,
        request: DecisionRequest,
    ) -> Result<RequestView, Fault> {
        let decision = match request.decision.as_str() {
            "approve" => Decisive::Approve,
            "deny" => Decisive::Deny,
            other => {
                return Err(Fault::bad_request(format!("`{other}` is neither `approve` nor `deny`")));
            }
        };
        let DecisionRequest { person, reason, signature, .. } = request;
        let decided = self.road.decide_ticket(id, decision, &person, &reason, &signature).await;
        let ticket = decided.map_err(|error| {
            let why = error.to_string();
            if !matches!(error, ApproveError::Journal(_)) {
                let attempt = Attempt {
                    what: "decision",
                    subject: id.to_string(),
                    person: Some(person),
                    session: None,
                    why,
                };
                self.tried(&attempt);
            }
            match error {
                ApproveError::NoTicket(_) | ApproveError::NoPerson(_) => Fault::not_found(error),
                ApproveError::Refused(_) => Fault::refused(error),
                ApproveError::Journal(_) => Fault::unavailable(error),
            }
        })?;
        self.carry_out_due().await;
        Ok(self.view(ticket))
    }

    /// Writes down that something was tried that did not hold. So many in a minute; what came beyond is counted in the next.
    pub(crate) fn tried(&self, attempt: &Attempt) {
        let known = attempt.person.as_ref().is_some_and(|person| self.memory().people.contains_key(person));
        self.note(attempt, if known { Source::People } else { Source::Strangers });
    }

    /// Writes down that a command reached, inside its sandbox, for something that was left out.
    pub(crate) fn reached(&self, session: &SessionId, what: &str) -> Result<(), Fault> {
        if !self.memory().sessions.contains_key(session) {
            return Err(Fault::not_found(format!("there is no session `{session}`")));
        }
        let (subject, session) = (what.to_owned(), Some(session.clone()));
        let why = "it is left out of the sandbox".to_owned();
        self.note(&Attempt { what: "sandbox", subject, person: None, session, why }, Source::Sandboxes);
        Ok(())
    }

    fn note(&self, attempt: &Attempt, source: Source) {
        let Some(unwritten) = self.attempts.admit(source, self.now()) else { return };
        let entry = Entry::new(EntryKind::Attempt, self.now())
            .public("what", attempt.what)
            .public("subject", cut(&attempt.subject))
            .public("person", attempt.person.as_ref().map(|person| cut(person.as_str())))
            .public("session", &attempt.session)
            .public("unwritten_before", unwritten)
            .private("why", cut(&attempt.why));
        if let Err(error) = self.road.ports().journal.note(Record::only(entry)) {
            tracing::warn!(%error, "an attempt could not be written down");
        }
    }
}
