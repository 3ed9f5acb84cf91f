//! What pages are made of: values as a person reads them, every text of others made harmless.

pub(crate) mod blast;
pub(crate) mod card;
pub(crate) mod diff;
pub(crate) mod entry;
