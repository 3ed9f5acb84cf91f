//! Kinesis.

pub(super) mod stream;
