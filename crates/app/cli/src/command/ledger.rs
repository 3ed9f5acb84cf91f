//! `interlock ledger`

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use interlock_daemon::api::LedgerRow;
use interlock_store::{Home, Reader, StoreError, verify_folder};
use serde::Serialize;

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
    /// Write the log to a folder that can be verified elsewhere.
    Export {
        /// The folder; made if it is not there.
        folder: PathBuf,
        /// Also write the bodies, decrypted, with what opens their commitments. They hold prompts and arguments.
        #[arg(long)]
        with_bodies: bool,
    },
    /// Take away what is private in an entry, for good, and in all that carry the same request or session. The daemon
    /// must be stopped. In a team two people sign, and one of them neither owns nor launched what it is about.
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
    /// Verify an exported folder, or without one this home's own log. Needs no daemon.
    Verify {
        /// The folder.
        folder: Option<PathBuf>,
        /// What its checkpoints must be signed with; default: this home's own key.
        #[arg(long, value_name = "KEY")]
        verifier: Option<String>,
        /// Checkpoints that were kept elsewhere: the log must still contain them. May be given several times.
        #[arg(long = "checkpoint", value_name = "FILE")]
        checkpoints: Vec<PathBuf>,
    },
}

/// What was verified.
#[derive(Debug, Serialize)]
struct Verified {
    origin: String,
    entries: u64,
    root: String,
    checkpoints: u64,
    redacted: u64,
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
            Self::Export { folder, with_bodies } => {
                let home = Home::open(&global.home()?).map_err(broken)?;
                let reader = Reader::open(&home).map_err(broken)?;
                let exported = reader.export(&folder, with_bodies).map_err(broken)?;
                let answer = serde_json::json!({
                    "folder": folder, "entries": exported.entries, "checkpoints": exported.checkpoints,
                    "verifier": home.verifier().to_string(),
                });
                output.show(&answer, |_| {
                    format!(
                        "{} entries, {} checkpoints in {}\nverify anywhere: interlock ledger verify {} --verifier {}",
                        exported.entries,
                        exported.checkpoints,
                        folder.display(),
                        folder.display(),
                        home.verifier()
                    )
                });
            }
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
            Self::Verify { folder, verifier, checkpoints } => {
                let verified = verify(global, folder, verifier, &checkpoints)?;
                output.show(&verified, |verified| {
                    format!(
                        "the log verifies: {} entries, {} checkpoints, {} redacted\norigin {}\nroot   {}",
                        verified.entries,
                        verified.checkpoints,
                        verified.redacted,
                        verified.origin,
                        verified.root
                    )
                });
            }
        }
        Ok(Exit::Ok.into())
    }
}

fn row(row: &LedgerRow) -> Vec<String> {
    let text =
        |name: &str| row.public.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
    let what =
        [text("operation"), text("ticket"), text("person"), text("agent"), text("host"), text("cause")];
    let what: Vec<String> = what.into_iter().filter(|word| !word.is_empty()).collect();
    vec![row.index.to_string(), time(row.at), row.kind.clone(), visible(&what.join("  "))]
}

fn verify(
    global: &Global,
    folder: Option<PathBuf>,
    verifier: Option<String>,
    checkpoints: &[PathBuf],
) -> Result<Verified, Fault> {
    let held: Result<Vec<String>, Fault> = checkpoints
        .iter()
        .map(|path| std::fs::read_to_string(path).map_err(|error| Fault::file(path, &error)))
        .collect();
    let held = held?;
    let key = match &verifier {
        Some(text) => {
            text.parse().map_err(|error| Fault::usage(format!("`{text}` is no verifier key: {error}")))?
        }
        None => Home::open(&global.home()?).map_err(broken)?.verifier(),
    };
    let own;
    let folder: &Path = match &folder {
        Some(folder) => folder,
        None => {
            own = Scratch::new()?;
            let home = Home::open(&global.home()?).map_err(broken)?;
            let reader = Reader::open(&home).map_err(broken)?;
            // What leaves the house closed is opened here: only the home's key can tell that it still opens.
            reader.open_bodies().map_err(broken)?;
            reader.export(&own.0, false).map_err(broken)?;
            &own.0
        }
    };
    let verified = verify_folder(folder, &key, &held).map_err(broken)?;
    Ok(Verified {
        origin: verified.origin,
        entries: verified.size,
        root: interlock_action::Digest::new(verified.root).to_string(),
        checkpoints: verified.checkpoints,
        redacted: verified.redacted,
    })
}

fn broken(error: StoreError) -> Fault {
    match &error {
        StoreError::Broken(_) | StoreError::Exported { .. } => {
            Fault::new(Exit::LedgerBroken, "ledger-broken", error.to_string())
        }
        _ => Fault::failed(error.to_string()),
    }
}

/// A folder that is gone when it is no longer needed.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Fault> {
        let path = std::env::temp_dir().join(format!("interlock-verify-{}", std::process::id()));
        std::fs::create_dir_all(&path).map_err(|error| Fault::file(&path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
