//! A bundle made ready for questions: sliced by request type, translated once.

use std::collections::BTreeMap;

use cedar_policy::{Policy, PolicySet, RequestEnv, Schema};
use cedar_policy_symcc::CompiledPolicySet;
use interlock_action::Effect;
use interlock_policy::Candidate;
use serde_json::Value;

use crate::{
    ProverError,
    expression::{and, not, rule},
};

/// The request types of a schema, one an effect.
pub(crate) struct Types<'a> {
    pub(crate) schema: &'a Schema,
    envs: BTreeMap<Effect, RequestEnv>,
}

impl<'a> Types<'a> {
    pub(crate) fn of(schema: &'a Schema) -> Result<Self, ProverError> {
        let mut found: BTreeMap<String, RequestEnv> =
            schema.request_envs().map(|env| (env.action().id().unescaped().to_owned(), env)).collect();
        let mut envs = BTreeMap::new();
        for effect in Effect::ALL {
            let env = found.remove(effect.name());
            let env = env.ok_or_else(|| ProverError::translate(format!("no request type for `{effect}`")))?;
            envs.insert(effect, env);
        }
        // INVARIANT: a request type that no effect stands for would go unproved.
        match found.into_keys().next() {
            Some(other) => Err(ProverError::translate(format!("`{other}` is no effect"))),
            None => Ok(Self { schema, envs }),
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Effect, &RequestEnv)> {
        self.envs.iter().map(|(effect, env)| (*effect, env))
    }

    /// Rules, translated for one request type.
    pub(crate) fn compile(
        &self,
        env: &RequestEnv,
        policies: impl IntoIterator<Item = Policy>,
    ) -> Result<CompiledPolicySet, ProverError> {
        let set = PolicySet::from_policies(policies).map_err(ProverError::translate)?;
        CompiledPolicySet::compile(&set, env, self.schema).map_err(ProverError::translate)
    }
}

/// The rules of a bundle that may speak about one effect.
pub(crate) fn slice(bundle: &Candidate, effect: Effect) -> Vec<Policy> {
    bundle.slice(effect).map(|set| set.policies().cloned().collect()).unwrap_or_default()
}

/// A permit of exactly this.
pub(crate) fn zone(when: &Value) -> Result<Policy, ProverError> {
    rule(ZONE, "permit", when)
}

/// A forbid of everything but this, to lay over a bundle.
pub(crate) fn fence(when: &Value) -> Result<Policy, ProverError> {
    rule(ZONE, "forbid", &not(when.clone()))
}

/// Both.
pub(crate) fn both(parts: impl IntoIterator<Item = Value>) -> Value {
    parts.into_iter().fold(serde_json::json!({"Value": true}), and)
}

/// No rule of a bundle is named so: names have no blanks.
const ZONE: &str = "the zone";
