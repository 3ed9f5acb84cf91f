//! `interlock ledger`

mod export;
mod proof;
mod verify;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use interlock_api::LedgerRow;
use interlock_flow::FreezeScope;
use interlock_ledger::{NoteVerifier, Witnesses};
use interlock_store::{Home, StoreError};
use serde::Deserialize as _;

use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, table, time, visible},
    sign,
};

/// Read the log, take it out of the house, and prove that nobody rewrote it.
#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Show the newest entries.
    Ls {
        /// Only of this session.
        #[arg(long, value_name = "SESSION")]
        session: Option<String>,
        /// Only of this kind: allowed, held, refused, outcome, approved, …
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Write the log to a folder that strangers can verify, or bring such a folder up to date (C2SP tlog-tiles).
    Export {
        /// The folder; made if it is not there.
        folder: PathBuf,
        /// Also write the bodies, decrypted, with what opens their commitments. They hold prompts and arguments,
        /// but not the states that changes found and left.
        #[arg(long)]
        with_bodies: bool,
    },
    /// Prove that an entry stands in the log (C2SP tlog-proof), or that the log begins with an older one.
    Proof(proof::Proof),
    /// Check a proof. Needs nothing but the proof and the key.
    CheckProof(proof::CheckProof),
    /// Take away what is private in an entry, for good, and in all that carry the same request, session or thing. The
    /// daemon must be stopped. In a team two people sign, and one of them neither owns nor launched what it is about.
    Redact {
        /// The entry.
        entry: u64,
        /// Why; stays readable.
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// A signing person's OpenSSH key; in a team given twice, for two people.
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
    },
    /// Verify an exported folder, or without one this home's own log. Needs no daemon; with a folder and a key, no home.
    Verify(verify::Verify),
}

impl Ledger {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        match self {
            Self::Ls { session, kind, limit } => {
                let session = session.map(|session| format!("&session={session}")).unwrap_or_default();
                let kind = kind.map(|kind| format!("&kind={kind}")).unwrap_or_default();
                let rows: Vec<LedgerRow> =
                    global.client()?.get(&format!("/v1/ledger?limit={limit}{session}{kind}"))?;
                output.show(&rows, |rows| {
                    let rows: Vec<_> = rows.iter().map(row).collect();
                    table(&["ENTRY", "TIME", "KIND", "WHAT"], &rows)
                });
            }
            Self::Export { folder, with_bodies } => export::run(global, output, &folder, with_bodies)?,
            Self::Proof(proof) => proof.run(global, output)?,
            Self::CheckProof(check) => check.run(global, output)?,
            Self::Redact { entry, reason, keys } => {
                let redacted = interlock_daemon::redact(&global.home()?, entry, |people, statement| {
                    sign::together(people, statement, &keys, &reason)
                })?;
                output.show(
                    &serde_json::json!({"entries": redacted.entries, "wiped": redacted.wiped}),
                    |_| {
                        let entries: Vec<String> = redacted.entries.iter().map(u64::to_string).collect();
                        let later = if redacted.wiped {
                            ""
                        } else {
                            "\nsomebody is reading the files: they still hold it until the next start"
                        };
                        format!("what was private is gone from entries {}{later}", entries.join(", "))
                    },
                );
            }
            Self::Verify(verify) => return verify.run(global, output),
        }
        Ok(Exit::Ok.into())
    }
}

/// What says most of an entry, in this order.
const FIRST: [&str; 12] = [
    "operation",
    "what",
    "subject",
    "ticket",
    "person",
    "agent",
    "host",
    "cause",
    "glass",
    "grant",
    "plan",
    "provider",
];

fn row(row: &LedgerRow) -> Vec<String> {
    let text =
        |name: &str| row.public.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let scope = row.public.get("scope").and_then(|scope| FreezeScope::deserialize(scope).ok());
    let what = FIRST.map(text).into_iter().chain(scope.map(|scope| scope.to_string()));
    let session = (row.kind == "attempt").then(|| text("session"));
    let redacted = row.redacted_by.map(|by| format!("redacted by entry {by}"));
    let what: Vec<String> = what.chain(session).chain(redacted).filter(|word| !word.is_empty()).collect();
    vec![row.index.to_string(), time(row.at), row.kind.clone(), visible(&what.join("  "))]
}

/// The key that is trusted: the one that is given, else this home's own.
fn trusted(global: &Global, key: Option<&str>) -> Result<NoteVerifier, Fault> {
    match key {
        Some(text) => text.trim().parse().map_err(|error| Fault::usage(format!("{error}"))),
        None => Ok(Home::open(&global.home()?).map_err(broken)?.verifier()),
    }
}

fn read(path: &std::path::Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|error| Fault::file(path, &error))
}

fn broken(error: StoreError) -> Fault {
    match &error {
        StoreError::Broken(_) | StoreError::Exported { .. } | StoreError::Held { .. } => {
            Fault::new(Exit::LedgerBroken, "ledger-broken", error.to_string())
        }
        _ => Fault::failed(error.to_string()),
    }
}

/// The witnesses of which so many must have cosigned; all, where that is not said.
fn witnesses(keys: &[String], quorum: Option<usize>) -> Result<Witnesses, Fault> {
    let keys = keys.iter().map(|key| key.parse().map_err(|error| Fault::usage(format!("{error}"))));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let quorum = quorum.unwrap_or(keys.len());
    if quorum == 0 && !keys.is_empty() {
        return Err(Fault::usage("at least one of the witnesses must have cosigned".to_owned()));
    }
    Witnesses::new(keys, quorum).map_err(|error| Fault::usage(error.to_string()))
}
