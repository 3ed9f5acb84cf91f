//! Standing grants: what one would be, what people sign of it, and its end.

use std::sync::Arc;

use interlock_action::{GrantId, Millis, Operation, TicketId};
use interlock_api::{Added, EndGrant, Fault, GrantOffer, GrantRow, Passed, SignGrant, exact};
use interlock_approval::Ticket;
use interlock_flow::{Grant, GrantError, GrantWish, Memory};
use interlock_ledger::EntryKind;
use interlock_policy::{Ask, Judged};
use interlock_store::{Home, Query, Reader, StoredEntry};

use crate::state::Daemon;

/// What a grant would have let pass is shown for so long.
const LOOKED_BACK: u64 = 7 * 24 * 60 * 60 * 1000;
/// So many held actions are looked at, the newest first.
const MOST_HELD: usize = 5_000;
/// So many of them at once.
const PAGE: u32 = 500;
/// So many of what would have passed are listed.
const LISTED: usize = 100;

impl Daemon {
    /// What a grant for the like of a request would be, and what else it would have let pass.
    pub(crate) async fn offer_grant(
        self: &Arc<Self>,
        id: &TicketId,
        wish: GrantWish,
    ) -> Result<GrantOffer, Fault> {
        let (daemon, id) = (Arc::clone(self), id.clone());
        // One at a time, until it is over even where nobody waits for it any more: thousands of entries are read for it.
        let one_at_a_time = Arc::clone(&self.looking_back).lock_owned().await;
        let offered = tokio::task::spawn_blocking(move || {
            let _one_at_a_time = one_at_a_time;
            daemon.look_back(&id, wish)
        });
        offered.await.map_err(Fault::unavailable)?
    }

    fn look_back(&self, id: &TicketId, wish: GrantWish) -> Result<GrantOffer, Fault> {
        let ticket = self.find(id)?;
        let asks = self.asked(&ticket)?;
        let terms = self.road.grant_terms(&ticket, &asks, wish).map_err(refused)?;
        let mut offer = GrantOffer::of(terms);
        self.would_have_passed(&mut offer)?;
        Ok(offer)
    }

    /// What the policy was asked about a request, as the ledger keeps it.
    fn asked(&self, ticket: &Ticket) -> Result<Vec<Ask>, Fault> {
        let query = Query {
            ticket: Some(ticket.id.to_string()),
            kinds: vec![EntryKind::Held],
            limit: Some(1),
            ..Query::default()
        };
        let mut entries = self.store.read_entries(&query).map_err(Fault::unavailable)?;
        let judged = entries.first_mut().and_then(judged);
        judged.map(|judged| judged.asks).ok_or_else(|| {
            Fault::conflict("the ledger does not hold any more what was asked about this request")
        })
    }

    fn would_have_passed(&self, offer: &mut GrantOffer) -> Result<(), Fault> {
        let since = self.now().saturating_sub(LOOKED_BACK);
        let selector = offer.terms.selector.clone();
        let covering = selector.ready().map_err(Fault::unavailable)?;
        // With a connection of its own: nobody else's pages wait meanwhile.
        let home = Home::open(&self.home.root).map_err(Fault::unavailable)?;
        let reader = Reader::open(&home).map_err(Fault::unavailable)?;
        let mut to = None;
        loop {
            let query = Query {
                to,
                kinds: vec![EntryKind::Held],
                newest_first: true,
                limit: Some(PAGE),
                ..Query::default()
            };
            let entries = reader.entries(&query).map_err(Fault::unavailable)?;
            let Some(last) = entries.last() else { return Ok(()) };
            to = Some(last.index);
            for mut entry in entries {
                if entry.at < since {
                    return Ok(());
                }
                if offer.looked_at == MOST_HELD {
                    offer.more = true;
                    return Ok(());
                }
                offer.looked_at = offer.looked_at.saturating_add(1);
                let Some(judged) = judged(&mut entry) else { continue };
                let operation = text(&entry, "operation");
                if covering.covers(&Operation::new(operation), &judged.asks).unwrap_or(false) {
                    offer.passed = offer.passed.saturating_add(1);
                    if offer.would.len() < LISTED {
                        offer.would.push(self.passed(&entry, &judged.asks));
                    }
                }
            }
        }
    }

    fn passed(&self, entry: &StoredEntry, asks: &[Ask]) -> Passed {
        let ticket = TicketId::new(text(entry, "ticket"));
        let became =
            self.find(&ticket).map_or("forgotten".to_owned(), |ticket| ticket.state.name().to_owned());
        let mut targets: Vec<String> = asks.iter().map(|ask| ask.target.id.to_string()).collect();
        targets.sort();
        targets.dedup();
        Passed { entry: entry.index, at: entry.at, ticket, targets, became }
    }

    /// Takes somebody's signature under the terms of a grant.
    pub(crate) async fn sign_grant(&self, request: Added<SignGrant>) -> Result<GrantRow, Fault> {
        let Added { body, signed, .. } = request;
        let by = self.authorise("grant", body.terms.ticket.as_str(), &body, &signed)?;
        let asks = self.asked(&self.find(&body.terms.ticket)?)?;
        let by = (&signed.person, &by);
        let words = (signed.reason.as_str(), signed.signature.as_str());
        let grant = self.road.sign_grant(&body.terms, &asks, by, words).await.map_err(refused)?;
        self.grant(&grant.id)
    }

    /// Ends a grant before its time: anybody's one signature does.
    pub(crate) async fn end_grant(&self, request: Added<EndGrant>) -> Result<GrantRow, Fault> {
        let (signed, id) = (&request.signed, &request.body.id);
        self.authorise_stop("end-grant", id.as_str(), &request.body, signed)?;
        self.grant(id)?;
        let ended = self.road.end_grant(id, &signed.person, &signed.reason).await;
        ended.map_err(Fault::unavailable)?;
        self.grant(id)
    }

    /// One grant.
    pub(crate) fn grant(&self, id: &GrantId) -> Result<GrantRow, Fault> {
        let (memory, now) = (self.memory(), self.now());
        let found = memory.grants.get(id).cloned();
        let grant =
            found.ok_or_else(|| Fault::not_found(format!("there is no grant `{}`", exact(id.as_str()))))?;
        Ok(row(&memory, &grant, now))
    }

    /// Every grant: those that stand first.
    pub(crate) fn grants(&self) -> Vec<GrantRow> {
        let (memory, now) = (self.memory(), self.now());
        let mut all: Vec<GrantRow> = memory.grants.values().map(|grant| row(&memory, grant, now)).collect();
        all.sort_by_key(|row| (row.idle.is_some(), std::cmp::Reverse(row.grant.since)));
        all
    }
}

/// A grant, with why it lets nothing pass now.
fn row(memory: &Memory, grant: &Grant, now: Millis) -> GrantRow {
    let idle = memory.grant_idle(grant, now).or_else(|| memory.grant_rests(grant, now));
    GrantRow::of(grant.clone(), idle)
}

fn judged(entry: &mut StoredEntry) -> Option<Judged> {
    serde_json::from_value(entry.private.remove("judged")?).ok()
}

fn text<'a>(entry: &'a StoredEntry, name: &str) -> &'a str {
    entry.public.get(name).and_then(|value| value.as_str()).unwrap_or_default()
}

fn refused(error: GrantError) -> Fault {
    match error {
        GrantError::Journal(error) => Fault::unavailable(error),
        GrantError::OtherTerms | GrantError::Request(_) => Fault::conflict(error),
        GrantError::Ungrantable(_) => Fault::refused(error)
            .hint("approve each by itself, or several at once: `interlock request approve ID ID`"),
        error => Fault::refused(error),
    }
}
