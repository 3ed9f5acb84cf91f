//! Shows the log's head to witnesses (C2SP tlog-witness) and brings back what they sign.
//!
//! A witness is no gateway and gets no credential: it is sent the head and hashes, nothing of any entry.

use std::{sync::Arc, time::Duration};

use http::{Request, StatusCode, Uri, header};
use interlock_flow::{Journal as _, Receipt, Record};
use interlock_ledger::{Entry, WitnessKey};
use interlock_store::{Options, Store};

use crate::{DaemonError, config::WitnessConfig, post};

/// How often a head that has grown is shown, unless somebody waits.
const EVERY: Duration = Duration::from_secs(1);
/// How long one witness may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One witness.
struct Witness {
    name: String,
    url: Uri,
    /// How much of the log it says that it has seen.
    seen: u64,
    /// How much of it it has cosigned for us: an answer may be lost on the way.
    cosigned: u64,
}

/// How a store is opened whose witnesses are asked by a command.
pub(crate) fn options(config: Option<&WitnessConfig>) -> Result<Options, DaemonError> {
    let mut options = Options::default();
    if let Some(config) = config {
        options.witnessed.witnesses = config.trusted().map_err(DaemonError::Setting)?;
        options.witnessed.wait = config.patience();
    }
    Ok(options)
}

/// Writes down that something was approved, and waits until as many witnesses as must have seen it.
pub(crate) async fn approved(
    store: &Arc<Store>,
    config: &WitnessConfig,
    entry: Entry,
) -> Result<(), DaemonError> {
    let receipt = written(store, entry).await?;
    reached(store, config, &receipt).await.map_err(DaemonError::Unwitnessed)
}

/// Writes an entry down.
pub(crate) async fn written(store: &Store, entry: Entry) -> Result<Receipt, DaemonError> {
    let receipt = store.commit(Record::only(entry)).await;
    receipt.map_err(|error| DaemonError::Store(error.to_string()))
}

/// Waits until as many of these witnesses as must have seen an entry; the store is opened with them. `Err` says how far
/// they are.
pub(crate) async fn reached(
    store: &Arc<Store>,
    config: &WitnessConfig,
    receipt: &Receipt,
) -> Result<(), String> {
    tokio::select! {
        () = submit(store, Some(config)) => Err("nobody asks the witnesses".to_owned()),
        reached = store.witnessed_entry(receipt) => reached.map_err(|far| far.to_string()),
    }
}

/// Shows the head to every witness, for good. Without witnesses nothing is ever done.
pub(crate) async fn submit(store: &Arc<Store>, config: Option<&WitnessConfig>) {
    let Some(config) = config else { return std::future::pending().await };
    let of = |at: &crate::config::WitnessAt| {
        let key: WitnessKey = at.key.parse().ok()?;
        let url: Uri = format!("{}/add-checkpoint", at.url.trim_end_matches('/')).parse().ok()?;
        Some(Witness { name: key.name().to_owned(), url, seen: 0, cosigned: 0 })
    };
    // Both were parsed when the configuration was read.
    let mut witnesses: Vec<Witness> = config.witnesses.iter().filter_map(of).collect();
    let mut wanted = store.witnesses_wanted();
    loop {
        let asked = witnesses.iter_mut().map(|witness| show(store, witness));
        futures_util::future::join_all(asked).await;
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = wanted.changed() => {}
        }
    }
}

/// Shows the head to one witness, if it has grown, and says how that went.
async fn show(store: &Arc<Store>, witness: &mut Witness) {
    let newest = store.head().ok().flatten().map_or(0, |head| head.size);
    if newest == witness.cosigned {
        return;
    }
    let fault = match tokio::time::timeout(PATIENCE, ask(store, witness)).await {
        Ok(Ok(())) => None,
        Ok(Err(why)) => Some(why),
        Err(_) => Some(format!("no answer within {} seconds", PATIENCE.as_secs())),
    };
    if let Some(why) = &fault {
        tracing::warn!(witness = witness.name, why, "a witness does not cosign");
    }
    store.witness_answered(&witness.name, fault);
}

/// One submission; a second one when the witness says that it has seen another size than was thought.
async fn ask(store: &Arc<Store>, witness: &mut Witness) -> Result<(), String> {
    for _ in 0..2 {
        let seen = witness.seen;
        let shown = store.reader().prove_since(seen).map_err(|error| {
            format!("it has seen {seen} entries of this log: {error}. Somebody signs with its key, or it was rolled back")
        })?;
        let text = shown.checkpoint.lines().nth(1).and_then(|size| size.parse::<u64>().ok());
        let size = text.ok_or("the head cannot be read")?;
        let request = Request::post(&witness.url)
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(shown.to_string())
            .map_err(|error| error.to_string())?;
        let (status, answer) = post::send(request).await?;
        match status {
            StatusCode::OK => {
                store.cosign(size, answer).await.map_err(|error| error.to_string())?;
                (witness.seen, witness.cosigned) = (size, size);
                return Ok(());
            }
            StatusCode::CONFLICT => {
                let known = answer.trim_end().parse::<u64>().ok().filter(|known| *known != seen);
                witness.seen = known.ok_or("it says that it has seen another size, and names none")?;
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                return Err(format!(
                    "it says that this log is not the one of which it has seen {seen} entries"
                ));
            }
            status => return Err(format!("it answered {status}")),
        }
    }
    Err("it changes its mind about what it has seen".to_owned())
}
