//! What a request that replaces settings would change, found by comparing it with the live state.

/// A row of [`settings`]: the request, the fact that it answers, the setting in words, its member in the answer, whether
/// putting it again takes the request back wholly, the comparison, the read.
macro_rules! setting {
    ($service:literal, $operation:literal, $fact:ident, $words:literal, $shown:literal, $exact:literal, $judge:expr, $read:expr) => {
        Setting {
            service: $service,
            operation: $operation,
            read: $read,
            fact: facts::$fact,
            judge: $judge,
            words: $words,
            shown: $shown,
            exact: $exact,
        }
    };
}

pub(super) mod diff;
mod notification;
mod rows;
pub(super) mod settings;
pub(super) mod tags;
mod whole;
