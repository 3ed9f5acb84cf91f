//! Which environment a target belongs to, by the configuration's rules.
//!
//! First match wins; keys are ANDed, list values ORed, globs allowed; what no rule matches is production.

use std::collections::{BTreeMap, BTreeSet};

use globset::{GlobBuilder, GlobMatcher};
use interlock_action::{AccountId, Action, EnvironmentName, Kind, Relation, Target, name_of};
use serde::{Deserialize, Serialize};

/// The environment that everything belongs to which no rule classifies.
pub const PRODUCTION: &str = "production";

/// One or many texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Many {
    /// One.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl Many {
    fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Any(texts) => texts,
        }
    }
}

/// What a rule matches on. Every key given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// Account ids.
    pub account: Option<Many>,
    /// Regions.
    pub region: Option<Many>,
    /// Names, the last part of an ARN.
    pub name: Option<Many>,
    /// Kinds, by the closed list's names.
    pub kind: Option<Many>,
    /// Services, as in ARNs: `rds`.
    pub service: Option<Many>,
    /// Tags by key.
    #[serde(default)]
    pub tag: BTreeMap<String, Many>,
}

/// `[[environment]]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRule {
    /// The environment.
    pub name: EnvironmentName,
    /// What belongs to it.
    #[serde(rename = "match")]
    pub matches: Match,
}

/// `[budget]`: how many destroys an agent has outside what it made, before a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// In an hour.
    pub destroys_per_hour: u32,
    /// In a day.
    pub destroys_per_day: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { destroys_per_hour: 3, destroys_per_day: 10 }
    }
}

/// A rule that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// A pattern that is no glob.
    #[error("`{pattern}` is not a pattern: {why}")]
    Pattern {
        /// As written.
        pattern: String,
        /// What is wrong.
        why: String,
    },
    /// A rule that says nothing would swallow everything after it.
    #[error("the rule for environment `{0}` matches on nothing")]
    Empty(EnvironmentName),
}

#[derive(Debug)]
struct Compiled {
    name: EnvironmentName,
    account: Option<Vec<GlobMatcher>>,
    region: Option<Vec<GlobMatcher>>,
    resource: Option<Vec<GlobMatcher>>,
    kind: Option<Vec<GlobMatcher>>,
    service: Option<Vec<GlobMatcher>>,
    tag: BTreeMap<String, Vec<GlobMatcher>>,
}

/// What is known of a thing that is to be classified.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its account.
    pub account: Option<&'a str>,
    /// Its region.
    pub region: Option<&'a str>,
    /// Its name.
    pub name: Option<&'a str>,
    /// Its kind.
    pub kind: Kind,
    /// Its service.
    pub service: &'a str,
    /// Its tags; `None` when they could not be read.
    pub tags: Option<&'a BTreeMap<String, String>>,
}

/// An environment, and whether everything that was asked about was known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The environment.
    pub environment: EnvironmentName,
    /// False when a rule asked for something unknown: then it must not be remembered.
    pub certain: bool,
}

/// The compiled rules.
#[derive(Debug)]
pub struct Rules {
    rules: Vec<Compiled>,
    tag_keys: BTreeSet<String>,
    reads_names: bool,
}

/// Whether the rules call something production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// A production rule matches.
    Yes,
    /// A production rule might match: something it asks about is unknown.
    Perhaps,
    /// Another rule matches first, or none.
    No,
}

/// Whether a key matches: yes, no, or nobody knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hit {
    Yes,
    No,
    Unknown,
}

impl Rules {
    /// Compiles the rules.
    pub fn new(rules: &[EnvironmentRule]) -> Result<Self, RuleError> {
        let compiled = rules.iter().map(compile).collect::<Result<Vec<_>, _>>()?;
        let tag_keys = compiled.iter().flat_map(|rule| rule.tag.keys().cloned()).collect();
        let reads_names = compiled.iter().any(|rule| rule.resource.is_some());
        Ok(Self { rules: compiled, tag_keys, reads_names })
    }

    /// No rules: everything is production.
    pub fn none() -> Self {
        Self { rules: Vec::new(), tag_keys: BTreeSet::new(), reads_names: false }
    }

    /// Whether any rule reads this tag.
    pub fn reads_tag(&self, key: &str) -> bool {
        self.tag_keys.contains(key)
    }
    /// Whether any rule reads tags at all.
    pub fn reads_tags(&self) -> bool {
        !self.tag_keys.is_empty()
    }
    /// Whether any rule reads names.
    pub fn reads_names(&self) -> bool {
        self.reads_names
    }

    /// The environment of a thing.
    ///
    /// INVARIANT: what is unknown never relaxes: a production rule that might match does, any other that might does not.
    pub fn classify(&self, subject: &Subject<'_>) -> Classification {
        let mut certain = true;
        for rule in &self.rules {
            match rule.hit(subject) {
                Hit::Yes => return Classification { environment: rule.name.clone(), certain },
                Hit::No => {}
                Hit::Unknown => {
                    certain = false;
                    if rule.name.as_str() == PRODUCTION {
                        return Classification { environment: rule.name.clone(), certain };
                    }
                }
            }
        }
        Classification { environment: PRODUCTION.into(), certain }
    }

    /// Whether the rules say of a thing that it is production. What no rule says anything about is none here.
    pub(crate) fn production(&self, subject: &Subject<'_>) -> Says {
        for rule in &self.rules {
            match (rule.hit(subject), rule.name.as_str() == PRODUCTION) {
                (Hit::Yes, true) => return Says::Yes,
                (Hit::Yes, false) => return Says::No,
                (Hit::Unknown, true) => return Says::Perhaps,
                (Hit::Unknown, false) | (Hit::No, _) => {}
            }
        }
        Says::No
    }

    /// Whether a production rule that goes by names matches.
    pub(crate) fn production_by_name(&self, subject: &Subject<'_>) -> bool {
        let names = |rule: &&Compiled| rule.name.as_str() == PRODUCTION && rule.resource.is_some();
        self.rules.iter().filter(names).any(|rule| rule.hit(subject) == Hit::Yes)
    }

    /// Whether a production rule that goes by names matches or might, were the name known.
    pub(crate) fn perhaps_production_by_name(&self, subject: &Subject<'_>) -> bool {
        let names = |rule: &&Compiled| rule.name.as_str() == PRODUCTION && rule.resource.is_some();
        self.rules.iter().filter(names).any(|rule| rule.hit(subject) != Hit::No)
    }

    /// The strictest environment that anything in an account may belong to: where its identities belong.
    pub fn strictest(&self, account: Option<&str>) -> EnvironmentName {
        for rule in &self.rules {
            if any(&rule.account, account) == Hit::No {
                continue;
            }
            if rule.name.as_str() == PRODUCTION {
                return PRODUCTION.into();
            }
            if rule.only_account() && account.is_some() {
                return rule.name.clone();
            }
        }
        PRODUCTION.into()
    }
}

impl Compiled {
    fn hit(&self, subject: &Subject<'_>) -> Hit {
        let kind = name_of(&subject.kind);
        let mut hits = vec![
            any(&self.account, subject.account),
            any(&self.region, subject.region),
            any(&self.resource, subject.name),
            any(&self.kind, Some(&kind)),
            any(&self.service, Some(subject.service)),
        ];
        for (key, globs) in &self.tag {
            hits.push(match subject.tags {
                None => Hit::Unknown,
                Some(tags) => match tags.get(key) {
                    Some(value) if globs.iter().any(|glob| glob.is_match(value)) => Hit::Yes,
                    _ => Hit::No,
                },
            });
        }
        if hits.contains(&Hit::No) {
            Hit::No
        } else if hits.contains(&Hit::Unknown) {
            Hit::Unknown
        } else {
            Hit::Yes
        }
    }

    fn only_account(&self) -> bool {
        self.account.is_some()
            && self.region.is_none()
            && self.resource.is_none()
            && self.kind.is_none()
            && self.service.is_none()
            && self.tag.is_empty()
    }
}

fn any(globs: &Option<Vec<GlobMatcher>>, value: Option<&str>) -> Hit {
    match (globs, value) {
        (None, _) => Hit::Yes,
        (Some(_), None) => Hit::Unknown,
        (Some(globs), Some(value)) if globs.iter().any(|glob| glob.is_match(value)) => Hit::Yes,
        _ => Hit::No,
    }
}

fn compile(rule: &EnvironmentRule) -> Result<Compiled, RuleError> {
    let m = &rule.matches;
    // A rule that tightens takes a name in any case; one that relaxes takes it only as it is written.
    let globs = |many: &Many| globs(many, rule.name.as_str() == PRODUCTION);
    let keys = [&m.account, &m.region, &m.name, &m.kind, &m.service];
    if keys.iter().all(|key| key.is_none()) && m.tag.is_empty() {
        return Err(RuleError::Empty(rule.name.clone()));
    }
    let list = |many: &Option<Many>| many.as_ref().map(&globs).transpose();
    Ok(Compiled {
        name: rule.name.clone(),
        account: list(&m.account)?,
        region: list(&m.region)?,
        resource: list(&m.name)?,
        kind: list(&m.kind)?,
        service: list(&m.service)?,
        tag: m.tag.iter().map(|(k, v)| Ok((k.clone(), globs(v)?))).collect::<Result<_, RuleError>>()?,
    })
}

fn globs(many: &Many, any_case: bool) -> Result<Vec<GlobMatcher>, RuleError> {
    many.texts().iter().map(|pattern| build(pattern, any_case)).collect()
}

/// A glob in which `*` spans anything; names and ARNs are not paths.
pub(crate) fn glob(pattern: &str) -> Result<GlobMatcher, RuleError> {
    build(pattern, false)
}

fn build(pattern: &str, any_case: bool) -> Result<GlobMatcher, RuleError> {
    let built = GlobBuilder::new(pattern).literal_separator(false).case_insensitive(any_case).build();
    built
        .map(|glob| glob.compile_matcher())
        .map_err(|error| RuleError::Pattern { pattern: pattern.to_owned(), why: error.kind().to_string() })
}

/// The stricter of two environments; between two that are not production, the one known longer stays.
pub(crate) fn stricter(known: EnvironmentName, now: EnvironmentName) -> EnvironmentName {
    if now.as_str() == PRODUCTION { now } else { known }
}

/// Whether an action changes identities or hands out credentials, and so may fall on Interlock's own.
pub(crate) fn touches_identities(action: &Action) -> bool {
    let identity = |target: &Target| {
        matches!(target.relation, Relation::Acts | Relation::Creates)
            && is_identity(target.kind)
            && target.kind != Kind::Account
    };
    let services = ["iam", "sts", "sso-admin", "identitystore", "organizations"];
    !action.is_plain_read()
        && (services.contains(&action.operation.service()) || action.targets.iter().any(identity))
}

/// Whether identities live in the account as a whole rather than in one environment of it.
pub(crate) fn is_identity(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Role | Kind::Policy | Kind::User | Kind::Group | Kind::InstanceProfile | Kind::Account
    )
}

/// What a target is classified by: an object by its bucket.
pub(crate) fn subject<'a>(target: &'a Target, tags: Option<&'a BTreeMap<String, String>>) -> Subject<'a> {
    let id = target.id.as_str();
    let name = match target.kind {
        Kind::Object => bucket_of(id).or(target.name.as_deref()),
        _ => target.name.as_deref(),
    };
    Subject {
        account: target.account.as_ref().map(AccountId::as_str),
        region: target.region.as_deref(),
        name,
        kind: target.kind,
        service: id.split(':').nth(2).unwrap_or_default(),
        tags,
    }
}

/// `arn:aws:s3:::bucket/key` → `bucket`.
pub(crate) fn bucket_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")
        .and_then(|rest| rest.splitn(5, ':').nth(4))
        .and_then(|path| path.split('/').next())
}

#[cfg(test)]
mod tests;
