//! `interlock policy replay`

use std::path::Path;

use interlock_ledger::EntryKind;
use interlock_policy::Judged;
use interlock_prover::{Recorded, Replay};
use interlock_store::{Home, Query, Reader, StoredEntry};

use super::bundle::meant;
use crate::{
    command::Global,
    fault::Fault,
    output::{Output, visible},
};

/// How many entries are read at once.
const PAGE: u64 = 10_000;

pub(super) fn replay(
    global: &Global,
    bundle: &Path,
    since: Option<u64>,
    output: &Output,
) -> Result<(), Fault> {
    let bundle = meant(global, bundle)?.candidate;
    let since = since.unwrap_or_default();
    let failed = |error: interlock_store::StoreError| Fault::failed(error.to_string());
    let reader = Reader::open(&Home::open(&global.home()?).map_err(failed)?).map_err(failed)?;
    let mut whole = Replay::default();
    let mut from = 0;
    loop {
        let kinds = vec![EntryKind::Allowed, EntryKind::Held, EntryKind::Refused, EntryKind::Read];
        let limit = u32::try_from(PAGE).ok();
        let query = Query { from: Some(from), kinds, limit, ..Query::default() };
        let entries = reader.entries(&query).map_err(failed)?;
        let Some(last) = entries.last() else { break };
        from = last.index.saturating_add(1);
        let recorded = entries.into_iter().filter(|entry| entry.at >= since).map(recorded);
        whole.add(interlock_prover::replay(&bundle, recorded));
    }
    output.show(&whole, |whole| visible(&whole.to_string()));
    Ok(())
}

fn recorded(mut entry: StoredEntry) -> Recorded {
    let text =
        |name: &str| entry.public.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let (agent, operation, cause) = (text("agent"), text("operation"), text("cause"));
    let judged = match entry.private.remove("judged").map(serde_json::from_value::<Judged>) {
        Some(Ok(judged)) => Ok(judged),
        Some(Err(_)) => Err("what it was decided on cannot be read by this version"),
        None if entry.kind == EntryKind::Read => Err("a plain read, kept by name only"),
        None if !entry.redacted.is_empty() => Err("redacted"),
        None if !matches!(cause.as_str(), "" | "policy") => Err("not decided by the policy"),
        None => Err("what it was decided on was not recorded"),
    };
    Recorded { entry: entry.index, at: entry.at, agent, operation, judged: judged.map_err(str::to_owned) }
}
