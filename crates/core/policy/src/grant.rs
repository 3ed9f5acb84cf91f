//! Standing grants: what people let pass beforehand, for a while, written as Cedar permits.
//!
//! A grant is made of one action that was held, part by part: one permit for each of its effects on one kind of thing. It is generated
//! here and by nobody else, and never for what is grave. Which rules a grant lifts is what they say of `context.evidence.granted`;
//! that no bundle lifts more by it than it may is proved (`policies/invariants/grants.cedar`).

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicyId};
use interlock_action::{AccountId, AgentId, Effect, EnvironmentName, Kind, Operation, TargetId, name_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Ask, Evidence, Probe, ProbeError, shipped};

/// What a grant is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Whose actions.
    pub agent: AgentId,
    /// By which operation.
    pub operation: Operation,
    /// The effects that it may have, each on things of one kind.
    pub parts: Vec<Part>,
}

/// One effect on things of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The effect.
    pub effect: Effect,
    /// On what kind of thing.
    pub kind: Kind,
    /// In which environment.
    pub environment: EnvironmentName,
    /// In which account; `None` where the first action's was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// On these; empty is every one of that kind there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub targets: BTreeSet<TargetId>,
}

/// Why there is no grant for something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ungrantable {
    /// It is looked at each time.
    #[error("`{0}` is looked at each time: no grant covers it")]
    Effect(Effect),
    /// Data.
    #[error("it destroys data, which is looked at each time")]
    Data,
    /// Not understood, outside the task, over budget, Interlock's own.
    #[error("{0}, which is looked at each time")]
    Facts(&'static str),
    /// Objects are asked about together, so that no grant could tell them apart.
    #[error("objects are not told apart one by one: no grant covers them")]
    Objects,
    /// There is nothing that would be held.
    #[error("it changes nothing that people are asked about")]
    Nothing,
}

impl Selector {
    /// What a grant for an action like this is about: on the same things, or on every one of their kinds in the same place.
    ///
    /// # Errors
    /// [`Ungrantable`] for what no grant covers.
    pub fn of(operation: Operation, asks: &[Ask], any_target: bool) -> Result<Self, Ungrantable> {
        let agent = asks.first().map(|ask| ask.agent.name.clone()).ok_or(Ungrantable::Nothing)?;
        let mut parts: Vec<Part> = Vec::new();
        for ask in asks.iter().filter(|ask| ask.effect != Effect::Read) {
            may_be_granted(ask)?;
            let part = Part {
                effect: ask.effect,
                kind: ask.target.kind,
                environment: ask.target.environment.clone(),
                account: ask.target.account.clone(),
                targets: BTreeSet::new(),
            };
            let known =
                parts.iter().position(|have| Part { targets: BTreeSet::new(), ..have.clone() } == part);
            let at = known.unwrap_or_else(|| {
                parts.push(part);
                parts.len().saturating_sub(1)
            });
            if let Some(part) = parts.get_mut(at).filter(|_| !any_target) {
                part.targets.insert(ask.target.id.clone());
            }
        }
        parts.sort();
        if parts.is_empty() { Err(Ungrantable::Nothing) } else { Ok(Self { agent, operation, parts }) }
    }

    /// As Cedar: one permit a part.
    ///
    /// # Errors
    /// Parts that Cedar does not take.
    pub fn permits(&self) -> Result<Vec<Policy>, ProbeError> {
        let permit = |(at, part): (usize, &Part)| {
            let id = PolicyId::new(format!("grant-{at}"));
            Policy::from_json(Some(id), self.permit(part)).map_err(ProbeError::new)
        };
        self.parts.iter().enumerate().map(permit).collect()
    }

    /// The text of these permits.
    ///
    /// # Errors
    /// As [`Selector::permits`].
    pub fn cedar(&self) -> Result<String, ProbeError> {
        let texts = self.permits()?.into_iter().map(|permit| permit.to_string());
        Ok(texts.collect::<Vec<_>>().join("\n\n"))
    }

    /// Whether it covers all of an action: each of its effects but reading.
    ///
    /// # Errors
    /// A bundle whose schema does not know the permits; nothing is covered then.
    pub fn covers(&self, operation: &Operation, asks: &[Ask]) -> Result<bool, ProbeError> {
        self.ready()?.covers(operation, asks)
    }

    /// Made ready to be asked often.
    ///
    /// # Errors
    /// As [`Selector::permits`].
    pub fn ready(&self) -> Result<Covering<'_>, ProbeError> {
        Ok(Covering { selector: self, probe: Probe::new(shipped::schema()?, &self.permits()?)? })
    }

    /// One part in Cedar's JSON form, so that no name breaks out of its quotes.
    fn permit(&self, part: &Part) -> Value {
        let entity = |kind: &str, id: &str| json!({"type": kind, "id": id});
        let of = |variable: &str, names: &[&str]| {
            names
                .iter()
                .fold(json!({"Var": variable}), |left, name| json!({".": {"left": left, "attr": name}}))
        };
        let equal = |left: Value, right: &str| json!({"==": {"left": left, "right": {"Value": right}}});
        let not = |what: Value| json!({"!": {"arg": what}});
        let fact = |name: &str| of("context", &["facts", name]);
        let mut when = vec![
            equal(fact("operation"), self.operation.as_str()),
            equal(of("resource", &["kind"]), &name_of(&part.kind)),
            equal(of("resource", &["environment"]), part.environment.as_str()),
        ];
        if let Some(account) = &part.account {
            when.push(json!({"has": {"left": {"Var": "resource"}, "attr": "account"}}));
            when.push(equal(of("resource", &["account"]), account.as_str()));
        }
        if !part.targets.is_empty() {
            let targets =
                part.targets.iter().map(|id| json!({"Value": {"__entity": entity("Target", id.as_str())}}));
            let set = json!({"Set": targets.collect::<Vec<_>>()});
            when.push(json!({"contains": {"left": set, "right": {"Var": "resource"}}}));
        }
        when.push(fact("known"));
        if part.effect.mutates() {
            when.push(fact("in_scope"));
        }
        when.push(not(fact("over_budget")));
        when.push(not(of("resource", &["interlock_own"])));
        if part.effect == Effect::Destroy {
            when.push(not(of("resource", &["bears_data"])));
        }
        let whole = when.into_iter().reduce(|left, right| json!({"&&": {"left": left, "right": right}}));
        json!({
            "effect": "permit",
            "principal": {"op": "==", "entity": entity("Agent", self.agent.as_str())},
            "action": {"op": "==", "entity": entity("Action", part.effect.name())},
            "resource": {"op": "is", "entity_type": "Target"},
            "conditions": [{"kind": "when", "body": whole}],
        })
    }
}

/// A selector that is ready to be asked.
#[derive(Debug)]
pub struct Covering<'a> {
    selector: &'a Selector,
    probe: Probe,
}

impl Covering<'_> {
    /// As [`Selector::covers`].
    ///
    /// # Errors
    /// As there.
    pub fn covers(&self, operation: &Operation, asks: &[Ask]) -> Result<bool, ProbeError> {
        let mut grave = asks.iter().filter(|ask| ask.effect != Effect::Read).peekable();
        if *operation != self.selector.operation || grave.peek().is_none() {
            return Ok(false);
        }
        for ask in grave {
            if may_be_granted(ask).is_err() || !self.probe.allows(ask, &Evidence::none(0, false))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a grant may cover this at all.
fn may_be_granted(ask: &Ask) -> Result<(), Ungrantable> {
    let (effect, target, facts) = (ask.effect, &ask.target, &ask.facts);
    match effect {
        Effect::Read | Effect::SensitiveRead | Effect::Create | Effect::Update | Effect::Interrupt => {}
        Effect::Destroy if target.bears_data => return Err(Ungrantable::Data),
        Effect::Destroy => {}
        other => return Err(Ungrantable::Effect(other)),
    }
    if target.kind == Kind::Object {
        return Err(Ungrantable::Objects);
    }
    let grave = [
        (!facts.known, "a part of it was not understood"),
        (effect.mutates() && !facts.in_scope, "it is outside the task"),
        (facts.over_budget, "the agent has destroyed as much as it may"),
        (target.interlock_own, "it touches Interlock's own"),
    ];
    match grave.into_iter().find(|(is, _)| *is) {
        Some((_, why)) => Err(Ungrantable::Facts(why)),
        None => Ok(()),
    }
}
