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
    /// Whether anybody has ever witnessed the log.
    pub(crate) was_witnessed: bool,
    /// The entry that says it.
    pub(crate) since: u64,
}

impl InForce {
    /// Reads it. `text`: the configuration as it stands in its file, which may be the one in force.
    pub(crate) fn read(reader: &Reader, paths: &HomePaths, text: Option<&str>) -> Result<Self, DaemonError> {
        let kinds = vec![EntryKind::ConfigActivated, EntryKind::PersonEnrolled];
        let entries = reader.entries(&Query { kinds, newest_first: true, ..Query::default() })?;
        let Some(entry) = entries.iter().find(|entry| entry.public.contains_key("bundle")) else {
            return Ok(Self { was_witnessed: reader.is_witnessed()?, ..Self::default() });
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
        let (was_witnessed, since) = (reader.is_witnessed()?, entry.index);
        Ok(Self { policies, invariants, config, witness, knows_witness, was_witnessed, since })
    }

    /// Who witnesses the log: those that people signed for last, whatever a new configuration says. Where that is not
    /// known, as older versions did not write it down, it is what the configuration says as long as nobody ever has.
    ///
    /// INVARIANT: no file can send them away unseen.
    pub(crate) fn witness_or(&self, config: &Config) -> Result<Option<WitnessConfig>, DaemonError> {
        match (self.knows_witness, self.was_witnessed) {
            (true, _) => Ok(self.witness.clone()),
            (false, false) => Ok(config.ledger.witness.clone()),
            (false, true) => Err(DaemonError::NotApplied(
                "the log was witnessed, and an older version did not write down by whom: put `interlock.toml` back as \
                 people signed it, apply that once, and change it then"
                    .to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn witnesses_that_nobody_wrote_down_are_not_sent_away_by_a_file() {
        let (without, known) = (Config::default(), InForce { knows_witness: true, ..InForce::default() });
        assert!(InForce::default().witness_or(&without).unwrap().is_none());
        let upgraded = InForce { was_witnessed: true, ..InForce::default() };
        assert!(upgraded.witness_or(&without).is_err());
        assert!(InForce { was_witnessed: true, ..known }.witness_or(&without).is_ok());
    }
}
