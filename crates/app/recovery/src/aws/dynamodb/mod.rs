//! Amazon DynamoDB.

mod history;
mod index;
mod items;
mod table;
mod table_settings;
mod time_to_live;

use super::Way;

/// DynamoDB's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &history::History,
    &index::Index,
    &items::Items,
    &table::Table,
    &table_settings::TableSettings,
    &time_to_live::TimeToLive,
];
