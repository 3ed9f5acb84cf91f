//! A plan as one action on the road: everything that its changes do, to everything that they touch.

use std::collections::HashSet;

use interlock_action::{Action, Effect, Operation, Relation, Target};
use interlock_reader_terraform::{Act, Planned, Reading};
use serde_json::{Value, json};

use crate::{bundle::Meta, doubt::line, new::New};

/// What of a plan is told before everything else, in its arguments.
pub(crate) const NOTED: &str = "noted";

/// What a change is, in a sentence, among its arguments.
pub(crate) const SAYS: &str = "says";

/// The action that a bundle is.
pub(crate) fn action(meta: &Meta, reading: &Reading, doubts: Vec<String>) -> Result<Action, String> {
    let mut whole = reading.whole.clone();
    let digest = meta.digest()?;
    let destroys = reading.changes.iter().all(|planned| planned.change.act == Act::Delete);
    let all = !reading.changes.is_empty() && destroys;
    whole.operation = Operation::new(if all { "terraform:destroy" } else { "terraform:apply" });
    whole.account.clone_from(&meta.account);
    whole.region = whole.region.or_else(|| Some(meta.region.clone()));
    whole.unknowns.extend(doubts);
    let mut targets: Vec<Target> = Vec::new();
    let mut seen: HashSet<(String, Relation)> = HashSet::new();
    let (mut changes, mut secrets) = (Vec::new(), Vec::new());
    let all = || reading.changes.iter().flat_map(|planned| &planned.calls);
    let new = New::by(all());
    let idle = new.keys(all());
    for (at, planned) in reading.changes.iter().enumerate() {
        let action = &planned.action;
        let (what, address) = (&planned.change, &planned.change.address);
        for claim in &action.claims {
            // What depends on what is there does not hold of what is not.
            if claim.when.iter().any(|test| idle.iter().any(|key| test.fact.starts_with(key.as_str()))) {
                continue;
            }
            let mut claim = claim.clone();
            // What falls on all that one change acts on does not fall on what another does.
            if claim.target.is_none() {
                let acts = action.targets.iter().find(|target| target.relation != Relation::Reaches);
                claim.target = acts.map(|target| target.id.clone());
            }
            // Who reaches a thing that is not there yet is a part of making it, as long as it reaches nothing that is there.
            if claim.effect == Effect::Network && is_new(&new, planned) {
                claim.effect = Effect::Create;
            }
            if !claim.why.starts_with(address.as_str()) {
                claim.why = format!("{address} {}: {}", what.act, claim.why);
            }
            whole.claims.push(claim);
        }
        for target in &action.targets {
            if seen.insert((target.id.to_string(), target.relation)) {
                targets.push(target.clone());
            }
        }
        let touched = action.targets.iter().filter(|target| target.relation != Relation::Reaches);
        for target in touched.filter(|_| !action.writes.is_empty()) {
            whole.writes_on.entry(target.id.clone()).or_default().extend(action.writes.iter().cloned());
        }
        whole.unknowns.extend(action.unknowns.iter().map(|unknown| {
            if unknown.starts_with(address.as_str()) {
                unknown.clone()
            } else {
                format!("{address}: {unknown}")
            }
        }));
        secrets.extend(action.secrets.iter().map(|secret| format!("/changes/{at}{secret}")));
        let mut arguments = action.arguments.clone();
        if let Some(members) = arguments.as_object_mut() {
            members.insert(SAYS.to_owned(), Value::String(line(what)));
            members.insert("forces".to_owned(), json!(what.forces));
        }
        changes.push(arguments);
    }
    if !targets.is_empty() {
        whole.targets = targets;
    }
    let bundle = serde_json::to_value(meta).map_err(|error| error.to_string())?;
    // What a variable is set to on the command line may be a password; that it is set is no secret.
    let variables = meta.options.iter().enumerate().filter(|(_, option)| option.starts_with("-var="));
    secrets.extend(variables.map(|(at, _)| format!("/bundle/options/{at}")));
    whole.arguments = json!({"digest": digest, "bundle": bundle, "changes": changes});
    whole.secrets = secrets;
    Ok(whole)
}

/// Whether everything that a change touches or reaches is made by the same plan.
fn is_new(new: &New, planned: &Planned) -> bool {
    planned.change.act == Act::Create && planned.action.targets.iter().all(|target| new.has(&target.id))
}

/// The calls of such an action, as they stand in its arguments.
pub(crate) fn calls(arguments: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let changes = arguments.get("changes").and_then(Value::as_array).into_iter().flatten();
    changes.flat_map(|change| {
        let address = change.get("address").and_then(Value::as_str).unwrap_or_default();
        let calls = change.get("calls").and_then(Value::as_array).into_iter().flatten();
        calls.map(move |call| (address, call))
    })
}
