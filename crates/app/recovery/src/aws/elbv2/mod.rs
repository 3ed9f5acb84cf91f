//! Elastic Load Balancing, version 2.

mod attributes;
mod listener;
mod load_balancer;
mod rule;
mod targets;

use super::Way;

/// Elastic Load Balancing's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &attributes::Attributes,
    &listener::Listener,
    &load_balancer::LoadBalancer,
    &rule::Rule,
    &targets::Targets,
];
