//! Looking before and after: the reads of a forecast, and what a session provably made.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use interlock_action::{Action, Answer, Answers, Observed, SessionId, Survey, TargetId};
use interlock_ledger::{Entry, EntryKind};

use crate::{
    Event, Inspection, Memory, Record, Session,
    road::{Road, Stop},
};

/// How often a forecaster may ask for more.
const ROUNDS: usize = 4;
/// How many reads one survey may make.
const READS: usize = 200;

impl Road {
    /// Reads what the forecast needs and folds it.
    pub(crate) async fn survey(&self, session: &Session, action: &Action) -> Result<Survey, Stop> {
        let (inspect, _, foresee) = self.surface(action.surface)?;
        let inspection = Inspection::mint(session.id.clone());
        let mut answers: Answers = BTreeMap::new();
        for _ in 0..ROUNDS {
            let mut reads = foresee.reads(action, &answers);
            reads.retain(|read| !answers.contains_key(&read.key));
            reads.truncate(READS.saturating_sub(answers.len()));
            if reads.is_empty() {
                break;
            }
            let asked = reads.iter().map(|read| async {
                let answer: Answer = inspect.inspect(&inspection, &read.call).await;
                (read.key.clone(), answer)
            });
            answers.extend(join_all(asked).await);
        }
        Ok(foresee.fold(action, &answers))
    }

    /// Looks at what a session has just made and remembers the ids that no later thing of the same name will have. To be
    /// called once a create has succeeded; until then its proof is the name alone.
    pub async fn witness(&self, session: &SessionId, action: &Action) {
        let made = |memory: &Memory, id: &TargetId| {
            memory.made.get(id).is_some_and(|made| made.session == *session && made.immutable_id.is_none())
        };
        let fresh = {
            let memory = self.memory();
            action.targets.iter().any(|target| made(&memory, &target.id))
        };
        let Ok(session_of) = self.live_session(session) else { return };
        if !fresh {
            return;
        }
        let Ok(survey) = self.survey(&session_of, action).await else { return };
        let events: Vec<Event> = {
            let memory = self.memory();
            let seen =
                survey.observed.iter().filter(|(id, seen)| seen.immutable_id.is_some() && made(&memory, id));
            let event = |(id, seen): (&TargetId, &Observed)| Event::Made {
                target: id.clone(),
                agent: session_of.agent.name.clone(),
                session: session.clone(),
                immutable_id: seen.immutable_id.clone(),
            };
            seen.map(event).collect()
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
