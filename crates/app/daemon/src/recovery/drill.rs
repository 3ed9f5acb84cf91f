//! Drills that a person has signed for.

use std::sync::Arc;

use interlock_flow::custody::{PointNews, PointWatch as _, Signers};

use interlock_api::{Added, DrillRequest, Fault, PointRun};

use crate::state::Daemon;

impl Daemon {
    /// Begins drills that a person has signed for, one after the other.
    pub(crate) fn begin_drill(self: &Arc<Self>, request: Added<DrillRequest>) -> Result<PointRun, Fault> {
        self.known_points(&request.body.points)?;
        self.authorise("drill", &request.body.subject(), &request.body, &request.signed)?;
        let signed = request.signed;
        let by = Signers { people: vec![signed.person], reasons: vec![signed.reason] };
        let told = self.point_run_begins("drill");
        let (daemon, run, names) = (Arc::clone(self), told.1.clone(), request.body.points);
        tokio::spawn(async move {
            for name in names {
                if let Err(error) = daemon.road.drill(&name, &by, &told).await {
                    // What stopped it before it began has not been told yet.
                    told.told(PointNews::Failed { point: name.clone(), why: error.to_string() });
                    told.failed([name]);
                }
            }
            told.ended();
        });
        self.point_runs.get(run)
    }
}
