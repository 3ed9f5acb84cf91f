//! AuthZEN's evaluation: the policy in force, asked by others. It decides nothing here: what an agent really sends is judged by what it
//! is, whatever was answered before.

use interlock_action::{AgentId, Effect, EnvironmentName, Operation, Surface, TargetId};
use interlock_api::{
    AccessAction, Entity, EvaluationAnswer, EvaluationAnswers, EvaluationRequest, EvaluationsRequest, Fault,
    PartOfEvaluation, Semantic,
};
use interlock_flow::{FreezeScope, PRODUCTION};
use interlock_policy::{ActionFacts, AgentFacts, Ask, Decision, Hypothetical, TargetFacts, Verified};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::state::Daemon;

/// So many at once.
const MOST: usize = 1_000;

impl Daemon {
    /// What the policy says of one.
    pub(crate) fn evaluate(&self, request: &EvaluationRequest) -> Result<EvaluationAnswer, Fault> {
        let EvaluationRequest { subject, action, resource, context } = request;
        let answer = self.evaluated(subject, action, resource)?;
        Ok(self.with_requests(answer, (subject, action, resource), context))
    }

    /// What it says of several.
    pub(crate) fn evaluate_all(&self, request: &EvaluationsRequest) -> Result<EvaluationAnswers, Fault> {
        let whole = PartOfEvaluation { subject: None, action: None, resource: None };
        let parts =
            if request.evaluations.is_empty() { std::slice::from_ref(&whole) } else { &request.evaluations };
        if parts.len() > MOST {
            return Err(Fault::bad_request(format!("at most {MOST} evaluations at once")));
        }
        let mut evaluations = Vec::new();
        for part in parts {
            let subject = part.subject.as_ref().or(request.subject.as_ref());
            let action = part.action.as_ref().or(request.action.as_ref());
            let resource = part.resource.as_ref().or(request.resource.as_ref());
            let (Some(subject), Some(action), Some(resource)) = (subject, action, resource) else {
                return Err(Fault::bad_request("an evaluation needs a subject, an action and a resource"));
            };
            let answer = self.evaluated(subject, action, resource)?;
            let ends = match request.options.evaluations_semantic {
                Semantic::ExecuteAll => false,
                Semantic::DenyOnFirstDeny => !answer.decision,
                Semantic::PermitOnFirstPermit => answer.decision,
            };
            evaluations.push(answer);
            if ends {
                break;
            }
        }
        Ok(EvaluationAnswers { evaluations })
    }

    fn evaluated(
        &self,
        subject: &Entity,
        action: &AccessAction,
        resource: &Entity,
    ) -> Result<EvaluationAnswer, Fault> {
        let agent = AgentId::new(&subject.id);
        let agent = self.memory().agents.get(&agent).filter(|_| subject.kind == "agent").cloned();
        let Some(agent) = agent else {
            return Ok(no("unknown-subject", "no agent of this name is registered"));
        };
        let Some(effect) = Effect::ALL.into_iter().find(|effect| effect.name() == action.name) else {
            return Ok(no("unknown-action", "this is no effect that the policy speaks of"));
        };
        let ask = Ask {
            agent: AgentFacts { name: agent.name, class: agent.class, owner: agent.owner },
            effect,
            target: target(resource)?,
            facts: facts(action)?,
        };
        let now = self.now();
        // INVARIANT: the memory is read once at a time: two reads of one thread wait for a writer between them for good.
        let (team, solo, frozen) = {
            let memory = self.memory();
            let mut freezes = memory.freezes.values();
            let frozen = freezes.any(|freeze| covers(&freeze.scope, &ask));
            (u8::try_from(memory.team(now)).unwrap_or(u8::MAX), memory.solo(now), frozen)
        };
        if frozen && effect.mutates() {
            return Ok(no("frozen", "a freeze covers it"));
        }
        let most = Hypothetical::greatest(team, team, solo);
        Ok(answer(&self.road.bundle().decide(&[ask], &Verified::none(team, solo), &most)))
    }
}

/// What is taken of a resource.
const SAID_OF_RESOURCES: [&str; 4] = ["name", "account", "environment", "bears_data"];

/// What is not said counts as its worst value. Whose own a resource is, and who made it, nobody says from outside.
fn target(resource: &Entity) -> Result<TargetFacts, Fault> {
    let mut said = resource.properties.clone();
    if let Some(other) = said.keys().find(|name| !SAID_OF_RESOURCES.contains(&name.as_str())) {
        let known = SAID_OF_RESOURCES.join("`, `");
        let why =
            format!("properties of the resource: nothing is known by `{}`", interlock_api::exact(other));
        return Err(Fault::bad_request(why).hint(format!("it may say `{known}`")));
    }
    let environment = said.remove("environment");
    let environment = environment.as_ref().and_then(Value::as_str).unwrap_or(PRODUCTION).to_owned();
    said.insert("kind".to_owned(), json!(resource.kind));
    said.insert("production".to_owned(), json!(environment == PRODUCTION));
    let worst = TargetFacts::worst(TargetId::new(&resource.id), EnvironmentName::new(environment));
    overlaid(&worst, said, "resource")
}

fn facts(action: &AccessAction) -> Result<ActionFacts, Fault> {
    let mut said = action.properties.clone();
    let operation = said.remove("operation");
    let operation = Operation::new(operation.as_ref().and_then(Value::as_str).unwrap_or("unknown"));
    let surface = match operation.as_str().split(':').next() {
        Some("terraform") => Surface::Terraform,
        _ => Surface::Aws,
    };
    overlaid(&ActionFacts::worst(surface, operation), said, "action")
}

/// What was said over what is worst; what nobody knows is a fault.
fn overlaid<T: Serialize + DeserializeOwned>(
    worst: &T,
    said: Map<String, Value>,
    of: &str,
) -> Result<T, Fault> {
    let bad = |error: serde_json::Error| Fault::bad_request(format!("properties of the {of}: {error}"));
    let mut whole = serde_json::to_value(worst).map_err(bad)?;
    if let Some(fields) = whole.as_object_mut() {
        fields.extend(said);
    }
    serde_json::from_value(whole).map_err(bad)
}

/// Whether a freeze is about this. One of a task is not known here, and counts.
fn covers(scope: &FreezeScope, ask: &Ask) -> bool {
    match scope {
        FreezeScope::Fleet | FreezeScope::Task(_) => true,
        FreezeScope::Agent(agent) => *agent == ask.agent.name,
        FreezeScope::Service(service) => ask.facts.service == *service,
        FreezeScope::Environment(environment) => *environment == ask.target.environment,
    }
}

fn no(outcome: &str, why: &str) -> EvaluationAnswer {
    let context = Map::from_iter([("outcome".to_owned(), json!(outcome)), ("why".to_owned(), json!(why))]);
    EvaluationAnswer { decision: false, context }
}

fn answer(decision: &Decision) -> EvaluationAnswer {
    let rules =
        decision.rules().iter().map(|rule| json!({"rule": rule.rule, "why": rule.why, "next": rule.next}));
    let context = Map::from_iter([
        ("outcome".to_owned(), json!(decision.name())),
        ("tier".to_owned(), json!(decision.tier())),
        ("needs".to_owned(), json!(decision.needs())),
        ("rules".to_owned(), rules.collect()),
    ]);
    EvaluationAnswer { decision: decision.admits(), context }
}

/// Where its endpoints are.
pub(crate) fn configuration() -> Value {
    let at = |path: &str| format!("http://interlock{path}");
    json!({
        "policy_decision_point": at(""),
        "access_evaluation_endpoint": at("/access/v1/evaluation"),
        "access_evaluations_endpoint": at("/access/v1/evaluations"),
        "access_request_endpoint": at("/access/v1/requests"),
        "capabilities": ["urn:openid:authzen:capability:access-request"],
    })
}
