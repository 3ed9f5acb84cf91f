//! Proving: every invariant, and what the gates check by syntax, over every request type.

use std::{fmt, time::Instant};

use cedar_policy::{Policy, RequestEnv, Schema};
use cedar_policy_symcc::{
    CompiledPolicy, CompiledPolicySet, disjoint_asserts, implies_asserts, never_errors_asserts,
};
use interlock_action::Effect;
use interlock_policy::{Candidate, Evidence, PolicyFile, Probe};
use serde::Serialize;
use serde_json::Value;

use crate::{
    Counterexample, Invariant, ProverError, Solver,
    counterexample::{Broken, told},
    expression::{condition, rewritten},
    model,
    solver::Answer,
    subject::{Types, both, fence, slice, zone},
    world,
};

/// What came of one claim.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It holds for every request.
    Proved,
    /// It does not: here is a request, and the engine agrees.
    Refuted {
        /// The request.
        counterexample: Box<Counterexample>,
    },
    /// Nobody knows: the solver did not answer.
    Unproven {
        /// Why not.
        why: String,
    },
    /// The solver names a request of which the engine says something else: a fault of this program.
    Fault {
        /// What the solver said.
        why: String,
    },
}

impl Verdict {
    /// `proved`, `refuted`, `unproven` or `fault`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted { .. } => "refuted",
            Self::Unproven { .. } => "unproven",
            Self::Fault { .. } => "fault",
        }
    }
}

/// One thing that was to be proved.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// In a sentence.
    pub says: String,
    /// Why it must hold.
    pub why: String,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// How long that took, in milliseconds.
    pub millis: u64,
}

/// What came of all claims.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// In the order in which they were tried.
    pub claims: Vec<Claim>,
}

impl Proof {
    /// Whether every one was proved.
    pub fn holds(&self) -> bool {
        self.claims.iter().all(|claim| matches!(claim.verdict, Verdict::Proved))
    }

    /// Those that were not.
    pub fn open(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| !matches!(claim.verdict, Verdict::Proved))
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Proved => write!(f, "proved    {:<45} {:>5} ms", self.id, self.millis),
            Verdict::Refuted { counterexample } => {
                write!(f, "REFUTED   {}\n  promised: {}", self.id, self.says)?;
                counterexample.words.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
            Verdict::Unproven { why } => {
                write!(f, "UNPROVEN  {}\n  promised: {}\n  {why}", self.id, self.says)
            }
            Verdict::Fault { why } => {
                write!(
                    f,
                    "FAULT     {}\n  this is a fault of the prover, no proof and no refutation: {why}",
                    self.id
                )
            }
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.claims.iter().try_for_each(|claim| writeln!(f, "{claim}"))?;
        let open = self.open().count();
        let proved = self.claims.len().saturating_sub(open);
        write!(f, "{proved} proved, {open} not")
    }
}

/// Tries to prove, of one bundle, that its rules never fail, that more evidence never hurts, and every invariant.
///
/// # Errors
/// Where the rules cannot be put to the solver, or it breaks.
pub fn prove(
    bundle: &Candidate,
    invariants: &[Invariant],
    solver: &mut Solver,
) -> Result<Proof, ProverError> {
    let no_failure = ("rules-never-fail", "No rule can fail while it is evaluated.", NEVER_FAIL);
    let monotone = ("more-evidence-never-hurts", "More evidence never turns an allow into a refusal.", MORE);
    let mut claims = vec![
        timed(no_failure, solver, |solver| never_fail(bundle, solver))?,
        timed(monotone, solver, |solver| more_never_hurts(bundle, solver))?,
    ];
    let types = Types::of(bundle.schema())?;
    let subject = types
        .all()
        .map(|(effect, env)| Ok((effect, env, types.compile(env, slice(bundle, effect))?)))
        .collect::<Result<Vec<_>, ProverError>>()?;
    for invariant in invariants {
        let about = (invariant.id.as_str(), invariant.says.as_str(), invariant.why.as_str());
        claims.push(timed(about, solver, |solver| holds(bundle, &types, &subject, invariant, solver))?);
    }
    Ok(Proof { claims })
}

const NEVER_FAIL: &str = "Cedar skips a forbid that fails, so a failure would open what the rule closes.";
const MORE: &str =
    "People and machines bring evidence one after the other; bringing more must not close a door.";

fn timed(
    (id, says, why): (&str, &str, &str),
    solver: &mut Solver,
    ask: impl FnOnce(&mut Solver) -> Result<Verdict, ProverError>,
) -> Result<Claim, ProverError> {
    let begun = Instant::now();
    solver.refresh()?;
    let verdict = ask(solver)?;
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Claim { id: id.to_owned(), says: says.to_owned(), why: why.to_owned(), verdict, millis })
}

/// One invariant over every request type.
fn holds(
    bundle: &Candidate,
    types: &Types<'_>,
    subject: &[(Effect, &RequestEnv, CompiledPolicySet)],
    invariant: &Invariant,
    solver: &mut Solver,
) -> Result<Verdict, ProverError> {
    let tags = world::tags(bundle.policies().iter().chain([&invariant.policy]))?;
    let matched = both([world::world()?, condition(&invariant.policy)?].into_iter().chain(tags));
    let (matched, fence) = (zone(&matched)?, fence(&matched)?);
    let stricken: Vec<Policy> =
        bundle.policies().iter().map(|policy| invariant.strike(policy)).collect::<Result<_, _>>()?;
    let matches = Probe::new(bundle.schema(), std::slice::from_ref(&matched))?;
    let without = Probe::new(bundle.schema(), &stricken)?;
    let mut broken = Broken { bundle, probes: vec![(&matches, true)] };
    if !invariant.without.is_empty() {
        broken.probes.push((&without, false));
    }
    let scope = Probe::new(bundle.schema(), std::slice::from_ref(&invariant.policy))?;
    for (effect, env, compiled) in subject.iter().filter(|(effect, ..)| scope.speaks_of(*effect)) {
        let answer = if invariant.without.is_empty() {
            let matched = types.compile(env, [matched.clone()])?;
            solver.ask(&disjoint_asserts(compiled, &matched))?
        } else {
            let rules = slice(bundle, *effect);
            let stricken =
                rules.iter().map(|policy| invariant.strike(policy)).collect::<Result<Vec<_>, _>>()?;
            // Rules that do not look at what is struck out decide the same without it.
            if same(&rules, &stricken) {
                continue;
            }
            let fenced = types.compile(env, rules.into_iter().chain([fence.clone()]))?;
            solver.ask(&implies_asserts(&fenced, &types.compile(env, stricken)?))?
        };
        match answer {
            Answer::Holds => {}
            Answer::Unknown(why) => return Ok(Verdict::Unproven { why }),
            Answer::Broken(env) => {
                return Ok(match broken.find(*effect, &env)? {
                    Some(found) => Verdict::Refuted { counterexample: Box::new(found) },
                    None => unconfirmed(*effect, &env),
                });
            }
        }
    }
    Ok(Verdict::Proved)
}

fn same(one: &[Policy], other: &[Policy]) -> bool {
    let forms =
        |policies: &[Policy]| policies.iter().map(|policy| policy.to_json().ok()).collect::<Option<Vec<_>>>();
    forms(one).is_some_and(|one| Some(one) == forms(other))
}

fn unconfirmed(effect: Effect, env: &cedar_policy_symcc::Env) -> Verdict {
    let (ask, evidence, _) = model::request(effect, env);
    let request = serde_json::json!({"ask": ask, "evidence": evidence});
    Verdict::Fault { why: format!("the engine does not do what the solver says: {request}") }
}

/// No rule fails, whatever is asked: by solver what the gate of that name checks by syntax.
fn never_fail(bundle: &Candidate, solver: &mut Solver) -> Result<Verdict, ProverError> {
    let types = Types::of(bundle.schema())?;
    for (effect, env) in types.all() {
        for policy in slice(bundle, effect) {
            let compiled =
                CompiledPolicy::compile(&policy, env, types.schema).map_err(ProverError::translate)?;
            match solver.ask(&never_errors_asserts(&compiled))? {
                Answer::Holds => {}
                Answer::Unknown(why) => return Ok(Verdict::Unproven { why }),
                Answer::Broken(env) => {
                    let (ask, evidence, _) = model::request(effect, &env);
                    return Ok(Verdict::Refuted { counterexample: Box::new(told(bundle, ask, evidence)) });
                }
            }
        }
    }
    Ok(Verdict::Proved)
}

/// Two copies of the evidence, the second at least the first: what the first allows the second does.
fn more_never_hurts(bundle: &Candidate, solver: &mut Solver) -> Result<Verdict, ProverError> {
    let schema = doubled(bundle.files())?;
    let types = Types::of(&schema)?;
    let world = world::world()?;
    let tags = world::tags(bundle.policies().iter())?;
    let likely = both([world.clone(), world::of_more(&world), world::more()].into_iter().chain(tags));
    let (any, likely) = (fence(&world::more())?, fence(&likely)?);
    for (effect, env) in types.all() {
        let rules = slice(bundle, effect);
        let with_more = rules.iter().map(of_more).collect::<Result<Vec<_>, _>>()?;
        if same(&rules, &with_more) {
            continue;
        }
        let with_more = types.compile(env, with_more)?;
        let mut ask = |fence: &Policy| {
            let less = types.compile(env, rules.iter().cloned().chain([fence.clone()]))?;
            solver.ask(&implies_asserts(&less, &with_more))
        };
        // Mostly it holds of any evidence at all, which is the easier question; else of evidence that there can be.
        let answer = match ask(&any)? {
            Answer::Holds => Answer::Holds,
            _ => ask(&likely)?,
        };
        match answer {
            Answer::Holds => {}
            Answer::Unknown(why) => return Ok(Verdict::Unproven { why }),
            Answer::Broken(env) => {
                let (ask, less, more) = model::request(effect, &env);
                return hurt(bundle, ask, less, more);
            }
        }
    }
    Ok(Verdict::Proved)
}

fn hurt(
    bundle: &Candidate,
    ask: interlock_policy::Ask,
    less: Evidence,
    more: Evidence,
) -> Result<Verdict, ProverError> {
    let engine = Probe::new(bundle.schema(), bundle.policies())?;
    if !engine.allows(&ask, &less)? || engine.allows(&ask, &more)? {
        let request = serde_json::json!({"ask": ask, "less": less, "more": more});
        return Ok(Verdict::Fault { why: format!("the engine does not do what the solver says: {request}") });
    }
    let mut found = told(bundle, ask, less);
    found.words.push(format!("but not:  with {}", crate::words::evidence(&more)));
    Ok(Verdict::Refuted { counterexample: Box::new(found) })
}

fn of_more(policy: &Policy) -> Result<Policy, ProverError> {
    let evidence = crate::expression::path("context", &["evidence"]);
    let more = crate::expression::path("context", &[world::MORE]);
    rewritten(policy, &|part: &Value| (*part == evidence).then(|| more.clone()))
}

/// The schema with a second copy of the evidence in every request.
fn doubled(files: &[PolicyFile]) -> Result<Schema, ProverError> {
    const SITUATION: &str = "type Situation = {";
    let file = files.iter().find(|file| file.name.ends_with(".cedarschema"));
    let text = file.map(|file| file.text.as_str()).unwrap_or_default();
    if !text.contains(SITUATION) {
        return Err(ProverError::translate("the schema has no `Situation`"));
    }
    let text = text.replace(SITUATION, &format!("{SITUATION} {}: Evidence,", world::MORE));
    let (schema, _) = Schema::from_cedarschema_str(&text).map_err(ProverError::translate)?;
    Ok(schema)
}
