//! The ticket state machine.
//!
//! ```text
//! pending ──approvals complete──► approved ──consume──► consumed
//!    │  │                           │   ▲                  │
//!    │  └─deny─► denied             │   └──did not execute─┘
//!    └──time──► expired ◄──time─────┴──world moved──► void
//! ```

use interlock_action::{
    Action, ActionId, AgentId, Claim, Digest, Facts, Forecast, GlassId, GrantId, Millis, PersonId, SessionId,
    TargetId, TicketId, digest_of,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApprovalError, KeyStep, Launch, People, Quorum, Refusal};

/// Why the policy holds it: one rule's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// Its words.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// The target it fired on.
    pub target: Option<TargetId>,
}

/// What a person is asked to approve: everything the ticket's digest is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The agent.
    pub agent: AgentId,
    /// Its owner.
    pub owner: PersonId,
    /// Who launched the session.
    pub launch: Launch,
    /// The task's words.
    pub task: String,
    /// The action, its secrets sealed, in its effective form.
    pub action: Action,
    /// The action's digest.
    pub action_digest: Digest,
    /// What is known of the live state.
    pub facts: Facts,
    /// What it would do.
    pub forecast: Forecast,
    /// The live-state fields the approval is bound to.
    pub fingerprint: Value,
    /// The policy it was judged by.
    pub bundle: Digest,
    /// The tier: `T3`.
    pub tier: String,
    /// What is missing: the policy's need names.
    pub needs: Vec<String>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Drawn once for this ticket.
    pub nonce: String,
    /// When it was opened.
    pub opened: Millis,
    /// When it can no longer be approved or spent.
    pub expires: Millis,
}

/// One person's signed yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Who.
    pub person: PersonId,
    /// Their roles when they signed.
    pub roles: Vec<String>,
    /// The key's fingerprint.
    pub fingerprint: String,
    /// What the key proves.
    pub step: KeyStep,
    /// Their words.
    pub reason: String,
    /// The armoured signature.
    pub signature: String,
    /// When it arrived.
    pub at: Millis,
    /// The broken glass by which it stands in for all people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glass: Option<GlassId>,
    /// What was signed that names this request, where not this request alone was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Within>,
}

/// Something that is signed and names requests by their digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "of")]
pub enum Within {
    /// The terms of a standing grant that was made of it.
    Grant {
        /// Which.
        grant: GrantId,
    },
    /// Several requests at once.
    Batch {
        /// The digest of their list.
        digest: Digest,
    },
}

/// Where a ticket stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Waiting for people.
    Pending,
    /// People have approved; the same call passes once.
    Approved {
        /// Since when.
        at: Millis,
    },
    /// A person said no: final.
    Denied {
        /// Who.
        by: PersonId,
        /// Their words.
        reason: String,
        /// When.
        at: Millis,
    },
    /// Its time ran out.
    Expired,
    /// Spent by this action.
    Consumed {
        /// The action that spent it.
        by: ActionId,
    },
    /// The world moved or the policy did; the approval is worth nothing.
    Void {
        /// What moved.
        why: String,
    },
}

impl State {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Expired => "expired",
            Self::Consumed { .. } => "consumed",
            Self::Void { .. } => "void",
        }
    }
}

/// What moves a ticket.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A verified yes; whether the quorum is complete is counted by the caller over all approvals including it.
    Approve {
        /// The yes.
        approval: Approval,
        /// The quorum is now complete.
        complete: bool,
    },
    /// A verified no.
    Deny {
        /// Who.
        by: PersonId,
        /// Their words.
        reason: String,
    },
    /// The approved call is being let through by this action.
    Consume {
        /// The action.
        by: ActionId,
    },
    /// It provably did not execute: the approval may be spent again.
    Restore {
        /// The action that did not.
        by: ActionId,
    },
    /// The world moved.
    Void {
        /// What moved.
        why: String,
    },
    /// Only the clock moved.
    Tick,
}

/// An action that is held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    /// Its name for people.
    pub id: TicketId,
    /// What a person signs.
    pub digest: Digest,
    /// What it is over.
    pub held: Held,
    /// Who must approve.
    pub quorum: Quorum,
    /// The session that asked first.
    pub session: SessionId,
    /// That session ran unconfined: what it asks for is advisory.
    pub advisory: bool,
    /// Where it stands.
    pub state: State,
    /// Approvals so far.
    pub approvals: Vec<Approval>,
}

impl Held {
    /// What it does, by the facts that were read: an effect that hangs on another fact is none.
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        let holds = |claim: &&Claim| claim.when.iter().all(|test| test.holds(&self.facts));
        self.action.claims.iter().filter(holds)
    }
}

impl Ticket {
    /// Opens a ticket; the digest is taken here and nowhere else.
    pub fn open(
        id: TicketId,
        held: Held,
        quorum: Quorum,
        session: SessionId,
        advisory: bool,
    ) -> Result<Self, ApprovalError> {
        let digest = digest_of("interlock ticket v1", &held)?;
        Ok(Self { id, digest, held, quorum, session, advisory, state: State::Pending, approvals: Vec::new() })
    }

    /// Takes one message at a time; a refusal leaves the ticket as it was.
    pub fn step(&self, message: Message, now: Millis) -> Result<Self, Refusal> {
        let mut next = self.clone();
        // INVARIANT: time is looked at first, so nothing is approved or spent after its expiry.
        if self.is_open() && now >= self.held.expires {
            return match message {
                Message::Tick => {
                    next.state = State::Expired;
                    Ok(next)
                }
                _ => Err(Refusal::Expired),
            };
        }
        match (message, &self.state) {
            (Message::Tick, _) => {}
            (Message::Approve { approval, complete }, State::Pending) => {
                if self.approvals.iter().any(|have| have.person == approval.person) {
                    return Err(Refusal::Twice(approval.person.to_string()));
                }
                next.approvals.push(approval);
                if complete {
                    next.state = State::Approved { at: now };
                }
            }
            // An approved ticket can still be denied: until it is spent, any person may stop it.
            (Message::Deny { by, reason }, State::Pending | State::Approved { .. }) => {
                next.state = State::Denied { by, reason, at: now };
            }
            (Message::Consume { by }, State::Approved { .. }) => next.state = State::Consumed { by },
            (Message::Consume { .. }, other) => return Err(Refusal::NotApproved(other.name().to_owned())),
            (Message::Restore { by }, State::Consumed { by: spent }) if by == *spent => {
                next.state = State::Approved { at: now };
            }
            (Message::Void { why }, State::Pending | State::Approved { .. }) => {
                next.state = State::Void { why }
            }
            (_, other) => return Err(Refusal::Settled(other.name().to_owned())),
        }
        Ok(next)
    }

    /// How many places of the quorum the approvals so far fill. The owner's and a launcher's fill none that asks for
    /// somebody else.
    pub fn filled(&self) -> usize {
        self.quorum.slots.len().saturating_sub(self.missing(None))
    }

    /// Whether the quorum is complete with this approval.
    pub fn completed_by(&self, approval: &Approval) -> bool {
        self.missing(Some(approval)) == 0
    }

    /// How many more people it takes. Who is involved is what the ticket says, which is what people sign.
    fn missing(&self, further: Option<&Approval>) -> usize {
        let people = People { owner: &self.held.owner, launch: &self.held.launch };
        let approvals = self.approvals.iter().chain(further);
        let approvers: Vec<_> = approvals.map(|have| (have.person.clone(), have.roles.clone())).collect();
        self.quorum.missing(&approvers, &people)
    }

    /// As it stands at this time: what has expired says so, whether or not that is written down yet.
    #[must_use]
    pub fn as_of(&self, now: Millis) -> Self {
        self.step(Message::Tick, now).unwrap_or_else(|_| self.clone())
    }

    /// Whether it waits for people, or has passed them and waits to be used, as far as it is written down.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Pending | State::Approved { .. })
    }

    /// Whether it does at this time.
    pub fn stands(&self, now: Millis) -> bool {
        self.is_open() && now < self.held.expires
    }

    /// Whether it waits for people at this time.
    pub fn waits(&self, now: Millis) -> bool {
        self.state == State::Pending && now < self.held.expires
    }

    /// When its delay is over, if it has one and is approved.
    pub fn passes_from(&self) -> Option<Millis> {
        match (self.quorum.delay, &self.state) {
            (Some(delay), State::Approved { at }) => Some(at.saturating_add(delay)),
            _ => None,
        }
    }

    /// Whether a delay, if there is one, has run out.
    pub fn delay_elapsed(&self, now: Millis) -> bool {
        self.quorum.delay.is_none() || self.passes_from().is_some_and(|from| now >= from)
    }
}
