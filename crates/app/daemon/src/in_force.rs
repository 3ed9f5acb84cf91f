//! What is in force, out of the ledger: policies, promises, the configuration.
//!
//! INVARIANT: what is compared with is what was in force: the digests in the clear say so. What does not fit them, or was
//! redacted, is not known.

use interlock_action::Digest;
use interlock_ledger::EntryKind;
use interlock_policy::{Bundle, Candidate, PolicyFile};
use interlock_store::{Query, Reader};

use crate::{
    DaemonError, HomePaths,
    config::{Config, WitnessConfig},
};

/// What people signed last; each part where it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InForce {
    /// The bundle's files.
    pub(crate) policies: Option<Vec<PolicyFile>>,
    /// The home's own promises.
    pub(crate) invariants: Vec<PolicyFile>,
    /// The configuration.
    pub(crate) config: Option<Config>,
    /// Who witnesses the log. It stands in the clear, so that nobody can have it forgotten.
    pub(crate) witness: Option<WitnessConfig>,
    /// Whether that is known.
    pub(crate) knows_witness: bool,
}

impl InForce {
    /// Reads it. `text`: the configuration as it stands in its file, which may be the one in force.
    pub(crate) fn read(reader: &Reader, paths: &HomePaths, text: Option<&str>) -> Result<Self, DaemonError> {
        let kinds = vec![EntryKind::ConfigActivated, EntryKind::PersonEnrolled];
        let entries = reader.entries(&Query { kinds, newest_first: true, ..Query::default() })?;
        let Some(entry) = entries.iter().find(|entry| entry.public.contains_key("bundle")) else {
            return Ok(Self::default());
        };
        let digest = |name: &str| {
            entry.public.get(name).and_then(|digest| serde_json::from_value::<Digest>(digest.clone()).ok())
        };
        let files = |name: &str| -> Option<Vec<PolicyFile>> {
            entry.private.get(name).and_then(|files| serde_json::from_value(files.clone()).ok())
        };
        let bundle = digest("bundle");
        let is = |files: &Vec<PolicyFile>| {
            Candidate::load(files).is_ok_and(|candidate| Some(candidate.hash()) == bundle)
        };
        // Where anything was redacted, nobody knows what else it said.
        let policies = files("policies").filter(is).or_else(|| Some(Bundle::shipped_files()).filter(is));
        let policies = policies.filter(|_| entry.redacted.is_empty());
        let config = digest("config");
        let kept = entry.private.get("configuration").and_then(serde_json::Value::as_str);
        let known = [kept, text].into_iter().flatten();
        let config = known
            .filter(|text| Some(Digest::of(text.as_bytes())) == config)
            .find_map(|text| Config::parse(&paths.config(), text).ok());
        let said = entry.public.get("witness");
        let knows_witness = said.is_some() || config.is_some();
        let witness = match said {
            Some(said) => serde_json::from_value(said.clone()).map_err(|error| {
                DaemonError::Setting(format!("who witnesses the log cannot be read: {error}"))
            })?,
            None => config.as_ref().and_then(|config| config.ledger.witness.clone()),
        };
        let invariants = files("invariants").unwrap_or_default();
        Ok(Self { policies, invariants, config, witness, knows_witness })
    }

    /// Who witnesses the log: those that people signed for last, whatever a new configuration says.
    ///
    /// INVARIANT: no file can send them away unseen.
    pub(crate) fn witness_or(&self, config: &Config) -> Option<WitnessConfig> {
        if self.knows_witness { self.witness.clone() } else { config.ledger.witness.clone() }
    }
}
