//! Amazon Route 53: hosted zones and their records.

pub(super) mod records;
pub(super) mod zone;
