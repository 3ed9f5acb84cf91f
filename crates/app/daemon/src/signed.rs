//! What people sign while no daemon has the home open.

use std::collections::BTreeSet;

use interlock_action::{Millis, PersonId};
use interlock_approval::{Person, Refusal, Statement, verify};
use interlock_flow::{Journal as _, Memory};
use interlock_store::Store;

use crate::DaemonError;

/// Who may sign.
pub(crate) fn enrolled(store: &Store) -> Vec<Person> {
    let memory = store.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
    memory.people.values().cloned().collect()
}

/// Statements with their signatures.
pub(crate) type SignedStatements = Vec<(Statement, String)>;

/// Checks that these statements are what their people signed, each with a key that counts, and that they are as many
/// different people as it takes: one alone, in a team two.
pub(crate) fn check_signed(
    memory: &Memory,
    signed: &[(Statement, String)],
    wanted: &dyn Fn(&PersonId, &str) -> Statement,
    now: Millis,
) -> Result<BTreeSet<PersonId>, DaemonError> {
    let takes = if memory.solo(now) { 1 } else { 2 };
    let refused = |refusal: Refusal| DaemonError::Key(refusal.to_string());
    let mut signers = BTreeSet::new();
    for (statement, signature) in signed {
        let person = memory.people.get(&statement.person);
        let keys = person.map(|person| person.keys.as_slice()).unwrap_or_default();
        let wanted = wanted(&statement.person, &statement.reason);
        let key = verify(&wanted, signature, keys, None).map_err(refused)?.key;
        key.counts(now).map_err(refused)?;
        if key.step < memory.offline_step(takes, now) {
            return Err(refused(Refusal::WeakKey(key.fingerprint.clone())));
        }
        signers.insert(statement.person.clone());
    }
    if signers.len() < takes {
        return Err(DaemonError::Key(format!(
            "{} of {takes} people have signed: in a team give `--key` twice, for two people",
            signers.len()
        )));
    }
    Ok(signers)
}

/// Their names, as an entry carries them.
pub(crate) fn names(signers: &BTreeSet<PersonId>) -> String {
    signers.iter().map(PersonId::as_str).collect::<Vec<_>>().join(", ")
}

/// Their signatures alone.
pub(crate) fn signatures(signed: &[(Statement, String)]) -> Vec<&String> {
    signed.iter().map(|(_, signature)| signature).collect()
}
