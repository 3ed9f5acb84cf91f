//! Comparing two bundles by what they decide: which requests become allowed, and which no longer are.

use std::{collections::BTreeMap, fmt};

use cedar_policy_symcc::{Env, implies_asserts};
use interlock_action::{Digest, Effect, digest_of};
use interlock_policy::{Ask, Candidate, Decision, Evidence, Probe};
use serde::Serialize;

use crate::{
    ProverError, Solver,
    counterexample::{Broken, at_first, exactly},
    model,
    solver::Answer,
    subject::{Types, both, fence, slice},
    words, world,
};

/// A request that the two bundles answer differently.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// What is asked.
    pub ask: Ask,
    /// What has been brought for it.
    pub evidence: Evidence,
    /// What the first bundle decides, with exactly that.
    pub before: Decision,
    /// What the second decides.
    pub after: Decision,
    /// What the first decides when nothing has been brought yet.
    pub before_at_first: Decision,
    /// What the second decides then.
    pub after_at_first: Decision,
}

/// What a comparison in one direction found.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum Side {
    /// No such request exists.
    None,
    /// Such requests exist; this is one.
    Some {
        /// The plainest that was found.
        example: Box<Example>,
    },
    /// Nobody knows: counts as `Some`.
    Unproven {
        /// Why not.
        why: String,
    },
}

impl Side {
    fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

/// What changes for one effect.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The effect.
    pub effect: Effect,
    /// Requests that were not allowed and become so.
    pub becomes_allowed: Side,
    /// Requests that were allowed and no longer are.
    pub becomes_refused: Side,
}

/// How two bundles differ.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The first bundle.
    pub before: Digest,
    /// The second.
    pub after: Digest,
    /// Rules that only the second has, only the first has, or that read differently: for orientation.
    pub rules: BTreeMap<String, &'static str>,
    /// What changes, effect by effect; what stays the same is left out.
    pub changes: Vec<Change>,
}

impl Difference {
    /// Whether anything may become allowed.
    pub fn weakens(&self) -> bool {
        self.changes.iter().any(|change| !change.becomes_allowed.is_none())
    }

    /// What people sign when they put the second in the place of the first.
    ///
    /// # Errors
    /// Where it has no canonical form.
    pub fn digest(&self) -> Result<Digest, ProverError> {
        digest_of("interlock policy difference v1", self).map_err(ProverError::translate)
    }
}

/// Compares.
///
/// # Errors
/// Where the rules cannot be put to the solver, or it breaks.
pub fn diff(before: &Candidate, after: &Candidate, solver: &mut Solver) -> Result<Difference, ProverError> {
    let types = Types::of(after.schema())?;
    let both_sets = before.policies().iter().chain(after.policies());
    let fence = fence(&both([world::world()?].into_iter().chain(world::tags(both_sets)?)))?;
    let old = Probe::new(before.schema(), before.policies())?;
    let new = Probe::new(after.schema(), after.policies())?;
    let mut changes = Vec::new();
    for (effect, env) in types.all() {
        let (earlier, later) = (slice(before, effect), slice(after, effect));
        let fenced =
            |rules: &[cedar_policy::Policy]| types.compile(env, rules.iter().cloned().chain([fence.clone()]));
        let mut side = |from: &[cedar_policy::Policy], to: &[cedar_policy::Policy], broken: Broken<'_>| {
            let answer =
                solver.ask(&implies_asserts(&fenced(from)?, &types.compile(env, to.iter().cloned())?))?;
            Ok::<_, ProverError>(match answer {
                Answer::Holds => Side::None,
                Answer::Unknown(why) => Side::Unproven { why },
                Answer::Broken(found) => example(before, after, effect, &broken, &found)?,
            })
        };
        let becomes_allowed = side(&later, &earlier, Broken { bundle: after, probes: vec![(&old, false)] })?;
        let becomes_refused = side(&earlier, &later, Broken { bundle: before, probes: vec![(&new, false)] })?;
        if !(becomes_allowed.is_none() && becomes_refused.is_none()) {
            changes.push(Change { effect, becomes_allowed, becomes_refused });
        }
    }
    Ok(Difference { before: before.hash(), after: after.hash(), rules: rules(before, after), changes })
}

fn example(
    before: &Candidate,
    after: &Candidate,
    effect: Effect,
    broken: &Broken<'_>,
    env: &Env,
) -> Result<Side, ProverError> {
    let Some(found) = broken.find(effect, env)? else {
        let (ask, evidence, _) = model::request(effect, env);
        let request = serde_json::json!({"ask": ask, "evidence": evidence});
        return Ok(Side::Unproven { why: format!("the engine does not do what the solver says: {request}") });
    };
    let (ask, evidence) = (found.ask, found.evidence);
    Ok(Side::Some {
        example: Box::new(Example {
            before: exactly(before, &ask, &evidence),
            after: exactly(after, &ask, &evidence),
            before_at_first: at_first(before, &ask, &evidence),
            after_at_first: at_first(after, &ask, &evidence),
            ask,
            evidence,
        }),
    })
}

fn rules(before: &Candidate, after: &Candidate) -> BTreeMap<String, &'static str> {
    let texts = |bundle: &Candidate| -> BTreeMap<String, String> {
        bundle.rules().map(|rule| (rule.id.to_string(), rule.source.clone())).collect()
    };
    let (old, new) = (texts(before), texts(after));
    let mut found = BTreeMap::new();
    for (id, text) in &new {
        match old.get(id) {
            None => found.insert(id.clone(), "added"),
            Some(other) if other != text => found.insert(id.clone(), "changed"),
            Some(_) => None,
        };
    }
    found.extend(old.keys().filter(|id| !new.contains_key(*id)).map(|id| (id.clone(), "removed")));
    found
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (id, what) in &self.rules {
            writeln!(f, "rule {what}: {id}")?;
        }
        if self.changes.is_empty() {
            return f.write_str("no request is decided differently");
        }
        for change in &self.changes {
            for (side, title) in
                [(&change.becomes_allowed, "BECOMES ALLOWED"), (&change.becomes_refused, "becomes refused")]
            {
                match side {
                    Side::None => {}
                    Side::Unproven { why } => writeln!(f, "\n{title}? {}: unproven, {why}", change.effect)?,
                    Side::Some { example } => {
                        writeln!(
                            f,
                            "\n{title}: some requests {}; for example",
                            words::effect(change.effect)
                        )?;
                        write!(f, "{example}")?;
                    }
                }
            }
        }
        let same = Effect::ALL.len().saturating_sub(self.changes.len());
        write!(f, "\nunchanged: {same} of {} request types", Effect::ALL.len())
    }
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in words::request(&self.ask, &self.evidence) {
            writeln!(f, "  {line}")?;
        }
        writeln!(f, "  before:   {}", words::decision(&self.before))?;
        writeln!(f, "  after:    {}", words::decision(&self.after))?;
        let (before, after) = (&self.before_at_first, &self.after_at_first);
        writeln!(f, "  with nothing brought yet")?;
        writeln!(f, "  before:   {}", words::decision(before))?;
        writeln!(f, "  after:    {}", words::decision(after))
    }
}
