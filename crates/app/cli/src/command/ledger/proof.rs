//! `interlock ledger proof` and `interlock ledger check-proof`

use std::path::PathBuf;

use clap::Args;
use interlock_action::name_of;
use interlock_ledger::{Cosignature, Inclusion, Leaf, LedgerError};
use interlock_store::{Home, Query, Reader, StoredEntry};
use serde_json::json;

use super::{broken, read, trusted};
use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, time, visible},
};

#[derive(Debug, Args)]
pub(crate) struct Proof {
    /// Which entry: its index, or the id of a request or an action, whose newest entry is taken.
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    entry: Option<String>,
    /// Instead: prove that the log still begins with what this older checkpoint signs.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckProof {
    /// The proof.
    file: PathBuf,
    /// What the checkpoint must be signed with; default: this home's own key.
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// For a proof that the log begins with an older one: the older checkpoint.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// A witness that must have cosigned the checkpoint. May be given several times.
    #[arg(long = "witness", value_name = "VKEY")]
    witnesses: Vec<String>,
    /// How many of the witnesses must have; default: all.
    #[arg(long, value_name = "N", requires = "witnesses")]
    quorum: Option<usize>,
}

impl Proof {
    pub(super) fn run(&self, global: &Global, output: &Output) -> Result<(), Fault> {
        let home = Home::open(&global.home()?).map_err(broken)?;
        let reader = Reader::open(&home).map_err(broken)?;
        if let Some(from) = &self.from {
            let shown = reader.prove_consistency(&read(from)?).map_err(broken)?;
            output.show(&json!({"old": shown.old, "proof": shown.to_string()}), |_| shown.to_string());
            return Ok(());
        }
        let index = self.index(&reader, output)?;
        let proof = reader.prove(index).map_err(broken)?;
        let entry = reader.entry(index).map_err(broken)?;
        if !entry.redacted.is_empty() {
            let by = entry.redacted_by.map(|by| format!(" by entry {by}")).unwrap_or_default();
            let fields = entry.redacted.join(", ");
            output.say(&format!("entry {index} was redacted{by}: {fields} can be read no more"));
        }
        let answer = json!({
            "index": index, "kind": entry.kind, "at": entry.at, "redacted": entry.redacted,
            "redacted_by": entry.redacted_by,
            "verifier": home.verifier().to_string(), "proof": proof.to_string(),
        });
        output.show(&answer, |_| proof.to_string());
        Ok(())
    }

    fn index(&self, reader: &Reader, output: &Output) -> Result<u64, Fault> {
        let text = self.entry.as_deref().unwrap_or_default();
        if let Ok(index) = text.parse() {
            return Ok(index);
        }
        let newest = |query: Query| reader.entries(&Query { newest_first: true, ..query }).map_err(broken);
        let mut found = newest(Query { ticket: Some(text.to_owned()), ..Query::default() })?;
        found.extend(newest(Query { action: Some(text.to_owned()), ..Query::default() })?);
        let (first, others) = found
            .split_first()
            .ok_or_else(|| Fault::failed(format!("no entry names a request or an action `{text}`")))?;
        if !others.is_empty() {
            let word = |entry: &StoredEntry| format!("{} ({})", entry.index, name_of(&entry.kind));
            let others: Vec<String> = others.iter().map(word).collect();
            output.say(&format!("{} it is; others about `{text}`: {}", word(first), others.join(", ")));
        }
        Ok(first.index)
    }
}

/// A proof that proves nothing, or not what is asked.
fn proves_nothing(error: &LedgerError) -> Fault {
    Fault::new(Exit::LedgerBroken, "proves-nothing", error.to_string())
}

impl CheckProof {
    pub(super) fn run(&self, global: &Global, output: &Output) -> Result<(), Fault> {
        let key = trusted(global, self.key.as_deref())?;
        let text = read(&self.file)?;
        if let Some(from) = &self.from {
            let shown: interlock_ledger::Consistency =
                text.parse().map_err(|error| proves_nothing(&error))?;
            let (old, new) = shown.check(&read(from)?, &key).map_err(|error| proves_nothing(&error))?;
            let witnesses = self.cosigned(&shown.checkpoint)?;
            output.show(&json!({"from": old.size, "to": new.size, "witnesses": names(&witnesses)}), |_| {
                format!(
                    "the log of {} entries begins with the one of {}{}",
                    new.size,
                    old.size,
                    by(&witnesses)
                )
            });
            return Ok(());
        }
        let proof: Inclusion = text.parse().map_err(|error| proves_nothing(&error))?;
        let head = proof.check(&key).map_err(|error| proves_nothing(&error))?;
        let witnesses = self.cosigned(&proof.checkpoint)?;
        let leaf = Leaf::parse(&proof.leaf).map_err(|error| proves_nothing(&error))?;
        let answer = json!({
            "origin": head.origin, "entries": head.size, "index": proof.index, "leaf": leaf,
            "witnesses": names(&witnesses),
        });
        output.show(&answer, |_| {
            format!(
                "entry {} stands in {} ({} entries){}\n{} at {}\n{}",
                proof.index,
                head.origin,
                head.size,
                by(&witnesses),
                name_of(&leaf.kind),
                time(leaf.at),
                visible(&serde_json::to_string_pretty(&leaf.public).unwrap_or_default())
            )
        });
        Ok(())
    }

    fn cosigned(&self, checkpoint: &str) -> Result<Vec<Cosignature>, Fault> {
        let witnesses = super::witnesses(&self.witnesses, self.quorum)?;
        let found = witnesses.read(checkpoint).map_err(|error| proves_nothing(&error))?;
        if found.len() < witnesses.quorum() {
            let few =
                interlock_ledger::Broken::Unwitnessed { found: found.len(), wanted: witnesses.quorum() };
            return Err(Fault::new(Exit::LedgerBroken, few.name(), few.to_string()));
        }
        Ok(found)
    }
}

fn names(witnesses: &[Cosignature]) -> Vec<&str> {
    witnesses.iter().map(|cosignature| cosignature.witness.as_str()).collect()
}

fn by(witnesses: &[Cosignature]) -> String {
    if witnesses.is_empty() {
        String::new()
    } else {
        format!(", cosigned by {}", names(witnesses).join(", "))
    }
}
