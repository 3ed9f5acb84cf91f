//! Amazon DynamoDB.

mod items;
mod table;
mod table_settings;

use super::Way;

/// DynamoDB's ways.
pub(super) static WAYS: &[&dyn Way] = &[&items::Items, &table::Table, &table_settings::TableSettings];
