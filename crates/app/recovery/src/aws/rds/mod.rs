//! Amazon RDS and its siblings.

mod cluster;
mod instance;
mod restored;
mod settings;

use super::Way;

/// RDS's ways.
pub(super) static WAYS: &[&dyn Way] =
    &[&settings::INSTANCE, &settings::CLUSTER, &instance::Instance, &cluster::Cluster];
