//! `interlock ledger verify`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use interlock_ledger::{Counted, NoteVerifier};
use interlock_store::{Home, Reader, StoreError, read_held, verify_folder};
use serde::Serialize;

use super::{broken, read, trusted};
use crate::{command::Global, exit::Exit, fault::Fault, output::Output};

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The folder.
    folder: Option<PathBuf>,
    /// What its checkpoints must be signed with; default: this home's own key.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// A checkpoint of the same log that was kept elsewhere, or a whole older copy of the folder: the log must still begin
    /// with it. May be given several times.
    #[arg(long, value_name = "FILE|FOLDER")]
    trusted: Vec<PathBuf>,
    /// A witness that is trusted. May be given several times.
    #[arg(long = "witness", value_name = "VKEY", requires = "folder")]
    witnesses: Vec<String>,
    /// How many of them must have cosigned the head; default: all.
    #[arg(long, value_name = "N", requires = "witnesses")]
    quorum: Option<usize>,
    /// The folder must hold the bodies, too: that none was erased is part of what is verified.
    #[arg(long, requires = "folder")]
    require_bodies: bool,
}

/// What was verified.
#[derive(Debug, Serialize)]
struct Verified {
    verdict: &'static str,
    origin: String,
    entries: u64,
    root: String,
    checkpoints: u64,
    redacted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bodies: Option<Counted>,
    witnesses: Vec<String>,
}

/// What is wrong.
#[derive(Debug, Serialize)]
struct Wrong {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    message: String,
}

impl Verify {
    pub(super) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let json = output.json;
        let verified = match &self.folder {
            Some(_) => self.folder(global)?,
            None => self.home(global)?,
        };
        match verified {
            Ok(verified) => {
                output.show(&verified, words);
                Ok(Exit::Ok.into())
            }
            Err(StoreError::Broken(wrong)) if json => {
                // A verdict is data: whoever asked for JSON gets it where the data goes.
                let (verdict, entry, message) = (wrong.name(), wrong.entry(), wrong.to_string());
                output.show(&Wrong { verdict, entry, message }, |_| String::new());
                Ok(Exit::LedgerBroken.into())
            }
            Err(error) => Err(broken(error)),
        }
    }

    /// A folder from elsewhere.
    fn folder(&self, global: &Global) -> Result<Result<Verified, StoreError>, Fault> {
        let folder = self.folder.clone().unwrap_or_default();
        let key = trusted(global, self.key.as_deref()).map_err(|fault| {
            // What the folder says of itself is a hint, and never trusted.
            match std::fs::read_to_string(folder.join("vkey")) {
                Ok(said) if self.key.is_none() => {
                    let hint = format!("compare with what you were told, then: --key {}", said.trim());
                    Fault::usage("there is no home here, so `--key` must say whom to trust").hint(hint)
                }
                _ => fault,
            }
        })?;
        let witnesses = super::witnesses(&self.witnesses, self.quorum)?;
        let mut held = Vec::new();
        for path in &self.trusted {
            match read_held(path, &key) {
                Ok(kept) => held.push(kept),
                Err(error) => return Ok(Err(error)),
            }
        }
        let report = match verify_folder(&folder, &key, &witnesses, &held) {
            Ok(report) => report,
            Err(error) => return Ok(Err(error)),
        };
        if self.require_bodies && report.bodies.absent > 0 {
            return Err(Fault::new(
                Exit::LedgerBroken,
                "no-bodies",
                format!("the bodies of {} entries are not in this folder", report.bodies.absent),
            ));
        }
        let of = |cosignature: &interlock_ledger::Cosignature| cosignature.witness.clone();
        let cosigned = report.witnesses.iter().map(of).collect();
        Ok(Ok(verified(&report.verified, Some(report.bodies), cosigned)))
    }

    /// This home's own log: every entry and checkpoint, and what is encrypted, which only the home's keys can tell.
    fn home(&self, global: &Global) -> Result<Result<Verified, StoreError>, Fault> {
        let home = Home::open(&global.home()?).map_err(broken)?;
        let own: NoteVerifier = home.verifier();
        if self.key.is_some() && trusted(global, self.key.as_deref())? != own {
            return Err(Fault::usage(format!("this home's key is another: {own}")));
        }
        let notes: Result<Vec<String>, Fault> = self
            .trusted
            .iter()
            .map(|path| read(&if path.is_dir() { path.join("checkpoint") } else { path.clone() }))
            .collect();
        let reader = Reader::open(&home).map_err(broken)?;
        Ok(reader.verify(&notes?).map(|whole| verified(&whole, None, Vec::new())))
    }
}

fn verified(whole: &interlock_ledger::Verified, bodies: Option<Counted>, witnesses: Vec<String>) -> Verified {
    Verified {
        verdict: "verifies",
        origin: whole.origin.clone(),
        entries: whole.size,
        root: interlock_action::Digest::new(whole.root).to_string(),
        checkpoints: whole.checkpoints,
        redacted: whole.redacted,
        bodies,
        witnesses,
    }
}

fn words(verified: &Verified) -> String {
    let mut lines = vec![
        format!(
            "the log verifies: {} entries, {} checkpoints, {} redacted",
            verified.entries, verified.checkpoints, verified.redacted
        ),
        format!("origin {}", verified.origin),
        format!("root   {}", verified.root),
    ];
    if let Some(bodies) = verified.bodies.filter(|bodies| bodies.private > 0) {
        let absent = if bodies.absent > 0 { ": whether they were erased, it cannot show" } else { "" };
        lines.push(format!(
            "bodies {} sealed, {} opened, {} redacted, {} not in this folder{absent}",
            bodies.sealed, bodies.opened, bodies.gone, bodies.absent
        ));
        if bodies.withheld > 0 {
            lines.push(format!("state changes of {} entries are kept back", bodies.withheld));
        }
    }
    if !verified.witnesses.is_empty() {
        lines.push(format!("cosigned by {}", verified.witnesses.join(", ")));
    }
    lines.join("\n")
}
