//! The default bundle: the tier table, built in.

use crate::PolicyFile;

/// The schema's file name.
pub(crate) const SCHEMA: &str = "schema.cedarschema";

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../policies/", $name)))),*]
    };
}

/// File name and text, in the order of the tier table.
pub(crate) const FILES: &[(&str, &str)] = shipped![
    "schema.cedarschema",
    "read.cedar",
    "create.cedar",
    "update.cedar",
    "interrupt.cedar",
    "destroy.cedar",
    "access.cedar",
    "run.cedar",
    "guard.cedar",
    "recovery.cedar",
    "lease.cedar",
    "never.cedar",
];

/// The files of the default bundle.
pub(crate) fn files() -> Vec<PolicyFile> {
    FILES.iter().map(|(name, text)| PolicyFile::new(*name, *text)).collect()
}
