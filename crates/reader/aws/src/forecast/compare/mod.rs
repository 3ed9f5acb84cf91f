//! What a request that replaces settings would change, found by comparing it with the live state.

pub(super) mod diff;
mod notification;
mod rows;
pub(super) mod settings;
pub(super) mod tags;
mod whole;
