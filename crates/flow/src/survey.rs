//! Looking before and after: the reads of a forecast, and what a session provably made.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use interlock_action::{Action, Answers, Effect, Kind, Observed, Read, SessionId, Survey, TargetId};
use interlock_ledger::{Entry, EntryKind};

use crate::{Event, Freshness, Inspect, Inspection, Memory, Record, Session, road::Road, stop::Stop};

/// How often somebody may ask for more.
const ROUNDS: usize = 4;

/// Reads what is wanted, and what is wanted then; so many answers at the most.
pub(crate) async fn ask(
    inspect: &dyn Inspect,
    inspection: &Inspection,
    most: usize,
    answers: &mut Answers,
    wants: impl Fn(&Answers) -> Vec<Read>,
) {
    for _ in 0..ROUNDS {
        let mut reads = wants(answers);
        reads.retain(|read| !answers.contains_key(&read.key));
        reads.truncate(most.saturating_sub(answers.len()));
        if reads.is_empty() {
            break;
        }
        let asked = reads
            .iter()
            .map(|read| async { (read.key.clone(), inspect.inspect(inspection, &read.call).await) });
        answers.extend(join_all(asked).await);
    }
}

impl Road {
    /// Reads what the forecast needs and folds it. Prepares nothing.
    pub(crate) async fn survey(&self, session: &Session, action: &Action) -> Result<Survey, Stop> {
        let mut answers: Answers = BTreeMap::new();
        self.look(session, action, &mut answers).await?;
        let (_, _, foresee) = self.surface(action.surface)?;
        Ok(foresee.fold(action, &answers))
    }

    /// Reads what the forecast still needs.
    pub(crate) async fn look(
        &self,
        session: &Session,
        action: &Action,
        answers: &mut Answers,
    ) -> Result<(), Stop> {
        let (inspect, _, foresee) = self.surface(action.surface)?;
        let proves = proves(&self.memory(), action);
        let freshness = if proves { Freshness::Presence } else { Freshness::Recent };
        let inspection = Inspection::mint(session.id.clone(), freshness);
        ask(inspect.as_ref(), &inspection, foresee.most(), answers, |answers| foresee.reads(action, answers))
            .await;
        Ok(())
    }

    /// Looks at what a session has just made and remembers the ids that no later thing of the same name will have. To be
    /// called once a create has succeeded, with the targets that this very call made; until then its proof is the name
    /// alone.
    pub async fn learn_ids(&self, session: &SessionId, action: &Action) {
        let Ok(session_of) = self.live_session(session) else { return };
        let made = |memory: &Memory, id: &TargetId| {
            let made = memory.made.get(id)?;
            (made.agent == session_of.agent.name && made.immutable_id.is_none()).then(|| made.session.clone())
        };
        let fresh = {
            let memory = self.memory();
            action.targets.iter().any(|target| made(&memory, &target.id).is_some())
        };
        if !fresh {
            return;
        }
        let Ok(survey) = self.survey(&session_of, action).await else { return };
        let events: Vec<Event> = {
            let memory = self.memory();
            // An upload that has only begun made nothing yet.
            let nothing = |id: &TargetId, seen: &Observed| {
                let object =
                    action.targets.iter().any(|target| target.id == *id && target.kind == Kind::Object);
                object && seen.exists == Some(false)
            };
            let event = |(id, seen): (&TargetId, &Observed)| {
                // INVARIANT: what an earlier call made is not looked at again: another thing may have its name by now.
                action.targets.iter().find(|target| target.id == *id)?;
                let session = made(&memory, id)?;
                if nothing(id, seen) {
                    return Some(Event::Gone { target: id.clone() });
                }
                let immutable_id = Some(seen.immutable_id.clone()?);
                let agent = session_of.agent.name.clone();
                Some(Event::Made { target: id.clone(), agent, session, immutable_id })
            };
            survey.observed.iter().filter_map(event).collect()
        };
        if events.is_empty() {
            return;
        }
        let entry = Entry::new(EntryKind::Outcome, self.ports.clock.now())
            .public("session", session)
            .public("operation", &action.operation)
            .public("made", events.len());
        // Lost, the proof stays what it was.
        let _ = self.commit(Record { entry, events, guards: Vec::new() }).await;
    }
}

/// Whether what is read of an action proves that something was made or may go: that nothing is there, or that what is
/// there is still what the session made. Whoever else writes does so where Interlock does not see it.
fn proves(memory: &Memory, action: &Action) -> bool {
    let decides = |effect| matches!(effect, Effect::Create | Effect::Destroy | Effect::RecoveryLoss);
    action.claims.is_empty()
        || !action.unknowns.is_empty()
        || action.claims.iter().any(|claim| decides(claim.effect))
        || action.targets.iter().any(|target| memory.made.contains_key(&target.id))
}
