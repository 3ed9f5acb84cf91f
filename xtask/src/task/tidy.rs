//! `cargo xtask tidy`

use crate::{error::XtaskError, generate, house::House, tidy};

/// Checks the rules of the house; with `--fix`, first writes what is generated.
pub(crate) fn tidy(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    match arguments {
        [] => {}
        [fix] if fix == "--fix" => generate::write(house)?,
        _ => return super::none("tidy", arguments),
    }
    let findings = tidy::check(house)?;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        println!("tidy: {} checks, nothing found", tidy::CHECKS.len());
        return Ok(());
    }
    Err(XtaskError::Untidy(findings.len()))
}
