//! A set of policies in force: rules that passed the gates, sliced by effect.

use std::collections::BTreeMap;

use cedar_policy::{ActionConstraint, Entities, EntityId, EntityTypeName, EntityUid, PolicySet, Schema};
use interlock_action::{Digest, Effect, RuleId, digest_of};

use crate::memo::Memo;
use crate::request::Slice;
use crate::rule::Rule;
use crate::{Explanation, Fault, Gate, LoadError, PolicyFile, gate, shipped};

/// The policy in force. Immutable: a new policy is a new bundle, swapped whole.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) rules: BTreeMap<RuleId, Rule>,
    pub(crate) slices: BTreeMap<Effect, Slice>,
    pub(crate) memo: Memo,
    digest: Digest,
}

impl Bundle {
    /// Takes files through every gate: parse, annotations, strict validation, never-errors, monotone; then accepts the
    /// shipped rules and added forbids, and nothing else, since no prover is here. Without a schema file the shipped
    /// schema holds.
    ///
    /// # Errors
    /// [`LoadError::Faulty`] for what does not pass, [`LoadError::NeedsProof`] for what may permit more than the shipped
    /// policy.
    pub fn load(files: &[PolicyFile]) -> Result<Self, LoadError> {
        let sound = gate::pass(files)?;
        let digest = digest(files)?;
        let slices = slices(&sound.schema, &sound.rules)?;
        let rules = sound.rules.into_iter().map(|rule| (rule.about.id.clone(), rule)).collect();
        Ok(Self { rules, slices, memo: Memo::default(), digest })
    }

    /// The shipped rules with these files beside them.
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn with_added(added: &[PolicyFile]) -> Result<Self, LoadError> {
        let mut files = shipped::files();
        files.extend_from_slice(added);
        Self::load(&files)
    }

    /// The default bundle. Were it ever unsound, one without any rule, which refuses everything, stands in its place.
    pub fn shipped() -> Self {
        Self::load(&shipped::files()).unwrap_or_else(|_| Self {
            rules: BTreeMap::new(),
            slices: BTreeMap::new(),
            memo: Memo::default(),
            digest: Digest::of(&[]),
        })
    }

    /// The files of the default bundle, to write into a home.
    pub fn shipped_files() -> Vec<PolicyFile> {
        shipped::files()
    }

    /// What `policy check` says: every fault of the first gates that find any. Empty means that it loads.
    pub fn check(files: &[PolicyFile]) -> Vec<Fault> {
        Self::load(files).err().map(|error| error.faults().to_vec()).unwrap_or_default()
    }

    /// The content address: equal files, equal digest.
    pub fn hash(&self) -> Digest {
        self.digest
    }

    /// What `policy explain RULE` says.
    pub fn explain(&self, rule: &RuleId) -> Option<&Explanation> {
        self.rules.get(rule).map(|rule| &rule.about)
    }

    /// Every rule, by name.
    pub fn rules(&self) -> impl Iterator<Item = &Explanation> {
        self.rules.values().map(|rule| &rule.about)
    }
}

/// The digest over names and texts, in the order of the names.
fn digest(files: &[PolicyFile]) -> Result<Digest, LoadError> {
    let mut files: Vec<&PolicyFile> = files.iter().collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    digest_of("interlock-policy-bundle", &files).map_err(broken)
}

fn broken(error: impl ToString) -> LoadError {
    let nowhere = PolicyFile::new("the bundle", "");
    LoadError::Faulty(vec![nowhere.fault(Gate::Parse, None, error.to_string())])
}

/// For every effect the rules whose scope may match it.
fn slices(schema: &Schema, rules: &[Rule]) -> Result<BTreeMap<Effect, Slice>, LoadError> {
    let actions = schema.action_entities().map_err(broken)?;
    let action_type: EntityTypeName = "Action".parse().map_err(broken)?;
    let agent_type: EntityTypeName = "Agent".parse().map_err(broken)?;
    let target_type: EntityTypeName = "Target".parse().map_err(broken)?;
    let mut slices = BTreeMap::new();
    for effect in Effect::ALL {
        let uid = EntityUid::from_type_name_and_id(action_type.clone(), EntityId::new(effect.name()));
        let action = actions.get(&uid).cloned();
        let action =
            action.ok_or_else(|| broken(format!("the schema does not know the effect `{effect}`")))?;
        let matching = rules
            .iter()
            .filter(|rule| may_match(&rule.policy.action_constraint(), &uid, &actions))
            .map(|rule| rule.policy.clone());
        let rules = PolicySet::from_policies(matching).map_err(broken)?;
        let slice = Slice { rules, action, agent_type: agent_type.clone(), target_type: target_type.clone() };
        slices.insert(effect, slice);
    }
    Ok(slices)
}

fn may_match(constraint: &ActionConstraint, action: &EntityUid, actions: &Entities) -> bool {
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == action,
        ActionConstraint::In(groups) => {
            groups.iter().any(|group| group == action || actions.is_ancestor_of(group, action))
        }
    }
}

#[cfg(test)]
impl Bundle {
    /// One shipped bundle for all cases of a property.
    pub(crate) fn shipped_once() -> &'static Self {
        static BUNDLE: std::sync::OnceLock<Bundle> = std::sync::OnceLock::new();
        BUNDLE.get_or_init(Self::shipped)
    }
}
