//! A plan: what an agent means to do, judged step by step before anything of it is done, so that people decide on all of it once.
//!
//! Nothing of a plan is sent, and no recovery point is made for it. What would be held gets its request now; when the same call comes
//! in earnest it is judged again, and passes by that request's approval or not at all.

use interlock_action::{Action, Millis, Operation, PlanId, SessionId, TicketId};
use interlock_approval::Reason;
use interlock_ledger::{Entry, EntryKind};
use serde::{Deserialize, Serialize};

use crate::{Cause, Event, JournalError, Record, Road, Verdict};

/// So many steps has a plan at most.
pub const MOST_STEPS: usize = 200;

/// What an agent means to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// Which.
    pub id: PlanId,
    /// Whose.
    pub session: SessionId,
    /// The agent's own words, unverified.
    pub words: String,
    /// When it was handed in.
    pub at: Millis,
    /// In the order in which they came.
    pub steps: Vec<PlanStep>,
}

/// One call that an agent means to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanStep {
    /// By which operation.
    pub operation: Operation,
    /// On what.
    pub targets: Vec<String>,
    /// What would become of it now.
    #[serde(flatten)]
    pub fate: StepFate,
}

/// What would become of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "fate")]
pub enum StepFate {
    /// It would pass without asking.
    Flows,
    /// It waits for people.
    Asks {
        /// By this request.
        ticket: TicketId,
    },
    /// It would be refused.
    Refused {
        /// Why.
        why: String,
    },
}

impl PlanStep {
    /// A step, as its verdict tells it.
    pub fn of(action: &Action, verdict: &Verdict) -> Self {
        let fate = match verdict {
            Verdict::Held(held) => StepFate::Asks { ticket: held.ticket.clone() },
            Verdict::Refused(refused) if refused.cause == Cause::Planned => StepFate::Flows,
            Verdict::Refused(refused) => StepFate::Refused { why: refused.message() },
            // No road of a plan ends in these; what cannot be bound is not promised.
            Verdict::Allowed(_) | Verdict::Unbound => StepFate::Refused {
                why: "what streams with it can only be judged when it is sent".to_owned(),
            },
        };
        let name =
            |target: &interlock_action::Target| target.name.clone().unwrap_or_else(|| target.id.to_string());
        Self { operation: action.operation.clone(), targets: action.targets.iter().map(name).collect(), fate }
    }
}

impl Plan {
    /// The requests of its steps, each once.
    pub fn tickets(&self) -> Vec<TicketId> {
        let mut all: Vec<TicketId> = Vec::new();
        for step in &self.steps {
            if let StepFate::Asks { ticket } = &step.fate
                && !all.contains(ticket)
            {
                all.push(ticket.clone());
            }
        }
        all
    }
}

impl Road {
    /// Keeps a plan for people to look at.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn keep_plan(
        &self,
        session: &SessionId,
        words: String,
        steps: Vec<PlanStep>,
    ) -> Result<Plan, JournalError> {
        let id = PlanId::new(format!("pl-{}", self.draw().chars().take(10).collect::<String>()));
        let plan = Plan { id, session: session.clone(), words, at: self.ports.clock.now(), steps };
        let entry = Entry::new(EntryKind::Planned, plan.at)
            .public("plan", &plan.id)
            .public("session", session)
            .public("tickets", plan.tickets())
            .private("words", &plan.words)
            .private("steps", &plan.steps);
        let events = vec![Event::Planned { plan: Box::new(plan.clone()) }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await?;
        Ok(plan)
    }
}

/// What is said of a step that would pass.
pub(crate) fn noted() -> Vec<Reason> {
    vec![Reason {
        rule: "plan".to_owned(),
        why: "it would pass without asking; it is noted in the plan, and nothing was sent".to_owned(),
        next: "go on with the plan; make the call again once the plan is handed in".to_owned(),
        target: None,
    }]
}
