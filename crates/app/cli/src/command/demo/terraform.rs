//! What the agent destroys with: Terraform where it is on this machine with the AWS provider, else boto3.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use serde::Serialize;

use super::{
    children::Children,
    place::{Place, found},
};
use crate::fault::Fault;

/// Names the folder of providers where it is none of the usual ones.
const VARIABLE: &str = "INTERLOCK_TERRAFORM_PLUGINS";
const LIMIT: Duration = Duration::from_secs(60);

/// What the agent destroys with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tool {
    /// `terraform destroy`, as in the incident.
    Terraform,
    /// The same calls by boto3.
    Boto3,
}

impl Tool {
    /// The word that the agent's program knows it by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::Boto3 => "boto3",
        }
    }

    /// What it comes down to: the whole plan at the gate, or the database's own call at the wire.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Terraform => "terraform:destroy",
            Self::Boto3 => "aws:rds:DeleteDBInstance",
        }
    }

    /// Where it is held.
    pub(super) fn held_at(self) -> &'static str {
        match self {
            Self::Terraform => "HELD before anything",
            Self::Boto3 => "HELD at the database",
        }
    }

    /// What a person would type for it.
    pub(super) fn destroy(self) -> &'static str {
        match self {
            Self::Terraform => "terraform destroy -refresh=false -auto-approve",
            Self::Boto3 => "delete_db_instance, delete_cluster (boto3)",
        }
    }
}

/// Gets Terraform ready in the agent's folder, from a local folder of providers: nothing is downloaded. Without `asked`,
/// boto3 does where Terraform does not; why, in words.
pub(super) fn ready(
    children: &Children,
    place: &Place,
    asked: Option<Tool>,
) -> Result<(Tool, Option<String>), Fault> {
    if asked == Some(Tool::Boto3) {
        return Ok((Tool::Boto3, None));
    }
    match terraform(children, place) {
        Ok(()) => Ok((Tool::Terraform, None)),
        Err(why) if asked.is_none() => Ok((Tool::Boto3, Some(why))),
        Err(why) => Err(Fault::failed(why).hint(format!(
            "mirror hashicorp/aws with `terraform providers mirror FOLDER` and set {VARIABLE}=FOLDER, or leave `--with` out"
        ))),
    }
}

fn terraform(children: &Children, place: &Place) -> Result<(), String> {
    found(OsStr::new("terraform")).ok_or("Terraform is not on this machine")?;
    let plugins = plugins().ok_or("Terraform's AWS provider is in no local folder")?;
    let mut command = place.command("terraform");
    command.args(["init", "-no-color", "-input=false", "-backend=false"]);
    command.arg(format!("-plugin-dir={}", plugins.display())).current_dir(place.work());
    command.env("CHECKPOINT_DISABLE", "1");
    let output = children.run(&mut command, LIMIT).map_err(|fault| fault.message)?;
    if output.code == Some(0) {
        return Ok(());
    }
    let said = output.err.lines().find(|line| line.contains("Error:")).unwrap_or("it does not say why");
    Err(format!("`terraform init` failed: {}", said.trim_matches(|c: char| !c.is_ascii_alphanumeric())))
}

/// The folder that has the AWS provider: as named, or one of Terraform's implied local mirrors, or below `/opt`.
pub(super) fn plugins() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = home.into_iter().flat_map(|home| {
        [".terraform.d/plugins", ".local/share/terraform/plugins"].map(|below| home.join(below))
    });
    let shared = ["/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins"].map(PathBuf::from);
    named.into_iter().chain(own).chain(shared).chain(below(Path::new("/opt"))).find(|folder| has_aws(folder))
}

fn has_aws(folder: &Path) -> bool {
    below(folder).iter().any(|host| !below(&host.join("hashicorp/aws")).is_empty())
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.sort();
    found
}
