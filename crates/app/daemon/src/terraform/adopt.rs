//! States that a person brings in.

use interlock_flow::StateVersion;
use interlock_gateway_terraform::TWIN;

use interlock_api::{Added, AdoptState, Fault, WorkspaceRow};

use crate::state::Daemon;

impl Daemon {
    /// Takes a state in, once, for a person who signed for it.
    pub(crate) async fn adopt_state(&self, request: Added<AdoptState>) -> Result<StateVersion, Fault> {
        let Added { body, signed, .. } = request;
        self.authorise("adopt-state", body.workspace.as_str(), &body, &signed)?;
        let gate = self
            .gate
            .as_ref()
            .ok_or_else(|| Fault::not_found("there is no Terraform where the daemon runs"))?;
        let adopted = gate.states().adopt(&body.workspace, &signed.person, body.state.into_bytes()).await;
        adopted.map_err(Fault::conflict)
    }

    /// Every workspace that has a state.
    pub(crate) fn workspaces(&self) -> Vec<WorkspaceRow> {
        let memory = self.memory();
        let row = |(id, known): (&interlock_action::WorkspaceId, &interlock_flow::Workspace)| WorkspaceRow {
            workspace: id.clone(),
            versions: known.versions.clone(),
            good: known.good.clone(),
        };
        // Of a twin people hear when something of it was left.
        let told = |(id, known): &(&interlock_action::WorkspaceId, &interlock_flow::Workspace)| {
            let left = known.latest().is_some_and(|state| state.resources > 0);
            left || !id.as_str().starts_with(TWIN)
        };
        memory.workspaces.iter().filter(told).map(row).collect()
    }
}
