//! What is proved of the rules in force, as the pages say it.

use interlock_action::Digest;
use interlock_api::time;
use interlock_console::InvariantRow;
use interlock_ledger::EntryKind;
use interlock_policy::{Bundle, PolicyFile};
use interlock_store::{Query, Store};

use crate::{DaemonError, HomePaths, in_force::InForce};

/// Reads invariants, the shipped ones and these: their ids and sentences. The prover's, which the daemon does not know.
pub type Promises = fn(&[PolicyFile]) -> Vec<(String, String)>;

/// What is proved, and since when.
pub(crate) fn promised(
    read: Promises,
    store: &Store,
    paths: &HomePaths,
    bundle: Digest,
) -> Result<Vec<InvariantRow>, DaemonError> {
    let own = InForce::read(store.reader(), paths, None)?.invariants;
    let query = Query {
        kinds: vec![EntryKind::ConfigActivated],
        newest_first: true,
        limit: Some(1),
        ..Query::default()
    };
    let state = match store.read_entries(&query)?.first() {
        _ if bundle == Bundle::shipped().hash() => {
            format!("proved of these very rules before version {} was released", env!("CARGO_PKG_VERSION"))
        }
        Some(entry) => {
            format!("proved when these rules came into force, {} (entry {})", time(entry.at), entry.index)
        }
        None => "not proved of these rules: see `interlock policy prove`".to_owned(),
    };
    let row = |(id, says)| InvariantRow { id, says, state: state.clone() };
    Ok(read(&own).into_iter().map(row).collect())
}
