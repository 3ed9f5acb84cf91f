//! The daemon as the pages know it.

use std::sync::Arc;

use async_trait::async_trait;
use interlock_action::{Digest, Millis, PersonId, PlanId, TicketId};
use interlock_api::{
    Added, DecisionRequest, Decisions, EndGrant, Fault, GrantOffer, GrantRow, LedgerQuery, LedgerRow,
    RequestRow, RequestView, SessionRow, SignGrant, Status, WordsToSign, sentence, vanishes,
};
use interlock_approval::{EnrolledKey, Person, Refusal, Registration, Site, State, Ticket};
use interlock_console::{
    Answer, Attempt, By, Desk, Enrolment, Health, InvariantRow, Leaving, Queue, QueueRow, RuleRow, Settings,
    Standing, Verified,
};
use interlock_flow::{Agent, GrantWish, Memory, Plan, is_for_one};
use interlock_store::{Home, Query, Reader};
use tokio::sync::watch;

use super::health::health;
use crate::{config::OidcConfig, home, state::Daemon};

/// A configuration for many eyes: of each address only where it is. Where messages go is a secret of its own.
fn masked(text: &str) -> String {
    let line = |line: &str| {
        let (mut shown, mut rest) = (String::new(), line);
        while let Some((before, after)) = rest.split_once("://") {
            let ends = |c: char| c == '"' || c.is_whitespace();
            let (address, tail) = after.split_at(after.find(ends).unwrap_or(after.len()));
            let host = address.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            let more = if host.len() < address.len() { "/…" } else { "" };
            shown.push_str(&format!("{before}://{host}{more}"));
            rest = tail;
        }
        shown + rest
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Entries on a request's page.
const TRAIL: u32 = 200;

/// The keys that somebody who came in by this stands by.
fn keys<'m>(memory: &'m Memory, person: &PersonId, by: &By) -> impl Iterator<Item = &'m EnrolledKey> {
    let keys = memory.people.get(person).map(|person| person.keys.as_slice()).unwrap_or_default();
    keys.iter().filter(move |key| match by {
        By::Key(fingerprint) => key.fingerprint == *fingerprint,
        By::Provider(then) => then.contains(&key.fingerprint),
    })
}

impl Daemon {
    /// Whether what this person came in by still counts.
    pub(crate) fn standing_of(&self, person: &PersonId, by: &By) -> Standing {
        let (memory, now) = (self.memory(), self.now());
        let best = keys(&memory, person, by).map(|key| match key.counts(now) {
            Ok(()) => Standing::Counts,
            Err(Refusal::Suspended(_)) => Standing::Suspended,
            Err(_) => Standing::Out,
        });
        best.max().unwrap_or(Standing::Out)
    }
}

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
        let mut found: Vec<&Ticket> =
            memory.tickets.values().filter(|ticket| all || ticket.waits(now)).collect();
        let waiting = if all { found.iter().filter(|ticket| ticket.waits(now)).count() } else { found.len() };
        found.sort_unstable_by_key(|ticket| (ticket.held.opened, &ticket.id));
        if all {
            found.reverse();
        }
        let row = |ticket: &&Ticket| {
            let mut row = RequestRow::from(*ticket);
            if ticket.is_open() && !ticket.stands(now) {
                State::Expired.name().clone_into(&mut row.state);
            }
            let alone = ticket.waits(now) && is_for_one(ticket);
            let together = alone.then(|| ticket.session.to_string());
            QueueRow { row, sentence: sentence(ticket), vanishes: vanishes(ticket), together }
        };
        Queue { rows: found.iter().skip(from).take(many).map(row).collect(), of: found.len(), waiting }
    }

    fn request(&self, id: &str) -> Result<RequestView, Fault> {
        self.0.find(&TicketId::new(id)).map(|ticket| self.0.view(ticket))
    }

    fn trail(&self, id: &str) -> Result<Vec<LedgerRow>, Fault> {
        let query = Query { ticket: Some(id.to_owned()), limit: Some(TRAIL), ..Query::default() };
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
        let text = std::fs::read_to_string(self.0.home.config()).unwrap_or_default();
        let Some(stamp) = stamp else {
            return Settings { configuration: String::new(), stamp: "Nothing is signed yet".to_owned() };
        };
        let signed = format!("Signed by {}; digest {}", stamp.by, stamp.config);
        if Digest::of(text.as_bytes()) == stamp.config {
            return Settings { configuration: masked(&text), stamp: signed };
        }
        let changed =
            format!("{signed}. The file was changed since, which nobody has signed: it is not in force.");
        Settings { configuration: String::new(), stamp: changed }
    }

    fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerRow>, Fault> {
        home::ledger_rows(&self.0.store, query)
    }

    fn since(&self, from: u64, many: u32) -> Result<Vec<LedgerRow>, Fault> {
        home::rows(&self.0.store, &Query { from: Some(from), limit: Some(many), ..Query::default() })
    }

    async fn verify(&self) -> Result<Verified, Fault> {
        let root = self.0.home.root.clone();
        let Ok(_one_at_a_time) = self.0.verifying.try_lock() else {
            return Err(
                Fault::conflict("the log is being verified for somebody else").hint("try again in a moment")
            );
        };
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

    fn openapi(&self) -> serde_json::Value {
        crate::openapi::openapi()
    }

    fn home(&self) -> String {
        self.0.identity()
    }

    fn nonce(&self) -> String {
        self.0.nonces.give(&self.0.draw(), self.0.now())
    }

    async fn enter(&self, nonce: &str, assertion: &str) -> Result<(PersonId, By), Fault> {
        self.0.enter(nonce, assertion).await.map(|(person, key)| (person, By::Key(key)))
    }

    async fn follow(&self, link: &str) -> Result<(PersonId, By), Fault> {
        self.0.follow(link).await.map(|(person, key)| (person, By::Key(key)))
    }

    fn provider(&self) -> Option<String> {
        self.0.config.console.oidc.as_ref().map(OidcConfig::called)
    }

    async fn leave(&self, next: &str) -> Result<Leaving, Fault> {
        self.0.leave(next).await
    }

    fn is_awaited(&self, kept: &str, answer: &Answer) -> bool {
        self.0.is_awaited(kept, answer)
    }

    async fn come_back(&self, kept: &str, answer: &Answer) -> Result<(PersonId, By, String), Fault> {
        self.0.come_back(kept, answer).await
    }

    fn standing(&self, person: &PersonId, by: &By) -> Standing {
        self.0.standing_of(person, by)
    }

    fn suspended_by(&self, person: &PersonId, by: &By) -> Vec<String> {
        let memory = self.0.memory();
        let of = keys(&memory, person, by).flat_map(|key| &key.suspended);
        of.map(ToString::to_string).collect()
    }

    fn waiting(&self) -> usize {
        let now = self.0.now();
        self.0.memory().tickets.values().filter(|ticket| ticket.waits(now)).count()
    }

    async fn decide(&self, id: &str, decision: DecisionRequest) -> Result<RequestView, Fault> {
        self.0.decide(&TicketId::new(id), decision).await
    }

    async fn decide_together(&self, decisions: Added<Decisions>) -> Result<Vec<RequestView>, Fault> {
        self.0.decide_together(decisions).await
    }

    fn plans(&self, many: usize) -> Vec<Plan> {
        self.0.plans(many)
    }

    fn waiting_plans(&self, many: usize) -> Vec<(String, usize)> {
        self.0.waiting_plans(many)
    }

    fn plan(&self, id: &str) -> Result<Plan, Fault> {
        self.0.plan(&PlanId::new(id))
    }

    async fn offer_grant(&self, id: &TicketId, wish: GrantWish) -> Result<GrantOffer, Fault> {
        self.0.offer_grant(id, wish).await
    }

    fn grants(&self) -> Vec<GrantRow> {
        self.0.grants()
    }

    async fn sign_grant(&self, grant: Added<SignGrant>) -> Result<GrantRow, Fault> {
        self.0.sign_grant(grant).await
    }

    async fn end_grant(&self, grant: Added<EndGrant>) -> Result<GrantRow, Fault> {
        self.0.end_grant(grant).await
    }

    fn asks_makers(&self) -> bool {
        self.0.config.approval.attestation.is_some()
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

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn where_messages_go_is_shown_to_nobody() {
        let table = "slack = \"https://hooks.slack.com/services/T0/B0/xyz\"";
        assert_eq!(masked(table), "slack = \"https://hooks.slack.com/…\"");
        let inline = r#"notify = [{ webhook = "https://a.example/k", after = "1m" }, { email = "smtps://u:p@mail.example" }]"#;
        assert_eq!(
            masked(inline),
            r#"notify = [{ webhook = "https://a.example/…", after = "1m" }, { email = "smtps://mail.example/…" }]"#
        );
        let lines = "webhook = \"\"\"\nhttps://a.example/k\"\"\"\n# http://u:p@proxy:1 x";
        assert_eq!(masked(lines), "webhook = \"\"\"\nhttps://a.example/…\"\"\"\n# http://proxy:1/… x");
        let other = "upstream = \"https://{service}.{region}.amazonaws.com\"";
        assert_eq!(masked(other), other);
    }
}
