//! `interlock.toml`: what it may say, and what is in force when it says nothing.
//!
//! Unknown fields are refused, with line and column. A changed file is in force only after a person signed it.

mod attestation;
mod aws;
mod console;
mod notify;
mod oidc;
mod period;
mod recovery;
mod terraform;
mod witness;

pub use attestation::AttestationConfig;
pub use aws::{AwsConfig, AwsCredentials, Profile};
pub use console::ConsoleConfig;
pub use notify::{About, Hours, MailConfig, NotifyConfig};
pub(crate) use oidc::is_safe;
pub use oidc::{Claim, OidcConfig};
pub use period::Period;
pub use recovery::RecoveryConfig;
pub use terraform::{RehearsalConfig, TerraformConfig};
pub use witness::{WitnessAt, WitnessConfig};

use std::{collections::BTreeMap, path::PathBuf};

use interlock_flow::{Budget, EnvironmentRule, Least};
use serde::{Deserialize, Serialize};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read `{path}`: {why}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// It does not say what it may say. `why` carries line and column.
    #[error("`{path}` is not a configuration: {why}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// With line and column.
        why: String,
    },
    /// It says something that cannot be meant.
    #[error("`{path}`: {why}")]
    Sense {
        /// The file.
        path: PathBuf,
        /// What.
        why: String,
    },
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[mode]`.
    pub mode: Mode,
    /// `[aws]`.
    pub aws: AwsConfig,
    /// `[[environment]]`, first match wins.
    #[serde(rename = "environment")]
    pub environments: Vec<EnvironmentRule>,
    /// `[class.NAME]`.
    pub class: BTreeMap<String, ClassConfig>,
    /// `[budget]`.
    pub budget: Budget,
    /// `[approval]`.
    pub approval: ApprovalConfig,
    /// `[ledger]`.
    pub ledger: LedgerConfig,
    /// `[fail]`.
    pub fail: FailConfig,
    /// `[recovery]`.
    pub recovery: RecoveryConfig,
    /// `[terraform]`.
    pub terraform: TerraformConfig,
    /// `[console]`.
    pub console: ConsoleConfig,
    /// `[[notify]]`.
    pub notify: Vec<NotifyConfig>,
    /// `[egress]`.
    pub egress: EgressConfig,
    /// `[run]`.
    pub run: RunConfig,
}

/// `[mode]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mode {
    /// Whether the policy's word is carried out or only written down.
    pub enforce: Enforce,
}

/// Whether the policy's word is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Enforce {
    /// It is.
    #[default]
    Enforce,
    /// Everything is recorded and explained, nothing is held.
    Observe,
}

/// `[class.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClassConfig {
    /// `read-only`: agents of this class change nothing in production.
    pub production: Option<ClassProduction>,
}

/// What a class may do in production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassProduction {
    /// Look.
    ReadOnly,
}

/// `[approval]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApprovalConfig {
    /// How long a newly enrolled key waits before it counts.
    pub cooling_off: Period,
    /// How long a request stands.
    pub expires: Period,
    /// How long a person working alone can still cancel what they approved.
    pub solo_delay: Period,
    /// How long a change of who may approve waits where a team has only one person left who could approve it; and how long
    /// it takes to be rid of witnesses that do not answer.
    pub lone_delay: Period,
    /// The least that a key must prove, by tier.
    pub keys: Least,
    /// `[approval.attestation]`.
    pub attestation: Option<AttestationConfig>,
    /// Who may break the glass.
    pub break_glass: Vec<String>,
    /// Who may fill which quorum slot.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Which roles have to be among those who approve what a rule holds, by the rule's name.
    #[serde(default)]
    pub slots: BTreeMap<String, Vec<String>>,
}

impl ApprovalConfig {
    /// Nobody who works alone waits longer.
    pub(crate) const LONGEST_SOLO: Period = Period::days(7);

    /// INVARIANT: what is in force once decides how long it takes to change it: a wait without an end could never be taken
    /// back.
    fn sensible(&self) -> Result<(), String> {
        let bounded = [
            ("cooling_off", self.cooling_off, Period::days(30)),
            ("solo_delay", self.solo_delay, Self::LONGEST_SOLO),
            ("lone_delay", self.lone_delay, Period::days(90)),
            ("expires", self.expires, Period::days(30)),
        ];
        match bounded.into_iter().find(|(_, period, most)| period > most) {
            Some((name, period, most)) => {
                Err(format!("[approval] {name} = \"{period}\": longer than \"{most}\" cannot be meant"))
            }
            None => self.attestation.as_ref().map_or(Ok(()), AttestationConfig::sensible),
        }
    }
}

impl Default for ApprovalConfig {
    fn default() -> Self {
        Self {
            cooling_off: Period::hours(24),
            expires: Period::hours(8),
            solo_delay: Period::minutes(10),
            lone_delay: Period::days(7),
            keys: Least::default(),
            attestation: None,
            break_glass: Vec::new(),
            roles: BTreeMap::new(),
            slots: BTreeMap::new(),
        }
    }
}

/// `[ledger]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerConfig {
    /// `"before"`: a read, too, is durable before it is sent.
    pub reads: ReadsDurable,
    /// A folder, best on another machine, that every checkpoint is also written to.
    pub export: Option<PathBuf>,
    /// Who cosigns the log's head.
    pub witness: Option<WitnessConfig>,
}

/// When a read is durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadsDurable {
    /// Within 50 ms.
    #[default]
    Soon,
    /// Before it is sent.
    Before,
}

/// `[fail]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FailConfig {
    /// What becomes of reads while the ledger is unavailable.
    pub reads: FailReads,
}

/// What becomes of reads while the ledger is unavailable. Mutations are refused in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailReads {
    /// They are refused.
    #[default]
    Refuse,
    /// They pass unrecorded.
    Allow,
}

/// `[egress]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressConfig {
    /// Hosts that a confined process may reach beside the gateways; globs. An AWS host is read by the gateway all the same,
    /// unless it is named here itself: for a service that an agent runs on, spoken to with the agent's own token.
    pub allow: Vec<String>,
}

/// `[run]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunConfig {
    /// How long a session's lease runs.
    pub lease: Period,
    /// Environment variables that look like secrets and are let through all the same.
    pub pass: Vec<String>,
}

impl Default for RunConfig {
    fn default() -> Self {
        let keys = [
            "ANTHROPIC_API_KEY",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "OPENAI_API_KEY",
            "CODEX_API_KEY",
            "KIRO_API_KEY",
        ];
        Self { lease: Period::hours(8), pass: keys.map(str::to_owned).to_vec() }
    }
}

impl Config {
    /// Reads a file.
    pub fn load(path: &std::path::Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.to_owned(), why: error.to_string() })?;
        Self::parse(path, &text)
    }

    /// Reads a text; `path` is for the message.
    pub fn parse(path: &std::path::Path, text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)
            .map_err(|error| ConfigError::Syntax { path: path.to_owned(), why: error.to_string() })?;
        let sense = |why: String| ConfigError::Sense { path: path.to_owned(), why };
        for name in config.class.keys() {
            if !["observer", "builder", "operator"].contains(&name.as_str()) {
                return Err(sense(format!(
                    "there is no agent class `{name}`: observer, builder or operator"
                )));
            }
        }
        interlock_flow::Rules::new(&config.environments).map_err(|error| sense(error.to_string()))?;
        config.ledger.witness.as_ref().map(WitnessConfig::trusted).transpose().map_err(&sense)?;
        config.approval.sensible().map_err(&sense)?;
        config.console.sensible().map_err(&sense)?;
        config.notify.iter().try_for_each(NotifyConfig::sensible).map_err(&sense)?;
        // Roles that people were enrolled with come and go; one that is asked for is named here.
        let known = |role: &&String| config.approval.roles.get(*role).is_some_and(|held| !held.is_empty());
        if let Some(role) = config.approval.slots.values().flatten().find(|role| !known(role)) {
            return Err(sense(format!("[approval.slots]: `[approval.roles]` names nobody as `{role}`")));
        }
        let names: std::collections::BTreeSet<&str> =
            config.notify.iter().map(|way| way.name.as_str()).collect();
        if names.len() < config.notify.len() {
            return Err(sense("two [[notify]] have one name".to_owned()));
        }
        let stage = config.terraform.rehearsal.as_ref();
        if stage.is_some_and(|stage| {
            stage.is_at(&config.aws.upstream) && stage.credentials == config.aws.credentials
        }) {
            let why = "[terraform.rehearsal] is what `[aws]` is: a rehearsal there would be in earnest";
            return Err(sense(why.to_owned()));
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
