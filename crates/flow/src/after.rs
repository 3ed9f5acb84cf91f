//! What is remembered once an action has succeeded.

use interlock_action::{ClassifierWrite, Effect, Kind, Relation, Target};

use crate::{Event, Falls, Session, Situated, situate::memory_key};

/// What a success changes in the memory: who wrote to what, and what is provably new.
pub(crate) fn events(session: &Session, situated: &Situated) -> Vec<Event> {
    let mut events = Vec::new();
    // What is written over loses its content and stays the thing that it was.
    let stays = |id: &interlock_action::TargetId| {
        let writes = |fall: &&Falls| matches!(fall.effect, Effect::Create | Effect::Update);
        situated.falls.iter().filter(writes).any(|fall| fall.target.id == *id)
    };
    let destroyed = situated.survey.forecast.changes.iter();
    let destroyed = destroyed.filter(|change| change.effect == Effect::Destroy && !stays(&change.target));
    events.extend(destroyed.map(|change| Event::Gone { target: change.target.clone() }));
    for target in &situated.action.targets {
        // Whoever writes an object writes to its bucket: it is no longer its maker's alone.
        if target.kind == Kind::Object && matches!(target.relation, Relation::Acts | Relation::Creates) {
            events.push(Event::Touched { target: memory_key(target), session: session.root().clone() });
        }
        let seen = situated.survey.observed.get(&target.id);
        match target.relation {
            Relation::Acts => {
                events.push(Event::Touched { target: target.id.clone(), session: session.root().clone() });
                events.extend(renamed(target, &situated.action.writes));
            }
            Relation::Creates | Relation::Reaches | Relation::Source => {}
        }
        // INVARIANT: only a read that found nothing proves that the call made it.
        let absent = seen.and_then(|seen| seen.exists) == Some(false);
        let writes = |fall: &Falls| fall.effect == Effect::Create && fall.target.id == target.id;
        let makes = target.relation == Relation::Creates
            || (target.relation == Relation::Acts && situated.falls.iter().any(writes));
        if makes && absent {
            events.push(Event::Made {
                target: target.id.clone(),
                agent: session.agent.name.clone(),
                session: session.root().clone(),
                immutable_id: None,
            });
        }
    }
    events.extend(situated.renews.iter().cloned());
    events
}

/// A new name changes nothing of what a thing is: its classification goes with it. Services differ on whether case
/// tells names apart, so both spellings are remembered.
fn renamed(target: &Target, writes: &[ClassifierWrite]) -> Vec<Event> {
    let Some((name, environment)) = target.name.as_deref().zip(target.environment.as_ref()) else {
        return Vec::new();
    };
    let Some(head) = target.id.as_str().strip_suffix(name) else { return Vec::new() };
    let names = writes.iter().filter_map(|write| match write {
        ClassifierWrite::Name(new) => Some([format!("{head}{new}"), format!("{head}{}", new.to_lowercase())]),
        _ => None,
    });
    let event = |id: String| Event::Classified { target: id.into(), environment: environment.clone() };
    names.flatten().map(event).collect()
}
