//! `interlock ledger export`

use std::path::Path;

use interlock_store::{Home, Reader};

use super::broken;
use crate::{command::Global, fault::Fault, output::Output};

pub(super) fn run(global: &Global, output: &Output, folder: &Path, with_bodies: bool) -> Result<(), Fault> {
    let home = Home::open(&global.home()?).map_err(broken)?;
    let reader = Reader::open(&home).map_err(broken)?;
    let exported = reader.export(folder, with_bodies).map_err(broken)?;
    let answer = serde_json::json!({
        "folder": folder, "entries": exported.entries, "before": exported.before, "files": exported.files,
        "cosignatures": exported.cosignatures, "verifier": home.verifier().to_string(),
    });
    output.show(&answer, |_| {
        format!(
            "{} entries in {}, {} of them new; {} files written\nverify anywhere: interlock ledger verify {} --key {}",
            exported.entries,
            folder.display(),
            exported.entries - exported.before,
            exported.files,
            folder.display(),
            home.verifier()
        )
    });
    Ok(())
}
