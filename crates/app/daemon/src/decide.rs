//! What people decide.

use std::sync::Arc;

use interlock_action::TicketId;
use interlock_api::{Added, DecisionRequest, Decisions, Fault, RequestView, reasoned};
use interlock_approval::Ticket;
use interlock_console::Attempt;
use interlock_flow::{ApproveError, BatchError};

use crate::state::Daemon;

impl Daemon {
    /// A request as it stands.
    pub(crate) fn find(&self, id: &TicketId) -> Result<Ticket, Fault> {
        let (memory, now) = (self.memory(), self.now());
        memory.tickets.get(id).map(|ticket| ticket.as_of(now)).ok_or_else(|| {
            Fault::not_found(format!("there is no request `{id}`"))
                .hint("list them with `interlock request ls`")
        })
    }

    /// Takes a decision, and carries out what is due by it. One that does not hold is written down too, as far as there are not too many.
    pub(crate) async fn decide(
        self: &Arc<Self>,
        id: &TicketId,
        request: DecisionRequest,
    ) -> Result<RequestView, Fault> {
        let DecisionRequest { decision, person, reason, signature } = request;
        let decision = decision.parse().map_err(Fault::bad_request)?;
        reasoned(&reason)?;
        let decided = self.road.decide_ticket(id, decision, &person, &reason, &signature).await;
        let ticket = decided.map_err(|error| {
            let why = error.to_string();
            if !matches!(error, ApproveError::Journal(_)) {
                self.tried(&Attempt::new("decision", id.as_str(), why).by(person));
            }
            match error {
                ApproveError::NoTicket(_) | ApproveError::NoPerson(_) => Fault::not_found(error),
                ApproveError::Refused(_) => Fault::refused(error),
                ApproveError::Journal(_) => Fault::unavailable(error),
            }
        })?;
        self.carry_out_due().await;
        Ok(self.view(ticket))
    }

    /// Takes a decision on several requests.
    pub(crate) async fn decide_together(&self, request: Added<Decisions>) -> Result<Vec<RequestView>, Fault> {
        let Added { body, signed, .. } = request;
        let decision = body.decision.parse().map_err(Fault::bad_request)?;
        let by = self.authorise_stop(&body.verb(), &body.subject(), &body, &signed)?;
        by.key.counts(self.now()).map_err(Fault::refused)?;
        let words = (signed.reason.as_str(), signed.signature.as_str());
        let decided = self.road.decide_together(&body.requests, decision, (&signed.person, &by), words).await;
        let tickets = decided.map_err(|error| {
            if !matches!(error, BatchError::Halves { .. }) {
                let attempt = Attempt::new("decision", body.subject(), error.to_string());
                self.tried(&attempt.by(signed.person.clone()));
            }
            match error {
                BatchError::Halves { .. } => {
                    Fault::conflict(error).hint("look at those that were not, and decide on them anew")
                }
                error => Fault::refused(error),
            }
        })?;
        Ok(tickets.into_iter().map(|ticket| self.view(ticket)).collect())
    }
}
