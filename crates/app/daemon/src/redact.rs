//! Words and names that are taken out of the log, as far as a log that only grows allows.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use interlock_action::{PersonId, digest_of};
use interlock_approval::{Launch, People, Person, Statement};
use interlock_flow::{Clock as _, Journal as _};
use interlock_ledger::{Entry, EntryKind};
use interlock_store::{Home, Reader, Redacted, Store, StoreError};

use crate::{
    DaemonError,
    clock::System,
    config::Config,
    home::{HomePaths, runtime},
    in_force::InForce,
    policy::configuration,
    signed::{SignedStatements, check_signed, enrolled, names, signatures},
    witness as seen,
};

/// Takes away what is private in an entry, and in all that carry the same request or session; signed by a person, in a
/// team by two, one of whom neither owns nor launched it. Only
/// while no daemon has the home open: it is for whoever may touch the home's files anyway, and no door leads to it.
pub fn redact<S>(root: &Path, index: u64, sign: S) -> Result<Redacted, DaemonError>
where
    S: FnOnce(&[Person], &dyn Fn(&PersonId, &str) -> Statement) -> Result<SignedStatements, String>,
{
    let now = System.now();
    let home = Home::open(root)?;
    let config = Config::load(&HomePaths::of(root).config())?;
    let paths = HomePaths::of(root);
    let text = configuration(&paths)?;
    let witness = InForce::read(&Reader::open(&home)?, &paths, Some(&text))?.witness_or(&config)?;
    let store = Arc::new(Store::open(&home, &seen::options(witness.as_ref())?)?);
    let people = enrolled(&store);
    let digest = digest_of("interlock redact v1", &(home.verifier().to_string(), index))
        .map_err(|error| DaemonError::Key(error.to_string()))?;
    let statement = |person: &PersonId, reason: &str| Statement {
        verb: "ledger-redact".to_owned(),
        subject: index.to_string(),
        digest,
        person: person.clone(),
        reason: reason.to_owned(),
        // Taking away twice takes away nothing more.
        nonce: now.to_string(),
    };
    let signed = sign(&people, &statement).map_err(DaemonError::Key)?;
    let (signers, solo) = {
        let memory = store.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
        (check_signed(&memory, &signed, &statement, now)?, memory.solo(now))
    };
    if !solo {
        check_uninvolved(&store.involved(index).map_err(redaction)?, &signers)?;
    }
    let reason = signed.first().map(|(statement, _)| statement.reason.as_str()).unwrap_or_default();
    if let Some(witness) = witness {
        let entry = Entry::new(EntryKind::Approved, System.now())
            .public("operation", "interlock:ledger-redact")
            .public("subject", index)
            .public("digest", digest)
            .public("by", names(&signers))
            .private("signatures", signatures(&signed));
        runtime()?.block_on(seen::approved(&store, &witness, entry))?;
    }
    let redacted = runtime()?.block_on(store.redact(index, &names(&signers), reason, now));
    redacted.map_err(redaction)
}

/// In a team, one of those who sign must be neither the owner nor a launcher of what is taken away.
fn check_uninvolved(
    involved: &[(PersonId, Launch)],
    signers: &BTreeSet<PersonId>,
) -> Result<(), DaemonError> {
    for (owner, launch) in involved {
        let people = People { owner, launch };
        if !signers.iter().any(|signer| people.uninvolved(signer)) {
            return Err(DaemonError::Key(
                "all who signed own or launched what it is about: one must be somebody else".to_owned(),
            ));
        }
    }
    Ok(())
}

fn redaction(error: StoreError) -> DaemonError {
    match error {
        StoreError::NoEntry(_) | StoreError::NoBody(_) | StoreError::StillNeeded { .. } => {
            DaemonError::Redaction(error.to_string())
        }
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_signs_a_redaction_neither_owns_nor_launched_it() {
        let involved = [(PersonId::from("ana"), Launch::of("bo"))];
        let signed = |names: &[&str]| {
            let signers = names.iter().copied().map(PersonId::from).collect();
            check_uninvolved(&involved, &signers).is_ok()
        };
        assert!(!signed(&["ana", "bo"]));
        assert!(signed(&["ana", "cy"]) && signed(&["bo", "cy"]));
    }
}
