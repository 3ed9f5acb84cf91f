//! Amazon RDS and its siblings.

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
    &restored::INSTANCE,
    &restored::CLUSTER,
    &options::Options,
    &parameters::Parameters,
    &shared::INSTANCE,
    &shared::CLUSTER,
];
