//! Agents' plans: what a session means to do is judged while it plans, and kept for people when it is done planning.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use interlock_action::{Action, Millis, PlanId, SessionId, TicketId};
use interlock_api::{BeginPlan, EndPlan, Fault, exact};
use interlock_flow::{MOST_STEPS, Plan, PlanStep, Verdict, lost};

use crate::{attempts::cut, state::Daemon};

/// A plan takes in what comes within this.
const LONGEST: Millis = 10 * 60 * 1000;
/// Between two plans of a session.
const PAUSE: Millis = 2_000;

/// What sessions plan. That they do stands in the memory: a draft that is lost leaves a session that sends nothing.
#[derive(Default)]
pub(crate) struct Planning(Mutex<HashMap<SessionId, Draft>>);

struct Draft {
    words: String,
    since: Millis,
    steps: Vec<PlanStep>,
    left: usize,
}

impl Planning {
    fn drafts(&self) -> MutexGuard<'_, HashMap<SessionId, Draft>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether its draft takes a further step.
    fn takes(&self, session: &SessionId, now: Millis) -> bool {
        let drafts = self.drafts();
        drafts.get(session).is_some_and(|draft| now < draft.since.saturating_add(LONGEST))
    }

    /// Notes a step of it. What is to be bound to what streams with it comes again.
    fn note(&self, session: &SessionId, action: &Action, verdict: &Verdict) {
        let mut drafts = self.drafts();
        let Some(draft) = drafts.get_mut(session).filter(|_| !matches!(verdict, Verdict::Unbound)) else {
            return;
        };
        if draft.steps.len() < MOST_STEPS {
            draft.steps.push(PlanStep::of(action, verdict));
        } else {
            draft.left = draft.left.saturating_add(1);
        }
    }
}

impl Daemon {
    /// What becomes of a call where its session only means what it does; `None` where it is in earnest.
    ///
    /// INVARIANT: from the moment that a session begins to plan until it says that it has, nothing that it would change is sent: not
    /// after too long, not after a restart.
    pub(crate) async fn meant(&self, session: &SessionId, candidates: &[Arc<Action>]) -> Option<Verdict> {
        let action = candidates.first()?;
        let changes = candidates.iter().any(|action| !action.is_plain_read());
        if !changes || !self.memory().planning.contains(session) {
            return None;
        }
        if !self.planning.takes(session, self.now()) {
            return Some(lost(self.road.action_id(), action.operation.clone()));
        }
        let verdict = self.road.intend(session, candidates.to_vec()).await;
        self.planning.note(session, action, &verdict);
        Some(verdict)
    }

    /// From now on nothing that a session would change is sent.
    pub(crate) async fn begin_plan(&self, session: SessionId, body: BeginPlan) -> Result<(), Fault> {
        let now = self.now();
        {
            let memory = self.memory();
            if !memory.is_live(&session, now) {
                return Err(Fault::refused("the lease of this session has ended"));
            }
            if memory.planning.contains(&session) {
                let why = Fault::conflict("this session plans already");
                return Err(why.hint("end that first; `interlock plan --give-up` where nobody does"));
            }
            let last = memory.plans.values().filter(|plan| plan.session == session).map(|plan| plan.at).max();
            if last.is_some_and(|last| now < last.saturating_add(PAUSE)) {
                return Err(Fault::conflict("this session has just handed in a plan: wait two seconds"));
            }
        }
        self.road.begin_plan(&session).await.map_err(Fault::unavailable)?;
        let words = cut(&body.words);
        self.planning.drafts().insert(session, Draft { words, since: now, steps: Vec::new(), left: 0 });
        Ok(())
    }

    /// It is in earnest again; what was planned is kept, where anything was and nobody gives it up.
    pub(crate) async fn end_plan(&self, session: &SessionId, body: EndPlan) -> Result<Option<Plan>, Fault> {
        if !self.memory().planning.contains(session) {
            return Err(Fault::conflict("this session does not plan"));
        }
        let draft = self.planning.drafts().remove(session);
        let Some(Draft { words, steps, left, .. }) =
            draft.filter(|draft| !body.give_up && !draft.steps.is_empty())
        else {
            self.road.give_plan_up(session).await.map_err(Fault::unavailable)?;
            return Ok(None);
        };
        let kept = self.road.keep_plan(session, words, (steps, left), body.status).await;
        kept.map(Some).map_err(Fault::unavailable)
    }

    /// Every plan, the newest first.
    pub(crate) fn plans(&self, many: usize) -> Vec<Plan> {
        let memory = self.memory();
        let mut all: Vec<&Plan> = memory.plans.values().collect();
        all.sort_by_key(|plan| std::cmp::Reverse(plan.at));
        all.into_iter().take(many).cloned().collect()
    }

    /// Plans of which something waits, the newest first, and how much does.
    pub(crate) fn waiting_plans(&self, many: usize) -> Vec<(String, usize)> {
        let (memory, now) = (self.memory(), self.now());
        let waits = |id: &TicketId| memory.tickets.get(id).is_some_and(|ticket| ticket.waits(now));
        let count = |plan: &Plan| plan.tickets().iter().filter(|id| waits(id)).count();
        let mut all: Vec<(&Plan, usize)> =
            memory.plans.values().map(|plan| (plan, count(plan))).filter(|(_, waits)| *waits > 0).collect();
        all.sort_by_key(|(plan, _)| std::cmp::Reverse(plan.at));
        all.into_iter().take(many).map(|(plan, waits)| (plan.id.to_string(), waits)).collect()
    }

    /// One plan.
    pub(crate) fn plan(&self, id: &PlanId) -> Result<Plan, Fault> {
        let found = self.memory().plans.get(id).cloned();
        found.ok_or_else(|| Fault::not_found(format!("there is no plan `{}`", exact(id.as_str()))))
    }
}
