//! The policy of a home: what stands in its folder, what is in force, and how the one takes the place of the other.
//!
//! Whether a bundle may come into force is not decided here: a review is handed in, made with a solver where there is one
//! (ADR-0007). What it found is shown before anybody signs, and its digest is part of what they sign. At a start no solver
//! is needed: a bundle whose digest people signed is the one they were shown.

use std::{path::Path, sync::PoisonError, time::Duration};

use interlock_action::{Digest, Millis, PersonId, digest_of};
use interlock_approval::{Person, Statement};
use interlock_flow::{Clock as _, ConfigStamp, Event, Journal as _, Memory, Record};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::{Bundle, Candidate, PolicyFile};
use interlock_store::{Home, Options, Query, Reader, Store};

use crate::{
    DaemonError, HomePaths,
    clock::System,
    config::{ApprovalConfig, Config},
    home::{SignedStatements, check_signed, enrolled, names, runtime},
};

/// A folder of policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFolder {
    /// `*.cedar`, laid over the shipped bundle: a file of a shipped file's name stands in its place.
    pub files: Vec<PolicyFile>,
    /// `invariants/*.cedar`, proved beside the shipped invariants.
    pub invariants: Vec<PolicyFile>,
}

impl PolicyFolder {
    /// Reads a folder; one that is not there is empty.
    ///
    /// # Errors
    /// Files that cannot be read.
    pub fn read(folder: &Path) -> Result<Self, DaemonError> {
        Ok(Self { files: cedar(folder)?, invariants: cedar(&folder.join("invariants"))? })
    }

    /// The whole bundle.
    pub fn bundle(&self) -> Vec<PolicyFile> {
        Bundle::files_under(&self.files)
    }
}

/// `*.cedar` of a folder, in the order of their names.
fn cedar(folder: &Path) -> Result<Vec<PolicyFile>, DaemonError> {
    let fault = |error: std::io::Error| DaemonError::File(folder.to_owned(), error.to_string());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.extension().is_some_and(|extension| extension == "cedar") {
            names.push(path);
        }
    }
    names.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| DaemonError::File(path.clone(), error.to_string()))?;
        Ok(PolicyFile::new(path.file_name().unwrap_or_default().to_string_lossy(), text))
    };
    names.into_iter().map(read).collect()
}

/// What is to come into force, beside what is.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The bundle in force; nothing where the ledger kept only its digest.
    pub in_force: Option<Vec<PolicyFile>>,
    /// The bundle that is to take its place.
    pub candidate: Vec<PolicyFile>,
    /// The home's own invariants.
    pub invariants: Vec<PolicyFile>,
}

/// What a review found.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// Whether people may put it in force by signing.
    pub admissible: bool,
    /// Whether it may allow what the bundle in force does not.
    pub weakens: bool,
    /// Of everything that was found; people sign it.
    pub digest: Digest,
    /// What was found, in words.
    pub words: String,
}

/// The bundle in force, out of the ledger; nothing where only its digest was kept. No lock is needed.
///
/// # Errors
/// A home that cannot be read.
pub fn in_force(root: &Path) -> Result<Option<Vec<PolicyFile>>, DaemonError> {
    kept(&Reader::open(&Home::open(root)?)?)
}

fn kept(reader: &Reader) -> Result<Option<Vec<PolicyFile>>, DaemonError> {
    let kinds = vec![EntryKind::ConfigActivated, EntryKind::PersonEnrolled];
    let entries = reader.entries(&Query { kinds, newest_first: true, ..Query::default() })?;
    let Some(entry) = entries.iter().find(|entry| entry.public.contains_key("bundle")) else {
        return Ok(None);
    };
    let digest =
        entry.public.get("bundle").and_then(|digest| serde_json::from_value::<Digest>(digest.clone()).ok());
    let is = |files: &Vec<PolicyFile>| {
        Candidate::load(files).is_ok_and(|candidate| Some(candidate.hash()) == digest)
    };
    let kept = entry.private.get("policies").and_then(|files| serde_json::from_value(files.clone()).ok());
    // INVARIANT: what is compared with is what was in force: its digest says so.
    Ok(kept.filter(is).or_else(|| Some(Bundle::shipped_files()).filter(is)))
}

/// The files of a home as they stand.
struct Files {
    folder: PolicyFolder,
    candidate: Vec<PolicyFile>,
    config: Digest,
    bundle: Digest,
    delay: Millis,
}

impl Files {
    fn read(root: &Path) -> Result<Self, DaemonError> {
        let paths = HomePaths::of(root);
        let folder = PolicyFolder::read(&paths.policies())?;
        let candidate = folder.bundle();
        let text = std::fs::read(paths.config())
            .map_err(|error| DaemonError::File(paths.config(), error.to_string()))?;
        let delay = Config::load(&paths.config())?.approval.solo_delay.millis();
        let bundle = Candidate::load(&candidate).map_err(|error| DaemonError::Policy(error.to_string()))?;
        Ok(Self { folder, candidate, config: Digest::of(&text), bundle: bundle.hash(), delay })
    }

    /// How long one person who works alone waits for what `weakens`, and for any other configuration: what its settings
    /// are worth no review has compared. INVARIANT: it is the delay in force that counts, not one that is itself new.
    fn delay(&self, memory: &Memory, weakens: bool) -> Option<Duration> {
        let stamp = memory.config.as_ref();
        let usual = ApprovalConfig::default().solo_delay.millis();
        let delay = stamp.and_then(|stamp| stamp.solo_delay).unwrap_or(usual);
        let other = stamp.is_none_or(|stamp| stamp.config != self.config);
        (delay > 0 && (weakens || other)).then_some(Duration::from_millis(delay))
    }
}

/// Puts the files as they stand in force, reviewed, and signed by a person, in a team by two. `review` is given what is to
/// change, before anybody signs. `sign` is given the enrolled people and what makes the statement for a signer and their
/// words. Of a person who works alone, what weakens waits, and so does another configuration: `wait` returns when the time is over, or says why it is not to
/// be.
///
/// # Errors
/// What the review does not admit, signatures that do not count, files that change while it waits, a home that cannot be
/// read or written.
pub fn apply<R, S, W>(root: &Path, review: R, sign: S, wait: W) -> Result<ConfigStamp, DaemonError>
where
    R: FnOnce(&Pending) -> Result<Reviewed, String>,
    S: FnOnce(&[Person], &dyn Fn(&PersonId, &str) -> Statement) -> Result<SignedStatements, String>,
    W: FnOnce(Duration) -> Result<(), String>,
{
    let now = System.now();
    let home = Home::open(root)?;
    let files = Files::read(root)?;
    let mut store = Store::open(&home, &Options::default())?;
    let pending = Pending {
        in_force: kept(store.reader())?,
        candidate: files.candidate.clone(),
        invariants: files.folder.invariants.clone(),
    };
    let reviewed = review(&pending).map_err(DaemonError::NotApplied)?;
    if !reviewed.admissible {
        return Err(DaemonError::NotAdmissible(reviewed.words));
    }
    let people = enrolled(&store);
    let digest = digest_of("interlock config v2", &(&files.config, &files.bundle, &reviewed.digest))
        .map_err(|error| DaemonError::Key(error.to_string()))?;
    let statement = |person: &PersonId, reason: &str| Statement {
        verb: "policy-apply".to_owned(),
        subject: "interlock.toml".to_owned(),
        digest,
        person: person.clone(),
        reason: reason.to_owned(),
        // The digest is of the files themselves: signing the same files twice puts the same files in force.
        nonce: now.to_string(),
    };
    let signed = sign(&people, &statement).map_err(DaemonError::Key)?;
    let (mut signers, delay) = {
        let memory = store.memory().read().unwrap_or_else(PoisonError::into_inner);
        let delay = files.delay(&memory, reviewed.weakens).filter(|_| memory.solo(now));
        (check_signed(&memory, &signed, &statement, now)?, delay)
    };
    if let Some(delay) = delay {
        // Others may use the home meanwhile: a freeze must not have to wait for this.
        drop(store);
        wait(delay).map_err(DaemonError::NotApplied)?;
        store = Store::open(&home, &Options::default())?;
        let again = Files::read(root)?;
        let same = (again.config, again.bundle) == (files.config, files.bundle)
            && again.folder == files.folder
            && kept(store.reader())? == pending.in_force;
        if !same {
            return Err(DaemonError::NotApplied("the files changed while it waited".to_owned()));
        }
        let memory = store.memory().read().unwrap_or_else(PoisonError::into_inner);
        signers = check_signed(&memory, &signed, &statement, System.now())?;
    }
    let stamp = ConfigStamp {
        config: files.config,
        bundle: files.bundle,
        by: names(&signers),
        solo_delay: Some(files.delay),
    };
    let signatures: Vec<&String> = signed.iter().map(|(_, signature)| signature).collect();
    let entry = Entry::new(EntryKind::ConfigActivated, System.now())
        .public("config", stamp.config)
        .public("bundle", stamp.bundle)
        .public("by", &stamp.by)
        .public("review", reviewed.digest)
        .public("weakens", reviewed.weakens)
        .private("found", &reviewed.words)
        .private("policies", &files.candidate)
        .private("invariants", &pending.invariants)
        .private("reason", signed.first().map(|(statement, _)| &statement.reason))
        .private("signatures", &signatures);
    let record = Record { entry, events: vec![Event::Config { stamp: stamp.clone() }], guards: Vec::new() };
    runtime()?.block_on(store.commit(record)).map_err(|error| DaemonError::Store(error.to_string()))?;
    Ok(stamp)
}
