//! The policy of a home: what stands in its folder, what is in force, and how the one takes the place of the other.
//!
//! Whether a bundle may come into force is not decided here: a review is handed in, made with a solver where there is one
//! (ADR-0007). What it found is shown before anybody signs, and its digest is part of what they sign. At a start no solver
//! is needed: a bundle whose digest people signed is the one they were shown.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use interlock_action::{Digest, Millis, PersonId, digest_of};
use interlock_approval::{Person, Statement};
use interlock_flow::{Clock as _, ConfigStamp, Event, Journal as _, Memory, Record};
use interlock_ledger::{Entry, EntryKind};
use interlock_policy::{Bundle, Candidate, PolicyFile};
use interlock_store::{Home, Reader, Store};

use crate::{
    DaemonError, HomePaths,
    clock::System,
    config::{ApprovalConfig, Config, WitnessConfig},
    dismissal,
    home::runtime,
    in_force::InForce,
    signed::{SignedStatements, check_signed, enrolled, names, signatures},
    witness as seen,
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
    /// Files of promises that are in force and would not be any more, or would say something else.
    pub given_up: Vec<String>,
    /// Tables of the configuration that would say something else; nothing is known of the one in force where it is `None`.
    pub reconfigured: Option<Vec<String>>,
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
    let reader = Reader::open(&Home::open(root)?)?;
    Ok(InForce::read(&reader, &HomePaths::of(root), None)?.policies)
}

/// The files of a home as they stand.
#[derive(PartialEq)]
struct Files {
    folder: PolicyFolder,
    candidate: Vec<PolicyFile>,
    text: String,
    parsed: Config,
    config: Digest,
    bundle: Digest,
}

impl Files {
    fn read(root: &Path) -> Result<Self, DaemonError> {
        let paths = HomePaths::of(root);
        let folder = PolicyFolder::read(&paths.policies())?;
        let candidate = folder.bundle();
        let text = configuration(&paths)?;
        let parsed = Config::parse(&paths.config(), &text)?;
        let bundle = Candidate::load(&candidate).map_err(|error| DaemonError::Policy(error.to_string()))?;
        let (config, bundle) = (Digest::of(text.as_bytes()), bundle.hash());
        Ok(Self { folder, candidate, text, parsed, config, bundle })
    }

    /// What is to change, as a review is shown it.
    fn pending(&self, force: &InForce) -> Pending {
        let kept = |file: &&PolicyFile| !self.folder.invariants.contains(file);
        Pending {
            in_force: force.policies.clone(),
            candidate: self.candidate.clone(),
            invariants: self.folder.invariants.clone(),
            given_up: force.invariants.iter().filter(kept).map(|file| file.name.clone()).collect(),
            reconfigured: force.config.as_ref().map(|have| differing(have, &self.parsed)),
        }
    }
}

/// The configuration's text.
pub(crate) fn configuration(paths: &HomePaths) -> Result<String, DaemonError> {
    std::fs::read_to_string(paths.config())
        .map_err(|error| DaemonError::File(paths.config(), error.to_string()))
}

/// The tables in which two configurations differ.
fn differing(one: &Config, other: &Config) -> Vec<String> {
    let table = |config: &Config| match serde_json::to_value(config) {
        Ok(serde_json::Value::Object(tables)) => tables,
        _ => serde_json::Map::new(),
    };
    let (before, after) = (table(one), table(other));
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let mut found: Vec<String> =
        names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect();
    if found.is_empty() && one != other {
        found.push("something".to_owned());
    }
    found
}

/// How long one person who works alone waits for what weakens, once there is an agent. INVARIANT: it is the delay in force
/// that counts, not one that is itself new.
fn solo_delay(memory: &Memory, now: Millis) -> Option<Duration> {
    let usual = ApprovalConfig::default().solo_delay.millis();
    let delay = memory.config.as_ref().and_then(|stamp| stamp.solo_delay).unwrap_or(usual);
    // Older versions took any; one that never ends could not be taken back.
    let delay = delay.min(ApprovalConfig::LONGEST_SOLO.millis());
    let waits = delay > 0 && memory.solo(now) && !memory.agents.is_empty();
    waits.then_some(Duration::from_millis(delay))
}

/// Puts the files as they stand in force, reviewed, and signed by a person, in a team by two. `review` is given what is to
/// change, before anybody signs. `sign` is given the enrolled people and what makes the statement for a signer and their
/// words. Of a person who works alone, what weakens waits, and so does another configuration: `wait` returns when the time
/// is over, or says why it is not to be. Where witnesses are in force, both wait until they have seen that it was signed;
/// `without_witnesses` is the slow way where they do not answer. New witnesses come into force once they have seen it.
///
/// # Errors
/// What the review does not admit, signatures that do not count, files that change while it waits, a home that cannot be
/// read or written.
pub fn apply<R, S, W>(
    root: &Path,
    without_witnesses: bool,
    review: R,
    sign: S,
    wait: W,
) -> Result<ConfigStamp, DaemonError>
where
    R: FnOnce(&Pending) -> Result<Reviewed, String>,
    S: FnOnce(&[Person], &dyn Fn(&PersonId, &str) -> Statement) -> Result<SignedStatements, String>,
    W: FnOnce(Duration) -> Result<(), String>,
{
    let now = System.now();
    let home = Home::open(root)?;
    let paths = HomePaths::of(root);
    let files = Files::read(root)?;
    let force = InForce::read(&Reader::open(&home)?, &paths, Some(&files.text))?;
    let witness = force.witness_or(&files.parsed)?;
    let open = |witness: Option<&WitnessConfig>| -> Result<Arc<Store>, DaemonError> {
        let store = Store::open(&home, &seen::options(witness)?)?;
        let found = InForce::read(store.reader(), &paths, Some(&files.text))?;
        let again = Files::read(root)?;
        if found == force && again == files {
            Ok(Arc::new(store))
        } else {
            Err(DaemonError::NotApplied("the files changed while it waited".to_owned()))
        }
    };
    let mut store = open(witness.as_ref())?;
    let pending = files.pending(&force);
    let reviewed = review(&pending).map_err(DaemonError::NotApplied)?;
    if !reviewed.admissible {
        return Err(DaemonError::NotAdmissible(reviewed.words));
    }
    // Of a configuration nobody can prove that it weakens nothing.
    let weakens = reviewed.weakens || pending.reconfigured.as_ref().is_none_or(|tables| !tables.is_empty());
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
        let delay = solo_delay(&memory, now).filter(|_| weakens);
        (check_signed(&memory, &signed, &statement, now)?, delay)
    };
    if let Some(delay) = delay {
        // Others may use the home meanwhile: a freeze must not have to wait for this.
        drop(store);
        wait(delay).map_err(DaemonError::NotApplied)?;
        store = open(witness.as_ref())?;
        let memory = store.memory().read().unwrap_or_else(PoisonError::into_inner);
        signers = check_signed(&memory, &signed, &statement, System.now())?;
    }
    let by = names(&signers);
    let entry = approval(digest, &by, &reviewed, &signed);
    let slow = without_witnesses && weakens && witness.is_some();
    let announced =
        if slow { Some(dismissal::due(&store, &force, digest, &signers, &signed)?) } else { None };
    let asked = witness.as_ref().filter(|_| weakens && announced.is_none());
    let new = files.parsed.ledger.witness.as_ref();
    let new = new.filter(|_| force.witness != files.parsed.ledger.witness);
    let store = seen_by_both(store, entry, asked, new, open)?;
    let (stamp, mut record) = activation(&files, &reviewed, weakens, by, &signed);
    if let Some(announced) = announced {
        record.entry = record.entry.public("without_witnesses", true).public("announced", announced);
    }
    runtime()?.block_on(store.commit(record)).map_err(|error| DaemonError::Store(error.to_string()))?;
    Ok(stamp)
}

/// What witnesses are shown: that people signed it.
fn approval(digest: Digest, by: &str, reviewed: &Reviewed, signed: &[(Statement, String)]) -> Entry {
    Entry::new(EntryKind::Approved, System.now())
        .public("operation", "interlock:policy-apply")
        .public("digest", digest)
        .public("by", by)
        .private("found", &reviewed.words)
        .private("signatures", signatures(signed))
}

/// Has witnesses see that it was signed: those in force, and those that are to be.
///
/// INVARIANT: nobody comes into force as a witness who has not cosigned this log once: of somebody who is not there
/// nothing could ever be changed again.
fn seen_by_both(
    store: Arc<Store>,
    entry: Entry,
    in_force: Option<&WitnessConfig>,
    new: Option<&WitnessConfig>,
    open: impl Fn(Option<&WitnessConfig>) -> Result<Arc<Store>, DaemonError>,
) -> Result<Arc<Store>, DaemonError> {
    if in_force.is_none() && new.is_none() {
        return Ok(store);
    }
    let runtime = runtime()?;
    let receipt = runtime.block_on(seen::written(&store, entry))?;
    if let Some(witness) = in_force {
        runtime.block_on(seen::reached(&store, witness, &receipt)).map_err(DaemonError::Unwitnessed)?;
    }
    let Some(witness) = new else { return Ok(store) };
    drop(store);
    let store = open(Some(witness))?;
    let reached = runtime.block_on(seen::reached(&store, witness, &receipt));
    reached
        .map_err(|far| DaemonError::Unwitnessed(format!("of those that are to witness the log, {far}")))?;
    Ok(store)
}

/// What is written down when files come into force.
fn activation(
    files: &Files,
    reviewed: &Reviewed,
    weakens: bool,
    by: String,
    signed: &[(Statement, String)],
) -> (ConfigStamp, Record) {
    let stamp = ConfigStamp {
        config: files.config,
        bundle: files.bundle,
        by,
        solo_delay: Some(files.parsed.approval.solo_delay.millis()),
    };
    let entry = Entry::new(EntryKind::ConfigActivated, System.now())
        .public("config", stamp.config)
        .public("bundle", stamp.bundle)
        .public("by", &stamp.by)
        .public("review", reviewed.digest)
        .public("weakens", weakens)
        .public("witness", &files.parsed.ledger.witness)
        .private("found", &reviewed.words)
        .private("policies", &files.candidate)
        .private("configuration", &files.text)
        .private("invariants", &files.folder.invariants)
        .private("reason", signed.first().map(|(statement, _)| &statement.reason))
        .private("signatures", signatures(signed));
    let events = vec![Event::Config { stamp: stamp.clone() }];
    (stamp, Record { entry, events, guards: Vec::new() })
}
