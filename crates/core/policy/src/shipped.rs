//! The default bundle: the tier table, built in.

use std::sync::OnceLock;

use cedar_policy::Schema;

use crate::{PolicyFile, ProbeError};

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
    "rehearse.cedar",
    "lease.cedar",
    "never.cedar",
];

/// The files of the default bundle.
pub(crate) fn files() -> Vec<PolicyFile> {
    FILES.iter().map(|(name, text)| PolicyFile::new(*name, *text)).collect()
}

/// The shipped schema, read once.
pub(crate) fn schema() -> Result<&'static Schema, ProbeError> {
    static READ: OnceLock<Result<Schema, String>> = OnceLock::new();
    let text = || FILES.iter().find(|(name, _)| *name == SCHEMA).map(|(_, text)| *text).unwrap_or_default();
    let read = READ.get_or_init(|| match Schema::from_cedarschema_str(text()) {
        Ok((schema, _)) => Ok(schema),
        Err(error) => Err(error.to_string()),
    });
    read.as_ref().map_err(ProbeError::new)
}

/// The files of the default bundle with others laid over them: one of the same name stands in its place, the rest beside
/// them.
pub(crate) fn under(laid: &[PolicyFile]) -> Vec<PolicyFile> {
    let replaced = |file: &PolicyFile| laid.iter().any(|over| over.name == file.name);
    let mut files: Vec<PolicyFile> = files().into_iter().filter(|file| !replaced(file)).collect();
    files.extend_from_slice(laid);
    files
}
