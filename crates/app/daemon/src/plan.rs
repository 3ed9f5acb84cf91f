//! Agents' plans: what a session means to do is judged while it plans, and kept for people when it is done planning.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use interlock_action::{Action, Millis, SessionId};
use interlock_api::{Added, BeginPlan, Decisions, Fault, PlanView, RequestView};
use interlock_console::Attempt;
use interlock_flow::{BatchError, Decisive, MOST_STEPS, PlanStep, Verdict};

use crate::{attempts::cut, state::Daemon};

/// Nobody plans for longer: whoever forgot that they do would wonder why nothing happens.
const LONGEST: Millis = 10 * 60 * 1000;

/// What sessions plan.
#[derive(Default)]
pub(crate) struct Planning(Mutex<HashMap<SessionId, Draft>>);

struct Draft {
    words: String,
    since: Millis,
    steps: Vec<PlanStep>,
    left: usize,
}

impl Planning {
    fn drafts(&self, now: Millis) -> MutexGuard<'_, HashMap<SessionId, Draft>> {
        let mut drafts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.retain(|_, draft| now < draft.since.saturating_add(LONGEST));
        drafts
    }

    /// Whether a session plans.
    pub(crate) fn plans(&self, session: &SessionId, now: Millis) -> bool {
        self.drafts(now).contains_key(session)
    }

    /// Notes a step of it.
    pub(crate) fn note(&self, session: &SessionId, action: &Action, verdict: &Verdict, now: Millis) {
        let mut drafts = self.drafts(now);
        let Some(draft) = drafts.get_mut(session) else { return };
        if draft.steps.len() < MOST_STEPS {
            draft.steps.push(PlanStep::of(action, verdict));
        } else {
            draft.left = draft.left.saturating_add(1);
        }
    }
}

impl Daemon {
    /// From now on nothing that a session would change is sent.
    pub(crate) fn begin_plan(&self, session: SessionId, body: BeginPlan) -> Result<(), Fault> {
        let now = self.now();
        if !self.memory().is_live(&session, now) {
            return Err(Fault::refused("the lease of this session has ended"));
        }
        let words = cut(&body.words);
        let draft = Draft { words, since: now, steps: Vec::new(), left: 0 };
        match self.planning.drafts(now).insert(session, draft) {
            // Whoever begins anew has given the other up.
            Some(_) | None => Ok(()),
        }
    }

    /// It is in earnest again; what was planned is kept.
    pub(crate) async fn end_plan(&self, session: &SessionId) -> Result<PlanView, Fault> {
        let draft = self.planning.drafts(self.now()).remove(session);
        let Draft { words, steps, left, .. } = draft
            .ok_or_else(|| Fault::conflict("this session does not plan, or has for more than ten minutes"))?;
        let plan = self.road.keep_plan(session, words, steps).await.map_err(Fault::unavailable)?;
        Ok(PlanView { plan, left })
    }

    /// Every plan, the newest first.
    pub(crate) fn plans(&self) -> Vec<PlanView> {
        let memory = self.memory();
        let mut all: Vec<_> = memory.plans.values().cloned().map(|plan| PlanView { plan, left: 0 }).collect();
        all.sort_by_key(|view| std::cmp::Reverse(view.plan.at));
        all
    }

    /// Takes a decision on several requests.
    pub(crate) async fn decide_together(&self, request: Added<Decisions>) -> Result<Vec<RequestView>, Fault> {
        let Added { body, signed, .. } = request;
        let decision = match body.decision.as_str() {
            "approve" => Decisive::Approve,
            "deny" => Decisive::Deny,
            other => return Err(Fault::bad_request(format!("`{other}` is neither `approve` nor `deny`"))),
        };
        let key = self.authorise_stop(&body.verb(), &body.subject(), &body, &signed)?;
        key.counts(self.now()).map_err(Fault::refused)?;
        let words = (signed.reason.as_str(), signed.signature.as_str());
        let decided =
            self.road.decide_together(&body.requests, decision, (&signed.person, &key), words).await;
        let tickets = decided.map_err(|error| {
            if !matches!(error, BatchError::Journal(_)) {
                let (subject, why) = (body.subject(), error.to_string());
                let person = Some(signed.person.clone());
                self.tried(&Attempt { what: "decision", subject, person, why });
            }
            match error {
                BatchError::Journal(error) => Fault::unavailable(error),
                error => Fault::refused(error),
            }
        })?;
        Ok(tickets.into_iter().map(|ticket| self.view(ticket)).collect())
    }
}
