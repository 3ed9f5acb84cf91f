//! AWS Certificate Manager.
//!
//! No way back: a certificate that was imported, whose key may have been taken out, that a private authority issued, or that
//! another service looks after.

mod certificate;

use super::Way;

/// ACM's ways.
pub(super) static WAYS: &[&dyn Way] = &[&certificate::Certificate];
