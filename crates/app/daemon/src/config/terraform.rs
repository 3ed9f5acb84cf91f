//! `[terraform]`: the program that the gate runs, and where its providers come from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[terraform]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TerraformConfig {
    /// Terraform or OpenTofu; what is first on the daemon's path unless told.
    pub program: Option<PathBuf>,
    /// A folder of providers, as `terraform providers mirror` makes one; the usual ones unless told. No other is used.
    pub plugins: Option<PathBuf>,
}
