//! `cargo xtask setup`

use crate::{
    error::XtaskError,
    house::House,
    setup::{Extent, run},
};

/// Installs what is missing for every command.
pub(crate) fn setup(house: &House, arguments: &[String]) -> Result<(), XtaskError> {
    super::none("setup", arguments)?;
    run(house, Extent::All).map(drop)
}
