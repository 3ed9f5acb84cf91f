//! SQS.

pub(super) mod queue;
