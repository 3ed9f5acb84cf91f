//! Amazon Kinesis Data Streams.

mod stream;

use super::Way;

/// Kinesis' ways.
pub(super) static WAYS: &[&dyn Way] = &[&stream::Stream];
