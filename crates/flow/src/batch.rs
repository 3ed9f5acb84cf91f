//! Several requests of one session, decided on with one signature: each is approved or denied by itself.
//!
//! The signature is over the list of their digests. Only what takes one person is decided on so: what takes two is looked at each time.

use interlock_action::{Digest, Millis, PersonId, TicketId, digest_of};
use interlock_approval::{Refusal, Ticket, Within};
use interlock_policy::Tier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Decisive, Guard, JournalError, Memory, Record, Road, SignedBy, approve::decided};

/// So many are decided on together at most: as many as one session may have waiting.
pub const MOST_TOGETHER: usize = 50;

/// A request as it was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Which.
    pub id: TicketId,
    /// Its digest.
    pub digest: Digest,
}

/// Why several were not decided on together: then none was.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The list makes no sense.
    #[error("{0}")]
    List(String),
    /// One of them cannot be decided on so.
    #[error("request {id}: {why}")]
    Request {
        /// Which.
        id: TicketId,
        /// Why not.
        why: String,
    },
    /// The world moved while they were written down.
    #[error("request {id} and what comes after it were not decided on: {error}; decided on before: {done}")]
    Halves {
        /// The first that was not.
        id: TicketId,
        /// Those that were.
        done: String,
        /// Why.
        error: JournalError,
    },
}

impl Road {
    /// Takes one person's decision on several requests; the caller has checked their signature over the list. Where one of them
    /// cannot be decided on, none is.
    ///
    /// # Errors
    /// What cannot be decided on so, by its name.
    pub async fn decide_together(
        &self,
        list: &[Shown],
        decision: Decisive,
        (person, signed): (&PersonId, &SignedBy),
        (reason, signature): (&str, &str),
    ) -> Result<Vec<Ticket>, BatchError> {
        let key = &signed.key;
        let _one_at_a_time = self.deciding.lock().await;
        let now = self.ports.clock.now();
        let digest = digest_of("interlock batch v1", &list);
        let digest = digest.map_err(|error| BatchError::List(error.to_string()))?;
        let mut records: Vec<Record> = {
            let memory = self.memory();
            let tickets = together(&memory, list, now)?;
            let signer = memory.people.get(person);
            let signer = signer.ok_or_else(|| BatchError::List(format!("there is no person `{person}`")))?;
            let each = |ticket: &Ticket| {
                let (at, words) = ((&*memory, now), (reason, signature));
                let within = Some(Within::Batch { digest });
                let message = self.message(decision, ticket, at, (signer, key), words, within)?;
                ticket.step(message.clone(), now)?;
                let mut entry = decided(ticket, decision, (person, key), at, words);
                entry = entry.public("batch", digest).private("list", list);
                let events = match decision {
                    Decisive::Approve => Vec::new(),
                    Decisive::Deny => {
                        memory.ends_grants(ticket, now, &format!("{person} denied {}", ticket.id))
                    }
                };
                let guards = vec![Guard::Step(ticket.id.clone(), Box::new(message), now)];
                Ok(Record { entry, events, guards })
            };
            let named = |ticket: &Ticket| {
                each(ticket).map_err(|why: Refusal| BatchError::Request {
                    id: ticket.id.clone(),
                    why: why.to_string(),
                })
            };
            tickets.iter().map(named).collect::<Result<_, _>>()?
        };
        // Once: it was signed once.
        if let Some(first) = records.first_mut() {
            let (unused, used) = signed.uses(person);
            first.guards.extend(unused);
            first.events.extend(used);
        }
        for (record, shown) in records.into_iter().zip(list) {
            if let Err(error) = self.ports.journal.commit(record).await {
                let done = list.iter().take_while(|one| one.id != shown.id).map(|one| one.id.to_string());
                let done = done.collect::<Vec<_>>().join(", ");
                return Err(BatchError::Halves { id: shown.id.clone(), done, error });
            }
        }
        let memory = self.memory();
        Ok(list.iter().filter_map(|shown| memory.tickets.get(&shown.id).cloned()).collect())
    }
}

/// Whether a request takes one person, and anybody.
pub fn is_for_one(ticket: &Ticket) -> bool {
    let anybody = matches!(ticket.quorum.slots.as_slice(), [slot] if slot.role.is_none());
    ticket.held.tier == Tier::T3.name() && anybody
}

/// The requests of a list, if they may be decided on together.
fn together(memory: &Memory, list: &[Shown], now: Millis) -> Result<Vec<Ticket>, BatchError> {
    if list.is_empty() || list.len() > MOST_TOGETHER {
        return Err(BatchError::List(format!("1 to {MOST_TOGETHER} requests are decided on together")));
    }
    let mut tickets: Vec<Ticket> = Vec::new();
    for Shown { id, digest } in list {
        let refused = |why: &str| BatchError::Request { id: id.clone(), why: why.to_owned() };
        let ticket = memory.tickets.get(id).ok_or_else(|| refused("there is no such request"))?.as_of(now);
        if ticket.digest != *digest {
            return Err(refused("it is not the one that was shown"));
        }
        if !is_for_one(&ticket) {
            return Err(refused(
                "it takes more than one person, or one of a role, so it is looked at by itself",
            ));
        }
        if tickets.iter().any(|have| have.id == *id) {
            return Err(refused("it stands in the list twice"));
        }
        if tickets.first().is_some_and(|first| first.session != ticket.session) {
            return Err(refused("it is of another session"));
        }
        tickets.push(ticket);
    }
    Ok(tickets)
}
