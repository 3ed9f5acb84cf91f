//! One request that breaks a promise, as the engine itself answers it.

use std::fmt;

use cedar_policy_symcc::Env;
use interlock_action::Effect;
use interlock_policy::{Ask, Candidate, Decision, Evidence, Hypothetical, Probe, Verified};
use serde::Serialize;

use crate::{ProverError, model, shrink::shrink, words};

/// A request that breaks a promise.
#[derive(Clone, Debug, Serialize)]
pub struct Counterexample {
    /// What is asked.
    pub ask: Ask,
    /// What has been brought for it.
    pub evidence: Evidence,
    /// What the engine decides, with exactly that.
    pub decision: Decision,
    /// What the engine decides when nothing has been brought yet: what an agent would meet.
    pub at_first: Decision,
    /// The same in plain words, one thing a line.
    pub words: Vec<String>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join("\n"))
    }
}

/// What makes a request one that breaks the promise: the bundle allows it, and each probe says what it should.
pub(crate) struct Broken<'a> {
    pub(crate) bundle: &'a Candidate,
    pub(crate) probes: Vec<(&'a Probe, bool)>,
}

impl Broken<'_> {
    fn by(&self, ask: &Ask, evidence: &Evidence) -> Result<bool, ProverError> {
        for (probe, wanted) in &self.probes {
            if probe.allows(ask, evidence)? != *wanted {
                return Ok(false);
            }
        }
        Ok(exactly(self.bundle, ask, evidence).admits())
    }

    /// The solver's request, shrunk; nothing if the engine does not do what the solver says.
    pub(crate) fn find(&self, effect: Effect, env: &Env) -> Result<Option<Counterexample>, ProverError> {
        let (mut ask, mut evidence, _) = model::request(effect, env);
        if !self.by(&ask, &evidence)? {
            return Ok(None);
        }
        shrink(&mut ask, &mut evidence, |ask, evidence| self.by(ask, evidence))?;
        Ok(Some(told(self.bundle, ask, evidence)))
    }
}

/// The engine's decision with this evidence, while everything else could still come.
pub(crate) fn exactly(bundle: &Candidate, ask: &Ask, evidence: &Evidence) -> Decision {
    bundle.decide(std::slice::from_ref(ask), &Verified::new(*evidence), &most(evidence))
}

/// The engine's decision when nothing has been brought yet.
pub(crate) fn at_first(bundle: &Candidate, ask: &Ask, evidence: &Evidence) -> Decision {
    let none = Verified::none(evidence.team, evidence.solo);
    bundle.decide(std::slice::from_ref(ask), &none, &most(evidence))
}

/// All that these people can bring: alone one is the owner, in a team all but one are not.
fn most(evidence: &Evidence) -> Hypothetical {
    let (team, solo) = (evidence.team, evidence.solo);
    Hypothetical::greatest(team, if solo { team } else { team.saturating_sub(1) }, solo)
}

pub(crate) fn told(bundle: &Candidate, ask: Ask, evidence: Evidence) -> Counterexample {
    let decision = exactly(bundle, &ask, &evidence);
    let at_first = at_first(bundle, &ask, &evidence);
    let mut words = words::request(&ask, &evidence);
    words.push(format!("engine:   {}", words::decision(&decision)));
    Counterexample { ask, evidence, decision, at_first, words }
}
