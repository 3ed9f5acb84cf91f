//! What is worst waits until outsiders have seen that it was approved (ADR-0008).

use interlock_approval::{Reason, Ticket};
use interlock_policy::{Decision, Tier};

use crate::{HeldAction, Session, Situated, road::Road, stop::Stop};

impl Road {
    /// What a T4 action still waits for, once it is approved: that as many witnesses as must have cosigned a checkpoint
    /// over its approvals. Then nobody can take them back unseen, nor have given them in a log that nobody else has.
    ///
    /// INVARIANT: the world may have moved while it was waited for, so that after a wait the action is judged again.
    pub(crate) async fn unwitnessed(
        &self,
        session: &Session,
        situated: &Situated,
        decision: &Decision,
        spends: Option<&Ticket>,
    ) -> Result<Option<HeldAction>, Stop> {
        let Some(ticket) = spends else { return Ok(None) };
        if decision.tier() != Tier::T4 && ticket.held.tier != Tier::T4.name() {
            return Ok(None);
        }
        match self.ports.journal.witnessed(&ticket.id).await {
            Ok(false) => Ok(None),
            Ok(true) => Err(Stop::Again),
            Err(far) => {
                let mut held = self.held(session, situated, ticket, decision);
                held.progress = "approved, waits for witnesses".to_owned();
                // Why people had to be asked is behind it now.
                held.reasons = vec![Reason {
                    rule: "witnesses".to_owned(),
                    why: far.to_string(),
                    next: "the approvals stand; the same call passes once the witnesses have answered"
                        .to_owned(),
                    target: None,
                }];
                Ok(Some(held))
            }
        }
    }

    /// The same where people are asked nothing: what they signed is that this session was opened so.
    pub(crate) async fn seen_to_be_unasked(
        &self,
        session: &Session,
        decision: &Decision,
    ) -> Result<(), Stop> {
        if decision.tier() != Tier::T4 {
            return Ok(());
        }
        match self.ports.journal.witnessed_opening(&session.id).await {
            Ok(false) => Ok(()),
            Ok(true) => Err(Stop::Again),
            Err(far) => Err(Stop::Ledger(format!("no witness has seen that nobody is asked here: {far}"))),
        }
    }
}
