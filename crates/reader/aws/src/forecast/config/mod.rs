//! AWS Config.

pub(super) mod recorder;
