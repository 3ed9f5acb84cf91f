//! `cargo xtask dist`: the release, as it is handed out.

use crate::{
    dist::{self, Plan},
    error::XtaskError,
    house::House,
};

/// Builds the binary, and from it the manual, the completions, the archive and the Debian package. `--debug` packages an
/// unoptimised build; `--target T` names the target; `--check` installs the package in a minimal root and looks at it.
pub(crate) fn dist(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    let mut plan = Plan { release: true, target: None };
    let mut check = false;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--debug" => plan.release = false,
            "--check" => check = true,
            "--target" => {
                let target = arguments.next();
                let target =
                    target.ok_or_else(|| XtaskError::Usage("`--target` names a target".to_owned()))?;
                plan.target = Some(target.clone());
            }
            other => return Err(XtaskError::Usage(format!("`{other}` is no argument of `dist`"))),
        }
    }
    let made = dist::make(house, &plan)?;
    if check { dist::check(house, &made) } else { Ok(()) }
}
