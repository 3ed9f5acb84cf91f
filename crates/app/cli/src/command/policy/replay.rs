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
    since: Option<&str>,
    output: &Output,
) -> Result<(), Fault> {
    let bundle = meant(global, bundle)?.candidate;
    let since = since.map_or(Ok(0), moment)?;
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

/// A time stamp, or how long ago.
fn moment(text: &str) -> Result<u64, Fault> {
    let wrong = || Fault::usage(format!("`{text}` is no time: `2026-11-01T00:00:00Z`, `30m`, `24h` or `7d`"));
    let unit = |letter: char| match letter {
        'm' => Some(60_000_u64),
        'h' => Some(3_600_000),
        'd' => Some(86_400_000),
        _ => None,
    };
    let ago = text.chars().last().and_then(unit).and_then(|unit| {
        let count = text.strip_suffix(['m', 'h', 'd'])?.parse::<u64>().ok()?;
        count.checked_mul(unit)
    });
    let at = match ago {
        Some(ago) => {
            let now = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
            return Ok(now.saturating_sub(ago));
        }
        None => text.parse::<jiff::Timestamp>().map_err(|_| wrong())?.as_millisecond(),
    };
    u64::try_from(at).map_err(|_| wrong())
}
