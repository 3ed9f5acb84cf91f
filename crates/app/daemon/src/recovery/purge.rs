//! Recovery points that people have removed.

use std::{collections::BTreeSet, sync::Arc};

use interlock_action::PersonId;
use interlock_approval::Ticket;
use interlock_flow::{
    Administrative, Record,
    custody::{PointNews, PointWatch as _, PurgeError, PurgeOrder, PurgePreview, Signers},
};
use interlock_ledger::{Entry, EntryKind};

use interlock_api::{Added, Fault, PurgeBegun, RequestRow};

use crate::state::Daemon;

/// What a removal is called among the changes that are held.
pub(crate) const VERB: &str = "recovery-purge";

fn refused(error: &PurgeError) -> Fault {
    match error {
        PurgeError::Stands(..) => {
            Fault::conflict(error).hint("what stands in the way of each: `interlock recovery purge POINT`")
        }
        PurgeError::Moved => {
            Fault::conflict(error).hint("look at it again with `interlock recovery purge`, and sign anew")
        }
        PurgeError::Signatures { .. } => {
            Fault::refused(error).hint("give `--key FILE` once for each of them")
        }
        PurgeError::Ledger(_) | PurgeError::Unwitnessed(_) => Fault::unavailable(error),
        PurgeError::Wait | PurgeError::Step(..) => Fault::refused(error),
    }
}

impl Daemon {
    /// What removing these points would come to.
    pub(crate) async fn preview_purge(&self, order: &PurgeOrder) -> Result<PurgePreview, Fault> {
        self.road.preview_purge(order).await.map_err(|error| refused(&error))
    }

    /// Begins the removal of points that people have signed for; for one who works alone it is held for a while first.
    pub(crate) async fn begin_purge(
        self: &Arc<Self>,
        request: Added<PurgeOrder>,
    ) -> Result<PurgeBegun, Fault> {
        let order = request.body;
        self.known_points(&order.points)?;
        let Some(digest) = order.digest else {
            return Err(Fault::bad_request("the digest of what was shown is missing"));
        };
        let (subject, mut by) = (digest.to_string(), Signers::default());
        let mut signers: BTreeSet<PersonId> = BTreeSet::new();
        for signed in std::iter::once(&request.signed).chain(&request.co_signed) {
            self.authorise("purge", &subject, &order, signed)?;
            signers.insert(signed.person.clone());
            by.reasons.push(signed.reason.clone());
        }
        by.people = signers.into_iter().collect();
        let preview = self.preview_purge(&order).await?;
        match self.road.may_purge(&order, &preview, &by.people, None) {
            Ok(()) => {}
            Err(PurgeError::Wait) => {
                let row = self.hold_purge(&order, &request.signed.person).await?;
                return Ok(PurgeBegun { run: None, held: Some(row) });
            }
            Err(error) => return Err(refused(&error)),
        }
        let run = self.purge(order, by, None);
        self.point_runs.get(run).map(|run| PurgeBegun { run: Some(run), held: None })
    }

    async fn hold_purge(&self, order: &PurgeOrder, by: &PersonId) -> Result<RequestRow, Fault> {
        let change = Administrative {
            verb: VERB.to_owned(),
            what: format!("remove recovery points for good: {}", order.points.join(", ")),
            body: serde_json::to_value(order).map_err(Fault::bad_request)?,
            by: by.clone(),
            why: ("custody", "one person works alone: what is removed for good can be stopped for a while"),
        };
        let ticket = self.road.hold_administrative(change).await;
        ticket.map(|ticket| (&ticket).into()).map_err(Fault::unavailable)
    }

    fn purge(self: &Arc<Self>, order: PurgeOrder, by: Signers, waited: Option<Ticket>) -> String {
        let told = self.point_run_begins("purge");
        let (daemon, run) = (Arc::clone(self), told.1.clone());
        tokio::spawn(async move {
            match daemon.road.purge(&order, &by, waited.as_ref(), &told).await {
                Ok(failed) => told.failed(failed.into_iter().map(|(point, _)| point)),
                Err(error) => {
                    for point in order.points {
                        told.told(PointNews::Failed { point: point.clone(), why: error.to_string() });
                        told.failed([point]);
                    }
                }
            }
            told.ended();
        });
        run
    }

    /// Removes what one person who works alone has asked for, and waited for. Its ticket is spent first: what stands in the
    /// way by now is written down, and asked for anew.
    pub(crate) async fn carry_out_purge(self: &Arc<Self>, ticket: &Ticket) {
        let Ok(order) = serde_json::from_value::<PurgeOrder>(ticket.held.action.arguments.clone()) else {
            let _ = self.road.give_up(&ticket.id, "what is to be removed cannot be read").await;
            return;
        };
        let by = Signers {
            people: ticket.approvals.iter().map(|approval| approval.person.clone()).collect(),
            reasons: ticket.approvals.iter().map(|approval| approval.reason.clone()).collect(),
        };
        let entry = Entry::new(EntryKind::RecoveryPoint, self.now())
            .public("purge", "due")
            .public("ticket", &ticket.id)
            .public("by", &by.people)
            .public("points", &order.points)
            .public("solo", true);
        match self.road.carry_out(ticket, Record::only(entry)).await {
            Ok(()) => {
                self.purge(order, by, Some(ticket.clone()));
            }
            Err(error) => {
                tracing::warn!(ticket = %ticket.id, %error, "approved removals could not be carried out");
            }
        }
    }
}
