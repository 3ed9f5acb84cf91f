//! Amazon Route 53.

mod hosted_zone;
mod records;

use super::Way;

/// Route 53's ways.
pub(super) static WAYS: &[&dyn Way] = &[&hosted_zone::HostedZone, &records::Records];
