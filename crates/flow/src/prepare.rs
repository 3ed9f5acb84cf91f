//! What Interlock makes so that there is something to read: a change set, worked out by the engine itself.
//!
//! A forecaster names the call; the road makes it under an own permit, durable before it is sent like every other call,
//! waits until it is ready, lets the forecaster read it, and takes it away again. It is taken away because a plan that is
//! left standing grows stale and is still there to be carried out by anybody; made anew for each look, it is never older
//! than the forecast that it is read for.
//!
//! Nothing is prepared for an action that is a plain read, under a freeze, or for an agent that may change nothing. What
//! fails is written into the answers under the preparation's key, and into the action's unknowns: unknown means hold.

use std::{collections::BTreeMap, sync::Arc};

use interlock_action::{Action, Answer, Answers, Preparation, Survey};
use interlock_policy::AgentClass;

use crate::{Session, permit::frozen, road::Road, stop::Stop};

/// How often a preparation is looked at before it counts as failed.
const LOOKS: u32 = 30;

impl Road {
    /// The survey of an action with what has to be prepared for it; the action says by name what could not be.
    pub(crate) async fn prepared(
        &self,
        session: &Arc<Session>,
        action: Arc<Action>,
    ) -> Result<(Arc<Action>, Survey), Stop> {
        let mut answers: Answers = BTreeMap::new();
        self.look(session, &action, &mut answers).await?;
        let (_, _, foresee) = self.surface(action.surface)?;
        let Some(preparation) = foresee.prepares(&action, &answers).filter(|_| action.mutates()) else {
            let survey = foresee.fold(&action, &answers);
            return Ok((action, survey));
        };
        let failed = match self.bars(session, &action) {
            Some(why) => Some(why),
            None => self.work_out(session, &action, &preparation, &mut answers).await?,
        };
        let Some(why) = failed else {
            let survey = foresee.fold(&action, &answers);
            return Ok((action, survey));
        };
        answers.insert(preparation.key, Answer::Unreadable(why.clone()));
        let mut action = action;
        let unknowns = &mut Arc::make_mut(&mut action).unknowns;
        unknowns.push(format!("what it would change could not be worked out beforehand: {why}"));
        let survey = foresee.fold(&action, &answers);
        Ok((action, survey))
    }

    /// Why nothing may be prepared now.
    fn bars(&self, session: &Session, action: &Action) -> Option<String> {
        if session.agent.class == AgentClass::Observer {
            return Some("nothing is prepared for an agent that may change nothing".to_owned());
        }
        frozen(&self.memory(), session, action, None)
    }

    /// Makes it, waits for it, reads it, takes it away. Why it failed, if it did.
    async fn work_out(
        &self,
        session: &Arc<Session>,
        action: &Action,
        preparation: &Preparation,
        answers: &mut Answers,
    ) -> Result<Option<String>, Stop> {
        // INVARIANT: of two equal actions the second neither reads nor takes away what is the first one's.
        let _alone = self.preparing.lock().await;
        if let Some(why) = self.make_plan(session, preparation).await? {
            return Ok(Some(why));
        }
        let failed = match self.ready(session, preparation).await? {
            Some(why) => Some(why),
            None => {
                answers.insert(preparation.key.clone(), Answer::Found(serde_json::Value::Null));
                self.look(session, action, answers).await?;
                None
            }
        };
        // One that stays is made anew when it is next in the way.
        let _ = self.own_call(session, None, &preparation.clear, "takes away what was prepared", &[]).await?;
        Ok(failed)
    }

    /// What an earlier look left behind is not what would be changed now: it is taken away first.
    async fn make_plan(
        &self,
        session: &Arc<Session>,
        preparation: &Preparation,
    ) -> Result<Option<String>, Stop> {
        let Preparation { make, clear, why, secrets, .. } = preparation;
        let mut code = self.own_call(session, None, make, why, secrets).await?;
        if code.as_ref().is_some_and(|code| code.contains("AlreadyExists")) {
            self.own_call(session, None, clear, "takes away what was left behind", &[]).await?;
            code = self.own_call(session, None, make, why, secrets).await?;
        }
        Ok(code.map(|code| format!("{} failed: {code}", make.operation)))
    }

    /// Waits until it can be read.
    async fn ready(&self, session: &Session, preparation: &Preparation) -> Result<Option<String>, Stop> {
        let (call, pointer, wanted) = &preparation.ready;
        let last = self.shows(session, (call, pointer), LOOKS, |value| wanted.contains(value)).await?;
        Ok(last.map(|last| format!("{} still answers {last}", call.operation)))
    }
}
