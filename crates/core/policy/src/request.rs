//! From an [`Ask`] and its evidence to a Cedar request, and back to the rules that matched.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision as CedarDecision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression as Value,
};
use serde::Serialize;

use crate::{Ask, Evidence};

/// Why no answer could be had. Whoever gets one refuses.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct EvaluationError(String);

impl EvaluationError {
    pub(crate) fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

/// The rules that may speak about one effect, and the effect as Cedar knows it.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) rules: PolicySet,
    /// With its groups, so that `action in Action::"mutation"` holds.
    pub(crate) action: Entity,
    pub(crate) agent_type: EntityTypeName,
    pub(crate) target_type: EntityTypeName,
}

/// What one evaluation said.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    /// The ids of the rules that decided: the permits when allowed, else the forbids; none of either is possible.
    pub(crate) rules: Vec<String>,
}

/// An ask made ready: only the evidence still varies.
pub(crate) struct Situation<'a> {
    pub(crate) slice: &'a Slice,
    entities: Entities,
    agent: EntityUid,
    target: EntityUid,
    facts: Context,
    authorizer: Authorizer,
}

impl<'a> Situation<'a> {
    pub(crate) fn new(ask: &Ask, slice: &'a Slice) -> Result<Self, EvaluationError> {
        let agent = uid(&slice.agent_type, ask.agent.name.as_str());
        let target = uid(&slice.target_type, ask.target.id.as_str());
        let entities =
            [agent_entity(ask, agent.clone())?, target_entity(ask, target.clone())?, slice.action.clone()];
        Ok(Self {
            slice,
            entities: Entities::from_entities(entities, None).map_err(EvaluationError::new)?,
            agent,
            target,
            facts: pairs([("facts", facts(ask)?)])?,
            authorizer: Authorizer::new(),
        })
    }

    pub(crate) fn request(&self, evidence: &Evidence) -> Result<Request, EvaluationError> {
        let evidence = evidence.consistent();
        let people =
            [("team", Value::new_long(evidence.team.into())), ("solo", Value::new_bool(evidence.solo))];
        let varying = pairs([("evidence", brought(&evidence)?), ("people", record(people)?)])?;
        let context = varying.merge(self.facts.clone()).map_err(EvaluationError::new)?;
        let action = self.slice.action.uid();
        Request::new(self.agent.clone(), action, self.target.clone(), context, None)
            .map_err(EvaluationError::new)
    }

    /// Asks these rules.
    ///
    /// INVARIANT: any error in the diagnostics is an error here. Cedar skips a forbid that errors, and skipping one opens
    /// what it closes.
    pub(crate) fn ask(&self, rules: &PolicySet, request: &Request) -> Result<Answer, EvaluationError> {
        let response = self.authorizer.is_authorized(request, rules, &self.entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(EvaluationError::new(error));
        }
        Ok(Answer {
            allowed: response.decision() == CedarDecision::Allow,
            rules: response.diagnostics().reason().map(ToString::to_string).collect(),
        })
    }

    /// Asks every rule of the slice.
    pub(crate) fn ask_all(&self, evidence: &Evidence) -> Result<Answer, EvaluationError> {
        self.ask(&self.slice.rules, &self.request(evidence)?)
    }

    #[cfg(test)]
    pub(crate) fn entities(&self) -> &Entities {
        &self.entities
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn agent_entity(ask: &Ask, uid: EntityUid) -> Result<Entity, EvaluationError> {
    let attributes = HashMap::from([
        ("name".to_owned(), string(ask.agent.name.as_str())),
        ("class".to_owned(), string(ask.agent.class.name())),
        ("owner".to_owned(), string(ask.agent.owner.as_str())),
    ]);
    Entity::new(uid, attributes, HashSet::new()).map_err(EvaluationError::new)
}

fn target_entity(ask: &Ask, uid: EntityUid) -> Result<Entity, EvaluationError> {
    let target = &ask.target;
    let mut attributes = vec![
        ("kind".to_owned(), string(&word(&target.kind)?)),
        ("environment".to_owned(), string(target.environment.as_str())),
        ("production".to_owned(), Value::new_bool(target.production)),
        ("class_read_only".to_owned(), Value::new_bool(target.class_read_only)),
        ("bears_data".to_owned(), Value::new_bool(target.bears_data)),
        ("made_by_session".to_owned(), Value::new_bool(target.made_by_session)),
        ("interlock_own".to_owned(), Value::new_bool(target.interlock_own)),
        ("tags_known".to_owned(), Value::new_bool(target.tags.is_some())),
    ];
    attributes.extend(target.name.iter().map(|name| ("name".to_owned(), string(name))));
    attributes.extend(target.account.iter().map(|account| ("account".to_owned(), string(account.as_str()))));
    let tags = target.tags.iter().flatten().map(|(key, value)| (key.clone(), string(value)));
    Entity::new_with_tags(uid, attributes, [], tags).map_err(EvaluationError::new)
}

fn facts(ask: &Ask) -> Result<Value, EvaluationError> {
    let facts = &ask.facts;
    record([
        ("known", Value::new_bool(facts.known)),
        ("undo", Value::new_bool(facts.undo)),
        ("in_scope", Value::new_bool(facts.in_scope)),
        ("reach_production", Value::new_bool(facts.reach_production)),
        ("administrator", Value::new_bool(facts.administrator)),
        ("over_budget", Value::new_bool(facts.over_budget)),
        ("lease_names_secret", Value::new_bool(facts.lease_names_secret)),
        ("securable", Value::new_bool(facts.securable)),
        ("loses_data", Value::new_bool(facts.loses_data)),
        ("rehearsable", Value::new_bool(facts.rehearsable)),
        ("operation", string(facts.operation.as_str())),
        ("service", string(&facts.service)),
        ("surface", string(&word(&facts.surface)?)),
    ])
}

fn brought(evidence: &Evidence) -> Result<Value, EvaluationError> {
    record([
        ("forecast", Value::new_bool(evidence.forecast)),
        ("recovery_point", Value::new_bool(evidence.recovery_point)),
        ("recovery_proven", Value::new_bool(evidence.recovery_proven)),
        ("rehearsal", Value::new_bool(evidence.rehearsal)),
        ("approvals", Value::new_long(evidence.approvals.into())),
        ("others", Value::new_long(evidence.others.into())),
        ("independent", Value::new_long(evidence.independent.into())),
        ("delay_elapsed", Value::new_bool(evidence.delay_elapsed)),
        ("break_glass", Value::new_bool(evidence.break_glass)),
        ("granted", Value::new_bool(evidence.granted)),
    ])
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Result<Value, EvaluationError> {
    Value::new_record(fields.map(|(name, value)| (name.to_owned(), value))).map_err(EvaluationError::new)
}

fn pairs<const N: usize>(fields: [(&str, Value); N]) -> Result<Context, EvaluationError> {
    Context::from_pairs(fields.map(|(name, value)| (name.to_owned(), value))).map_err(EvaluationError::new)
}

fn string(text: &str) -> Value {
    Value::new_string(text.to_owned())
}

/// A value of a closed list by its name in JSON.
fn word<T: Serialize>(value: &T) -> Result<String, EvaluationError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(EvaluationError::new("a closed list has a member without a name")),
    }
}
