//! Everything without a forecaster of its own.
//!
//! Looks whether the targets exist and what tags they bear, where a row of the existence table says how. Where none does,
//! the catalogue is asked: a read of the same service about the same noun (`DeleteWorkflow`: `GetWorkflow`,
//! `DescribeWorkflow`), which needs nothing that the request does not name, tells whether it is there; of its answer
//! nothing else is used or kept. Everything else is told from the operation's name and parameters alone, and is said to be:
//! what it changes, who depends on it, how it could be taken back was not looked at, so that no way back is ever claimed.
//! A destroy whose target bears data, or might, cannot be secured: nobody here knows how.

use interlock_action::{
    Action, Answers, Bears, Effect, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Map, Value};

use super::{
    Look,
    answer::{Live, live},
    draft::Draft,
    existence,
};
use crate::{catalogue::Catalogue, effect::verb::words};

const THERE: &str = "whether it is there";

/// What begins so falls on a thing that must be there; other verbs may make it.
const NEED: [&str; 12] = [
    "Cancel",
    "Delete",
    "Deregister",
    "Disable",
    "Modify",
    "Purge",
    "Reboot",
    "Reset",
    "Restart",
    "Stop",
    "Terminate",
    "Update",
];

/// The forecaster of last resort.
pub(super) struct Generic;

/// The one target that the request acts on, where no row says how it is looked up.
fn unlisted(action: &Action) -> Option<&TargetId> {
    let mut acts = action.targets.iter().filter(|target| target.relation == Relation::Acts);
    let only = acts.next().filter(|_| acts.next().is_none())?;
    (!existence::is_listed(only)).then_some(&only.id)
}

/// A read about the thing that the request names, of the same service, which takes nothing but what the request gives.
fn look(action: &Action) -> Option<Read> {
    unlisted(action)?;
    let service = Catalogue::get().service(action.operation.service())?;
    let verb = words(action.operation.verb()).into_iter().next().filter(|verb| NEED.contains(verb))?;
    let noun = action.operation.verb().strip_prefix(verb)?;
    for verb in ["Describe", "Get"] {
        let Some(operation) = service.operation(&format!("{verb}{noun}")) else { continue };
        let Some(input) = service.input(operation) else { continue };
        let required = input.members.iter().filter(|member| member.required);
        let mut arguments = Map::new();
        let mut whole = true;
        for member in required {
            match action.arguments.get(member.name).filter(|value| value.is_string()) {
                Some(value) => {
                    arguments.insert(member.name.to_owned(), value.clone());
                }
                None => whole = false,
            }
        }
        // Without a name it is about whatever there is.
        if !whole || arguments.is_empty() || operation.credentials_out || operation.presigned_out {
            continue;
        }
        let arguments = Value::Object(arguments);
        let account = action.account.as_ref().map(|account| account.as_str());
        let judged = crate::judge(&service, operation, action.region.as_deref(), account, &arguments);
        if operation.access.is_read() && judged.is_plain_read() {
            return Some(crate::call::read(action, THERE, service.name, operation.name, arguments));
        }
    }
    None
}

impl Look for Generic {
    fn knows(&self, _action: &Action) -> bool {
        true
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        look(action).into_iter().collect()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        if !action.mutates() {
            return;
        }
        if let (Some(id), Some(read)) = (unlisted(action), look(action)) {
            let exists = match live(answers, THERE) {
                Live::Found(_) => Some(true),
                Live::Absent => Some(false),
                Live::Unread(why) => {
                    draft.unknown(format!("{} did not tell whether it is there: {why}", read.call.operation));
                    None
                }
            };
            if exists.is_some() {
                draft.saw();
            }
            draft.bind(format!("{id} seen"), serde_json::json!({ "exists": exists }));
            draft.observe(id, Observed { exists, ..Observed::default() });
        }
        tell_plainly(action, draft);
        let gone = |id: &TargetId| draft.seen(id).and_then(|seen| seen.exists) == Some(false);
        if action.targets.is_empty() || !action.targets.iter().all(|target| gone(&target.id)) {
            draft.unknown(format!(
                "what {} changes is told from its name and parameters alone: nobody here looks into it",
                action.operation
            ));
        }
    }
}

/// The generic words, for kinds that have nothing more to say of an operation.
pub(super) fn tell_plainly(action: &Action, draft: &mut Draft) {
    if !action.mutates() {
        return;
    }
    let mut bearing = Vec::new();
    for target in &action.targets {
        let seen = draft.seen(&target.id);
        let exists = seen.and_then(|seen| seen.exists);
        let measured =
            seen.map(|seen| seen.data).filter(|data| *data != Bears::Unknown).unwrap_or(target.data);
        let name = target.name.clone().unwrap_or_else(|| target.id.to_string());
        if exists.is_none() && target.relation != Relation::Reaches {
            draft.unknown(format!("whether {name} exists was not or could not be read"));
        }
        if target.relation == Relation::Acts && measured != Bears::No && exists != Some(false) {
            bearing.push((name, measured));
        }
    }
    let has = |effect| action.claims.iter().any(|claim| claim.effect == effect);
    let destroys = action.claims.is_empty() || has(Effect::Destroy) || has(Effect::RecoveryLoss);
    if !destroys {
        draft.reversibility = Reversibility::None;
        return;
    }
    for (name, data) in &bearing {
        let holds = if *data == Bears::Yes { "whatever it holds" } else { "it may hold data" };
        draft.lose(format!("{name}: {holds}; how much was not looked at"));
        draft.unknown(format!(
            "what {name} holds, who uses it and what it could be restored from was not looked at"
        ));
    }
    if let Some((name, _)) = bearing.first() {
        draft.secure(Securing::Impossible(format!(
            "no recovery point is known for {} of {name}",
            action.operation
        )));
    }
}
