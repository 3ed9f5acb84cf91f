//! `interlock terraform adopt`

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use interlock_api::AdoptState;
use interlock_flow::StateVersion;

use crate::{command::Global, exit::Exit, fault::Fault, output::Output, sign};

/// Bring in a state from elsewhere: the first of its workspace. A person signs for it.
///
/// From then on the state is Interlock's to keep, and what lies elsewhere is not read any more. `terraform state pull` gives the
/// file of any backend.
#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The state file.
    #[arg(value_name = "FILE")]
    state: PathBuf,
    /// The folder of its configuration, which is the workspace's name. Default: this one.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Your OpenSSH key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Why.
    #[arg(long, default_value = "bring in the state")]
    reason: String,
}

impl Adopt {
    pub(crate) fn run(self, global: &Global, output: &Output) -> Result<ExitCode, Fault> {
        let folder = self.folder.unwrap_or_else(|| PathBuf::from("."));
        let folder = folder.canonicalize().map_err(|error| Fault::file(&folder, &error))?;
        let state = std::fs::read_to_string(&self.state).map_err(|error| Fault::file(&self.state, &error))?;
        let workspace = interlock_action::WorkspaceId::new(folder.display().to_string());
        let client = global.client()?;
        let subject = workspace.to_string();
        let body = AdoptState { workspace, state };
        let signed = sign::administrative(&client, "adopt-state", &subject, body, &self.key, &self.reason)?;
        let version: StateVersion = client.post("/v1/terraform/adopt", &signed)?;
        output.show(&version, |version| {
            format!(
                "{subject}: lineage {}, serial {}, {} resources",
                version.lineage, version.serial, version.resources
            )
        });
        Ok(Exit::Ok.into())
    }
}
