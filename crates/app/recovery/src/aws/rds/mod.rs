//! Amazon RDS and its siblings.

mod cluster;
mod instance;
mod options;
mod parameters;
mod restored;
mod settings;
mod shared;

use super::Way;

/// RDS's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &settings::INSTANCE,
    &settings::CLUSTER,
    &instance::Instance,
    &cluster::Cluster,
    &options::Options,
    &parameters::Parameters,
    &shared::INSTANCE,
    &shared::CLUSTER,
];
