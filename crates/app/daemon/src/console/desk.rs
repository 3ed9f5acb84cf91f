//! The daemon as the pages know it.

use std::sync::Arc;

use async_trait::async_trait;
use interlock_action::{Millis, PersonId, TicketId};
use interlock_api::{
    DecisionRequest, Fault, LedgerQuery, LedgerRow, RequestRow, RequestView, SessionRow, Status, WordsToSign,
    sentence, vanishes,
};
use interlock_approval::{Person, Registration, Site, State, Ticket};
use interlock_console::{
    Attempt, Desk, Enrolment, Health, InvariantRow, Queue, QueueRow, RuleRow, Settings, Verified,
};
use interlock_flow::Agent;
use interlock_store::{Home, Query, Reader};
use tokio::sync::watch;

use super::health::health;
use crate::{home, state::Daemon};

/// The daemon as the pages know it.
pub(crate) struct Pages(pub(crate) Arc<Daemon>);

#[async_trait]
impl Desk for Pages {
    fn now(&self) -> Millis {
        self.0.now()
    }

    fn draw(&self) -> String {
        self.0.draw()
    }

    fn site(&self) -> Site {
        self.0.site().cloned().unwrap_or_else(|| Site { id: String::new(), origins: Vec::new() })
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn queue(&self, all: bool, from: usize, many: usize) -> Queue {
        let now = self.0.now();
        let memory = self.0.memory();
        let waits = |ticket: &&Ticket| ticket.state == State::Pending && now < ticket.held.expires;
        let waiting = memory.tickets.values().filter(waits).count();
        let mut found: Vec<&Ticket> = if all {
            memory.tickets.values().collect()
        } else {
            memory.tickets.values().filter(waits).collect()
        };
        found.sort_by_key(|ticket| (ticket.held.opened, &ticket.id));
        if all {
            found.reverse();
        }
        let rows = found.iter().skip(from).take(many).map(|ticket| QueueRow {
            row: RequestRow::from(&ticket.as_of(now)),
            sentence: sentence(ticket),
            vanishes: vanishes(ticket),
        });
        Queue { rows: rows.collect(), of: found.len(), waiting }
    }

    fn request(&self, id: &str) -> Result<RequestView, Fault> {
        self.0.find(&TicketId::new(id)).map(|ticket| self.0.view(ticket))
    }

    fn trail(&self, id: &str) -> Result<Vec<LedgerRow>, Fault> {
        let query = Query { ticket: Some(id.to_owned()), ..Query::default() };
        home::rows(&self.0.store, &query)
    }

    fn people(&self) -> Vec<Person> {
        self.0.memory().people.values().cloned().collect()
    }

    fn agents(&self) -> Vec<Agent> {
        self.0.memory().agents.values().cloned().collect()
    }

    fn sessions(&self) -> Vec<SessionRow> {
        self.0.session_rows()
    }

    fn rules(&self) -> Vec<RuleRow> {
        let row = |rule: &interlock_policy::Explanation| RuleRow {
            id: rule.id.to_string(),
            tier: rule.tier.name().to_owned(),
            why: rule.why.to_string(),
            next: rule.next.to_string(),
            text: rule.source.clone(),
        };
        self.0.road.bundle().rules().map(row).collect()
    }

    fn invariants(&self) -> Vec<InvariantRow> {
        self.0.promises.clone()
    }

    fn health(&self) -> Vec<Health> {
        health(self.0.memory().tickets.values())
    }

    fn settings(&self) -> Settings {
        let stamp = self.0.memory().config.clone();
        let stamp = stamp.map(|stamp| format!("Signed by {}; digest {}", stamp.by, stamp.config));
        let configuration = std::fs::read_to_string(self.0.home.config()).unwrap_or_default();
        Settings { configuration, stamp: stamp.unwrap_or_default() }
    }

    fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerRow>, Fault> {
        home::ledger_rows(&self.0.store, query)
    }

    fn since(&self, from: u64, many: u32) -> Result<Vec<LedgerRow>, Fault> {
        home::rows(&self.0.store, &Query { from: Some(from), limit: Some(many), ..Query::default() })
    }

    async fn verify(&self) -> Result<Verified, Fault> {
        let root = self.0.home.root.clone();
        let begun = self.0.now();
        // With a connection of its own: nobody else waits meanwhile.
        let verified = tokio::task::spawn_blocking(move || {
            let home = Home::open(&root)?;
            Reader::open(&home)?.verify(&[])
        });
        let verified = verified.await.map_err(Fault::unavailable)?.map_err(Fault::conflict)?;
        Ok(Verified {
            entries: verified.size,
            root: hex::encode(verified.root),
            key: self.0.identity(),
            took: self.0.now().saturating_sub(begun),
        })
    }

    fn moved(&self) -> watch::Receiver<u64> {
        self.0.store.moved()
    }

    fn nonce(&self) -> String {
        self.0.nonces.give(&self.0.draw(), self.0.now())
    }

    async fn enter(&self, nonce: &str, assertion: &str) -> Result<(PersonId, String), Fault> {
        self.0.enter(nonce, assertion).await
    }

    async fn follow(&self, link: &str) -> Result<(PersonId, String), Fault> {
        self.0.follow(link).await
    }

    fn counts(&self, person: &PersonId, fingerprint: &str) -> bool {
        let memory = self.0.memory();
        let keys = memory.people.get(person).map(|person| person.keys.as_slice()).unwrap_or_default();
        keys.iter().any(|key| key.fingerprint == fingerprint && key.counts(self.0.now()).is_ok())
    }

    async fn decide(&self, id: &str, decision: DecisionRequest) -> Result<RequestView, Fault> {
        self.0.decide(&TicketId::new(id), decision).await
    }

    fn offer(&self, enrolment: &Enrolment, registration: &Registration) -> Result<String, Fault> {
        self.0.offer(enrolment, registration)
    }

    fn words(&self, id: &str) -> Result<WordsToSign, Fault> {
        self.0.handed.words.get(id, self.0.now()).map(|(words, _)| words)
    }

    fn sign(&self, id: &str, assertion: String) -> Result<(), Fault> {
        self.0.handed.words.change(id, self.0.now(), |(_, signature)| *signature = Some(assertion))
    }

    fn tried(&self, attempt: Attempt) {
        self.0.tried(&attempt);
    }
}
