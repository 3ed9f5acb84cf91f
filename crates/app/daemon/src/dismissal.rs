//! The way out of witnesses that do not answer any more: slow, and seen by everybody.
//!
//! Everybody signs for it, twice: that it is to be, and after a wait of days that it is. Both stand in the
//! log; in between every start says so. Whoever is against it does not sign again.

use std::collections::BTreeSet;

use interlock_action::{Digest, Millis, PersonId, TicketId};
use interlock_approval::{Person, State, Statement};
use interlock_flow::{Clock as _, Journal as _};
use interlock_ledger::{Entry, EntryKind};
use interlock_store::{Query, Reader, Store, StoredEntry};

use crate::{
    DaemonError,
    clock::System,
    config::ApprovalConfig,
    home::runtime,
    in_force::InForce,
    signed::{names, signatures},
    witness as seen,
};

/// What it is called.
const OPERATION: &str = "interlock:without-witnesses";
const DIGEST: &str = "digest";
const UNTIL: &str = "until";

/// The entry that announced it long enough ago. Where there is none, it is announced now.
///
/// # Errors
/// Somebody who has not signed; a wait that is not over.
pub(crate) fn due(
    store: &Store,
    force: &InForce,
    digest: Digest,
    signers: &BTreeSet<PersonId>,
    signed: &[(Statement, String)],
) -> Result<u64, DaemonError> {
    let now = System.now();
    {
        let memory = store.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
        // INVARIANT: one signature suspends somebody, and must not send the witnesses away unheard by them: only who is to go
        // because enough have said so is not asked.
        let goes = |person: &&Person| {
            let approved = |ticket: &TicketId| {
                memory
                    .tickets
                    .get(ticket)
                    .is_some_and(|ticket| matches!(ticket.state, State::Approved { .. }))
            };
            person.keys.iter().all(|key| key.suspended.iter().any(approved))
        };
        let missing: BTreeSet<PersonId> = memory
            .enrolled(now)
            .filter(|person| !signers.contains(&person.name) && !goes(person))
            .map(|person| person.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(DaemonError::Key(format!(
                "to do without witnesses everybody signs, but for those whose removal is approved: {} did not",
                names(&missing)
            )));
        }
    }
    let until = match announced(store.reader(), force)?.into_iter().find(|known| is(known, digest)) {
        Some(known) if now >= until(&known) => return Ok(known.index),
        Some(known) => until(&known),
        None => {
            // INVARIANT: it is the wait in force that counts, not one that is itself new.
            let config = force.config.as_ref().map(|config| &config.approval);
            let wait = config.map_or(ApprovalConfig::default().lone_delay, |approval| approval.lone_delay);
            let until = now.saturating_add(wait.millis());
            let entry = Entry::new(EntryKind::Held, now)
                .public("operation", OPERATION)
                .public(DIGEST, digest)
                .public("by", names(signers))
                .public(UNTIL, until)
                .private("signatures", signatures(signed));
            runtime()?.block_on(seen::written(store, entry))?;
            until
        }
    };
    Err(DaemonError::Announced(ahead(until)))
}

/// What stands announced since the configuration in force is, in words for whoever starts or looks at this home.
pub(crate) fn standing(reader: &Reader, force: &InForce) -> Result<Option<String>, DaemonError> {
    let newest = announced(reader, force)?.into_iter().next();
    Ok(newest.map(|known| {
        let by = known.public.get("by").and_then(serde_json::Value::as_str).unwrap_or("somebody");
        format!(
            "{by} signed that another configuration is to come into force without its witnesses: it may {}",
            ahead(until(&known))
        )
    }))
}

/// Those that stand, the newest first.
fn announced(reader: &Reader, force: &InForce) -> Result<Vec<StoredEntry>, DaemonError> {
    let kinds = vec![EntryKind::Held];
    let query = Query { from: Some(force.since), kinds, newest_first: true, ..Query::default() };
    let mut held = reader.entries(&query)?;
    held.retain(|entry| entry.public.get("operation").is_some_and(|operation| operation == OPERATION));
    Ok(held)
}

fn is(known: &StoredEntry, digest: Digest) -> bool {
    known.public.get(DIGEST).and_then(|said| serde_json::from_value(said.clone()).ok()) == Some(digest)
}

/// One that does not say until when is never over.
fn until(known: &StoredEntry) -> Millis {
    known.public.get(UNTIL).and_then(serde_json::Value::as_u64).unwrap_or(Millis::MAX)
}

/// How long it is until then.
fn ahead(until: Millis) -> String {
    let seconds = until.saturating_sub(System.now()).div_ceil(1_000);
    match seconds {
        0 => "now".to_owned(),
        1..7_200 => format!("in {seconds} seconds"),
        _ => format!("in {} hours", seconds.div_ceil(3_600)),
    }
}
