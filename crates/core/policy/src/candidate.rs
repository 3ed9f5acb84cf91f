//! A bundle to be looked at: sound, and not in force.
//!
//! A [`Candidate`] passed every gate but the proof. It can be asked, compared and proved. Only people's signatures make a
//! [`Bundle`] of what weakens ([`Bundle::load_signed`]); nothing here does.

use cedar_policy::{Effect as CedarEffect, Policy, PolicySet, Schema};
use interlock_action::{Digest, Effect};

use crate::bundle::{Slices, slices};
use crate::request::{EvaluationError, Situation};
use crate::{Ask, Bundle, Decision, Evidence, Explanation, Fault, Hypothetical, LoadError, PolicyFile};
use crate::{Verified, gate, shipped};

/// A sound bundle that may weaken.
#[derive(Debug)]
pub struct Candidate {
    files: Vec<PolicyFile>,
    schema: Schema,
    policies: Vec<Policy>,
    loosens: Vec<Fault>,
    bundle: Bundle,
}

impl Candidate {
    /// Takes files through every gate but the proof.
    ///
    /// # Errors
    /// [`LoadError::Faulty`] for what does not pass.
    pub fn load(files: &[PolicyFile]) -> Result<Self, LoadError> {
        let sound = gate::sound(files)?;
        let loosens = match gate::proof(files, &sound) {
            Ok(()) => Vec::new(),
            Err(error) => error.faults().to_vec(),
        };
        let policies = sound.rules.iter().map(|rule| rule.policy.clone()).collect();
        let schema = sound.schema.clone();
        Ok(Self { files: files.to_vec(), schema, policies, loosens, bundle: Bundle::of(files, sound)? })
    }

    /// The shipped bundle with these files laid over it: one of a shipped file's name stands in its place.
    ///
    /// # Errors
    /// As [`Candidate::load`].
    pub fn over_shipped(laid: &[PolicyFile]) -> Result<Self, LoadError> {
        Self::load(&shipped::under(laid))
    }

    /// Its files, the schema among them.
    pub fn files(&self) -> &[PolicyFile] {
        &self.files
    }

    /// The schema that it holds for.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Its rules as Cedar knows them, named by their `@id`.
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Its rules that may speak about one effect.
    pub fn slice(&self, effect: Effect) -> Option<&PolicySet> {
        self.bundle.slices.get(&effect).map(|slice| &slice.rules)
    }

    /// Its rules, for people.
    pub fn rules(&self) -> impl Iterator<Item = &Explanation> {
        self.bundle.rules()
    }

    /// The content address that it would have in force.
    pub fn hash(&self) -> Digest {
        self.bundle.hash()
    }

    /// Why it may permit more than the shipped bundle, as far as can be told without a solver. Empty: it only tightens.
    pub fn loosens(&self) -> &[Fault] {
        &self.loosens
    }

    /// What it would decide.
    pub fn decide(&self, asks: &[Ask], verified: &Verified, reachable: &Hypothetical) -> Decision {
        self.bundle.decide(asks, verified, reachable)
    }
}

/// Rules that are no bundle (an invariant, a bundle with something struck out), asked by the same engine.
#[derive(Debug)]
pub struct Probe(Slices);

/// Why a probe has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules cannot be asked: {0}")]
pub struct ProbeError(String);

impl ProbeError {
    pub(crate) fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

impl From<EvaluationError> for ProbeError {
    fn from(error: EvaluationError) -> Self {
        Self(error.to_string())
    }
}

impl Probe {
    /// Makes rules ready to be asked.
    ///
    /// # Errors
    /// Rules whose names collide, a schema without one of the effects.
    pub fn new(schema: &Schema, policies: &[Policy]) -> Result<Self, ProbeError> {
        let policies: Vec<&Policy> = policies.iter().collect();
        slices(schema, &policies).map(Self).map_err(|error| ProbeError(error.to_string()))
    }

    /// Whether any of them may speak about this effect.
    pub fn speaks_of(&self, effect: Effect) -> bool {
        self.0.get(&effect).is_some_and(|slice| !slice.rules.is_empty())
    }

    /// Whether they allow it, with exactly this evidence.
    ///
    /// # Errors
    /// A rule that fails: nothing can be said then.
    pub fn allows(&self, ask: &Ask, evidence: &Evidence) -> Result<bool, ProbeError> {
        let slice = self.0.get(&ask.effect).ok_or_else(|| ProbeError("no rules".to_owned()))?;
        let situation = Situation::new(ask, slice)?;
        Ok(situation.ask_all(evidence)?.allowed)
    }
}

/// The rules of a file as Cedar knows them, whatever they are annotated with.
///
/// # Errors
/// What is no Cedar, and templates.
pub fn parse_rules(file: &PolicyFile) -> Result<Vec<Policy>, Vec<Fault>> {
    gate::parse(file)
}

/// Whether a rule closes.
pub fn is_forbid(policy: &Policy) -> bool {
    policy.effect() == CedarEffect::Forbid
}

/// Whether a set of rules validates strictly against the schema; the faults, in words.
pub fn validate(schema: &Schema, policies: &[Policy]) -> Vec<String> {
    let set = match PolicySet::from_policies(policies.iter().cloned()) {
        Ok(set) => set,
        Err(error) => return vec![error.to_string()],
    };
    let result =
        cedar_policy::Validator::new(schema.clone()).validate(&set, cedar_policy::ValidationMode::Strict);
    result
        .validation_errors()
        .map(ToString::to_string)
        .chain(result.validation_warnings().map(ToString::to_string))
        .collect()
}
