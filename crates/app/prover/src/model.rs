//! From a solver's model to a request that the engine can be asked.
//!
//! What no rule looks at, a solver fills in at random; what does not fit the engine's closed lists is left ordinary.
//! Nothing is lost by that: the engine is asked whether the request still does what the solver said.
#![expect(clippy::indexing_slicing, reason = "a JSON value answers null where it has no such member")]

use std::collections::BTreeMap;

use cedar_policy::{Entity, EvalResult};
use cedar_policy_symcc::Env;
use interlock_action::{Effect, EnvironmentName, Operation, PersonId};
use interlock_policy::{Ask, Evidence};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::{sample, world::MORE};

/// The request in a model, with the evidence it has and, in a doubled model, the evidence it has more.
pub(crate) fn request(effect: Effect, env: &Env) -> (Ask, Evidence, Evidence) {
    let mut ask = sample::ordinary(effect);
    if let Some(agent) = env.request.principal().and_then(|uid| env.entities.get(uid)) {
        let attributes = attributes(agent);
        put(&mut ask.agent.class, &attributes, "class");
        text(&attributes, "name", |name| ask.agent.name = name.into());
        text(&attributes, "owner", |owner| ask.agent.owner = PersonId::new(owner));
    }
    if let Some(target) = env.request.resource().and_then(|uid| env.entities.get(uid)) {
        self::target(&mut ask, target);
    }
    if let Some(uid) = env.request.resource() {
        ask.target.id = interlock_action::TargetId::new(uid.id().unescaped());
    }
    let context =
        |name: &str| env.request.context().and_then(|context| context.get(name)).map(|value| json_of(&value));
    let facts = context("facts").unwrap_or_default();
    if let Value::Object(fields) = facts {
        facts_of(&mut ask, &fields);
    }
    let people = context("people").unwrap_or_default();
    let evidence = |name: &str| {
        let mut fields = match context(name) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        for part in ["team", "solo"] {
            fields.insert(part.to_owned(), people[part].clone());
        }
        serde_json::from_value::<Evidence>(Value::Object(fields)).unwrap_or_default().consistent()
    };
    (ask, evidence("evidence"), evidence(MORE))
}

fn target(ask: &mut Ask, entity: &Entity) {
    let attributes = attributes(entity);
    let target = &mut ask.target;
    put(&mut target.kind, &attributes, "kind");
    text(&attributes, "environment", |name| target.environment = EnvironmentName::new(name));
    target.name = attributes.get("name").and_then(Value::as_str).map(str::to_owned);
    target.account = attributes.get("account").and_then(Value::as_str).map(Into::into);
    for (field, name) in [
        (&mut target.production, "production"),
        (&mut target.class_read_only, "class_read_only"),
        (&mut target.bears_data, "bears_data"),
        (&mut target.made_by_session, "made_by_session"),
        (&mut target.interlock_own, "interlock_own"),
    ] {
        put(field, &attributes, name);
    }
    let known = attributes.get("tags_known").and_then(Value::as_bool).unwrap_or_default();
    target.tags = known.then(|| {
        let tags = entity.tags().filter_map(|(key, value)| Some((key.to_owned(), value.ok()?)));
        let tags = tags.filter_map(|(key, value)| Some((key, json_of(&value).as_str()?.to_owned())));
        tags.collect::<BTreeMap<String, String>>()
    });
}

fn facts_of(ask: &mut Ask, fields: &Map<String, Value>) {
    let facts = &mut ask.facts;
    for (field, name) in [
        (&mut facts.known, "known"),
        (&mut facts.undo, "undo"),
        (&mut facts.in_scope, "in_scope"),
        (&mut facts.reach_production, "reach_production"),
        (&mut facts.administrator, "administrator"),
        (&mut facts.over_budget, "over_budget"),
        (&mut facts.lease_names_secret, "lease_names_secret"),
        (&mut facts.securable, "securable"),
        (&mut facts.loses_data, "loses_data"),
        (&mut facts.rehearsable, "rehearsable"),
    ] {
        put(field, fields, name);
    }
    put(&mut facts.surface, fields, "surface");
    text(fields, "operation", |operation| facts.operation = Operation::new(operation));
    text(fields, "service", |service| facts.service = service.to_owned());
}

fn put<T: DeserializeOwned>(field: &mut T, values: &Map<String, Value>, name: &str) {
    if let Some(value) = values.get(name).and_then(|value| serde_json::from_value(value.clone()).ok()) {
        *field = value;
    }
}

fn text(values: &Map<String, Value>, name: &str, put: impl FnOnce(&str)) {
    if let Some(text) = values.get(name).and_then(Value::as_str) {
        put(text);
    }
}

fn attributes(entity: &Entity) -> Map<String, Value> {
    entity.attrs().filter_map(|(name, value)| Some((name.to_owned(), json_of(&value.ok()?)))).collect()
}

fn json_of(value: &EvalResult) -> Value {
    match value {
        EvalResult::Bool(value) => json!(value),
        EvalResult::Long(value) => json!(value),
        EvalResult::String(value) => json!(value),
        EvalResult::Record(record) => {
            record.iter().map(|(name, value)| (name.clone(), json_of(value))).collect()
        }
        EvalResult::Set(set) => set.iter().map(json_of).collect(),
        _ => Value::Null,
    }
}
