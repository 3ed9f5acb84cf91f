//! A plan: what an agent means to do, judged step by step before anything of it is done, so that people decide on all of it once.
//!
//! Nothing of a plan is sent, and no recovery point is made for it (what a forecast has to make to read it is made and taken away, as ever). What would be held gets its request now; when the same call comes
//! in earnest it is judged again, and passes by that request's approval or not at all.

use interlock_action::{Action, ActionId, Millis, Operation, PlanId, SessionId, TicketId};
use interlock_approval::Reason;
use interlock_ledger::{Entry, EntryKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cause, Event, JournalError, Memory, Record, RefusedAction, Road, Verdict};

/// So many steps has a plan at most.
pub const MOST_STEPS: usize = 200;
/// Of one session so many plans are remembered, the latest.
const MOST_PLANS: usize = 20;
/// So many of a step's targets are named, each with so many letters.
const NAMES: usize = 10;
const LETTERS: usize = 200;

/// What an agent means to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// How many further steps were left out: a plan has at most so many.
    #[serde(default)]
    pub left: usize,
    /// How the command ended that made it, as the agent's side tells it; `None` where it does not.
    #[serde(default)]
    pub status: Option<i32>,
}

/// One call that an agent means to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
        let name = |target: &interlock_action::Target| {
            let name = target.name.as_deref().unwrap_or(target.id.as_str());
            name.chars().take(LETTERS).collect::<String>()
        };
        let mut targets: Vec<String> = action.targets.iter().take(NAMES).map(name).collect();
        let more = action.targets.len().saturating_sub(NAMES);
        targets.extend((more > 0).then(|| format!("and {more} more")));
        Self { operation: action.operation.clone(), targets, fate }
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
    /// From now on a session only means what it does: durable, so that no restart lets the rest of a plan out.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn begin_plan(&self, session: &SessionId) -> Result<(), JournalError> {
        let entry = Entry::new(EntryKind::Planned, self.ports.clock.now())
            .public("session", session)
            .public("begins", true);
        let events = vec![Event::Planning { session: session.clone(), on: true }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await.map(|_| ())
    }

    /// It is in earnest again, and nothing is kept of what it meant.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn give_plan_up(&self, session: &SessionId) -> Result<(), JournalError> {
        let entry = Entry::new(EntryKind::Planned, self.ports.clock.now())
            .public("session", session)
            .public("given_up", true);
        let events = vec![Event::Planning { session: session.clone(), on: false }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await.map(|_| ())
    }

    /// Keeps a plan for people to look at; from now on its session is in earnest again.
    ///
    /// # Errors
    /// It could not be recorded.
    pub async fn keep_plan(
        &self,
        session: &SessionId,
        words: String,
        (steps, left): (Vec<PlanStep>, usize),
        status: Option<i32>,
    ) -> Result<Plan, JournalError> {
        let id = PlanId::new(format!("pl-{}", self.draw().chars().take(10).collect::<String>()));
        let at = self.ports.clock.now();
        let plan = Plan { id, session: session.clone(), words, at, steps, left, status };
        let entry = Entry::new(EntryKind::Planned, plan.at)
            .public("plan", &plan.id)
            .public("session", session)
            .public("tickets", plan.tickets())
            .public("left", plan.left)
            .public("status", plan.status)
            .private("words", &plan.words)
            .private("steps", &plan.steps);
        let over = Event::Planning { session: session.clone(), on: false };
        let events = vec![over, Event::Planned { plan: Box::new(plan.clone()) }];
        self.ports.journal.commit(Record { entry, events, guards: Vec::new() }).await?;
        Ok(plan)
    }
}

impl Memory {
    /// Folds in what happened to plans. Of each session the latest are remembered.
    pub(crate) fn keep_plan(&mut self, event: &Event) {
        match event {
            Event::Planning { session, on: true } => {
                self.planning.insert(session.clone());
            }
            Event::Planning { session, on: false } => {
                self.planning.remove(session);
            }
            Event::Planned { plan } => {
                self.plans.insert(plan.id.clone(), (**plan).clone());
                let of = || self.plans.values().filter(|known| known.session == plan.session);
                if of().count() > MOST_PLANS
                    && let Some(oldest) =
                        of().min_by_key(|known| (known.at, known.id.clone())).map(|known| known.id.clone())
                {
                    self.plans.remove(&oldest);
                }
            }
            _ => {}
        }
    }
}

/// What is said of a call of a session that plans, and that no plan takes any more.
pub fn lost(action: ActionId, operation: Operation) -> Verdict {
    let reason = Reason {
        rule: "plan".to_owned(),
        why: "this session plans, for too long or since before a restart; nothing was sent".to_owned(),
        next: "end it with `interlock plan --give-up`, then plan anew or make the calls in earnest"
            .to_owned(),
        target: None,
    };
    Verdict::Refused(RefusedAction { operation, id: action, cause: Cause::Planned, reasons: vec![reason] })
}

/// What is said of a step that would pass.
pub(crate) fn noted() -> Vec<Reason> {
    vec![Reason {
        rule: "plan".to_owned(),
        why: "by itself it would pass without asking; it is noted in the plan, and nothing was sent"
            .to_owned(),
        next: "go on with the plan; make the call again once the plan is handed in".to_owned(),
        target: None,
    }]
}
