//! A set of policies in force: rules that passed the gates, sliced by effect.

use std::collections::BTreeMap;

use cedar_policy::{
    ActionConstraint, Entities, EntityId, EntityTypeName, EntityUid, Policy, PolicySet, Schema,
};
use interlock_action::{Digest, Effect, RuleId, digest_of};

use crate::gate::Sound;
use crate::memo::Memo;
use crate::request::Slice;
use crate::rule::Rule;
use crate::{Explanation, Gate, LoadError, PolicyFile, gate, shipped};

/// For every effect the rules that may speak about it.
pub(crate) type Slices = BTreeMap<Effect, Slice>;

/// The policy in force. Immutable: a new policy is a new bundle, swapped whole.
#[derive(Debug)]
pub struct Bundle {
    pub(crate) rules: BTreeMap<RuleId, Rule>,
    pub(crate) slices: Slices,
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
        let sound = gate::sound(files)?;
        gate::proof(files, &sound)?;
        Self::of(files, sound)
    }

    pub(crate) fn of(files: &[PolicyFile], sound: Sound) -> Result<Self, LoadError> {
        let policies: Vec<&Policy> = sound.rules.iter().map(|rule: &Rule| &rule.policy).collect();
        let slices = slices(&sound.schema, &policies)?;
        let rules = sound.rules.into_iter().map(|rule| (rule.about.id.clone(), rule)).collect();
        Ok(Self { rules, slices, memo: Memo::default(), digest: digest(files)? })
    }

    /// Takes files through the gates that need no solver, and stops there if `signed` is what people put in force: their
    /// signatures stand for the proof, which was made before they signed. Any other bundle passes [`Bundle::load`].
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn load_signed(files: &[PolicyFile], signed: &Digest) -> Result<Self, LoadError> {
        let sound = gate::sound(files)?;
        if digest(files)? != *signed {
            gate::proof(files, &sound)?;
        }
        Self::of(files, sound)
    }

    /// The shipped rules with these files laid over them: one of a shipped file's name stands in its place.
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn with_added(added: &[PolicyFile]) -> Result<Self, LoadError> {
        Self::load(&shipped::under(added))
    }

    /// The files that [`Bundle::with_added`] would load.
    pub fn files_under(added: &[PolicyFile]) -> Vec<PolicyFile> {
        shipped::under(added)
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
pub(crate) fn digest(files: &[PolicyFile]) -> Result<Digest, LoadError> {
    let mut files: Vec<&PolicyFile> = files.iter().collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    digest_of("interlock-policy-bundle", &files).map_err(broken)
}

fn broken(error: impl ToString) -> LoadError {
    let nowhere = PolicyFile::new("the bundle", "");
    LoadError::Faulty(vec![nowhere.fault(Gate::Parse, None, error.to_string())])
}

/// For every effect the rules whose scope may match it.
pub(crate) fn slices(schema: &Schema, policies: &[&Policy]) -> Result<Slices, LoadError> {
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
        let matching = policies
            .iter()
            .filter(|policy| may_match(&policy.action_constraint(), &uid, &actions))
            .map(|policy| (*policy).clone());
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
