//! What speaks against a plan before anybody looks at its effects: a state that is missing, another one, or one that was swapped;
//! things that are there already; guards that are gone. Each in a sentence of its own.

use interlock_action::{Claim, Effect, Relation, Survey, Target, WorkspaceId};
use interlock_flow::{LastGood, StateVersion};
use interlock_reader_terraform::{Act, Change, Plan, Planned, Reading, State};
use serde_json::Value;

use crate::{configuration::Configuration, tree::Tree};

/// What is known beside a plan.
pub(crate) struct Known<'a> {
    /// Whose plan it is.
    pub(crate) workspace: &'a WorkspaceId,
    /// The state that it was planned from.
    pub(crate) latest: Option<&'a StateVersion>,
    /// The last one known to be good.
    pub(crate) good: Option<&'a LastGood>,
    /// The states of all workspaces.
    pub(crate) states: &'a [(WorkspaceId, StateVersion, State)],
    /// The work directory.
    pub(crate) tree: &'a Tree,
    /// What its files say.
    pub(crate) configuration: &'a Configuration,
    /// What was seen of what the plan touches.
    pub(crate) survey: &'a Survey,
}

/// The doubts, a sentence each.
pub(crate) fn doubts(reading: &Reading, known: &Known<'_>) -> Vec<String> {
    let mut doubts = strays(known);
    // The plan was made here, from the workspace's own state.
    let own = known.states.iter().any(|(id, ..)| id == known.workspace);
    if !own && !known.configuration.backends.is_empty() {
        let kinds: Vec<&str> = known.configuration.backends.iter().map(String::as_str).collect();
        doubts.push(format!(
            "the configuration keeps its state in `{}`, and nobody has brought that in: a person does with \
             `interlock terraform adopt`",
            kinds.join("`, `")
        ));
    }
    doubts.extend(there_already(reading, known));
    doubts
}

/// States that came with the work directory, and that are not the workspace's.
fn strays(known: &Known<'_>) -> Vec<String> {
    let stray = |(path, bytes): (&std::path::PathBuf, &Vec<u8>)| {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        let lineage = value.get("lineage")?.as_str()?;
        let serial = value.get("serial")?.as_u64()?;
        let resources = value.get("resources").and_then(Value::as_array).map_or(0, Vec::len);
        let what =
            format!("`{}` (lineage {lineage}, serial {serial}, {resources} resources)", path.display());
        match known.latest {
            _ if resources == 0 => None,
            Some(latest) if latest.lineage == lineage && serial <= latest.serial => None,
            Some(latest) => Some(format!(
                "another state lies in the work directory: {what} is not that of this workspace (lineage {}, serial {}); it is \
                 not read, and whoever put it there may mean other things than this plan does",
                latest.lineage, latest.serial
            )),
            None => Some(format!(
                "the state is missing: nobody has brought in {what}; a person does with `interlock terraform adopt`"
            )),
        }
    };
    known.tree.states.iter().filter_map(stray).collect()
}

/// What would be created and is there: the state that has it is missing here, or it is somebody else's.
fn there_already(reading: &Reading, known: &Known<'_>) -> Vec<String> {
    let creates = || {
        reading.changes.iter().filter(|planned| planned.change.managed && planned.change.act == Act::Create)
    };
    let found: Vec<String> = creates().filter_map(|planned| exists(planned, known)).collect();
    if found.is_empty() {
        return found;
    }
    let all = creates().count();
    let head = if known.latest.is_none() {
        format!("the state is missing: of {all} things that would be created {} exist already", found.len())
    } else {
        format!(
            "of {all} things that would be created {} exist already, and creating them takes them over",
            found.len()
        )
    };
    std::iter::once(head).chain(found).collect()
}

fn exists(planned: &Planned, known: &Known<'_>) -> Option<String> {
    let seen = |target: &&Target| {
        target.relation == Relation::Creates
            && known.survey.observed.get(&target.id).and_then(|seen| seen.exists) == Some(true)
    };
    let there = planned.calls.iter().flat_map(|call| &call.targets).find(seen);
    let change = &planned.change;
    let registered =
        known.states.iter().filter(|(id, ..)| id != known.workspace).find_map(|(id, version, state)| {
            let (name, address) = state.finds(change)?;
            Some((
                name,
                format!(
                    "in state lineage {}, serial {} (`{id}`, as {address})",
                    version.lineage, version.serial
                ),
            ))
        });
    match (there, registered) {
        (None, None) => None,
        (Some(target), None) => {
            let name = target.name.as_deref().unwrap_or(target.id.as_str());
            Some(format!(
                "`{name}` exists in this account, and no state that Interlock keeps has it ({})",
                change.address
            ))
        }
        (Some(_), Some((name, state))) => Some(format!("`{name}` exists in this account and is {state}")),
        (None, Some((name, state))) => Some(format!("`{name}` is {state}")),
    }
}

/// Guards of the last good configuration that are gone, or that would go with what they guard.
pub(crate) fn guards(reading: &Reading, known: &Known<'_>) -> Vec<Claim> {
    let guarded = known.good.into_iter().flat_map(|good| &good.guarded);
    let own = known.states.iter().find(|(id, ..)| id == known.workspace).map(|(_, _, state)| state);
    let claim = |address: &String| {
        let of = || reading.changes.iter().filter(|planned| planned.change.configured() == *address);
        let goes = of().any(|planned| planned.change.act.takes());
        let is_gone = !known.configuration.guarded.contains(address);
        // What is guarded no more can be taken by the next plan, whether this one touches it or not.
        let is_there = || of().next().is_some() || own.is_some_and(|state| state.has(address));
        if !(goes || is_gone && is_there()) {
            return None;
        }
        let targets = of().flat_map(|planned| &planned.action.targets);
        let target = targets.into_iter().find(|target| target.relation != Relation::Reaches);
        let why = format!("{address}: `prevent_destroy` guarded it in the last configuration that was good");
        Some(Claim {
            target: target.map(|target| target.id.clone()),
            rule: Some("terraform-guard".into()),
            ..Claim::plain(Effect::GuardRemoval, why)
        })
    };
    guarded.filter_map(claim).collect()
}

/// Settings by which a provider would act as somebody else: nothing of that is taken.
pub(crate) fn refused(plan: &Plan) -> Option<String> {
    let (provider, setting) = plan.configuration.refused.first()?;
    Some(format!(
        "provider `{provider}` brings its own `{setting}`: it would act with that, and not under the session's lease. Leave it out: \
         account, region and credentials come from Interlock"
    ))
}

/// One line for what a change is.
pub(crate) fn line(change: &Change) -> String {
    let forces: Vec<String> = change
        .forces
        .iter()
        .map(|path| {
            let parts: Vec<String> = path
                .iter()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect();
            format!("`{}`", parts.join("."))
        })
        .collect();
    let moved = change.previous.as_ref().map(|from| format!(" (was {from})")).unwrap_or_default();
    let act = match &change.act {
        Act::Replace { .. } if forces.is_empty() => "is destroyed and created again".to_owned(),
        Act::Replace { .. } => format!("is destroyed and created again: {} forces it", forces.join(", ")),
        other => other.to_string(),
    };
    format!("{}{moved} {act}", change.address)
}
