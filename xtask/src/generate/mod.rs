//! Pages that are made from the sources. Whoever writes them by hand writes them twice.

mod crates;
mod forecasters;
mod rules;

use crate::{error::XtaskError, house::House, tidy::Tree};

/// The first line of a page that is generated whole.
const MADE: &str = "<!-- Written by `cargo xtask tidy --fix` from the sources; not edited by hand. -->";

/// Every generated page of this house: its path and the text it should have.
pub(crate) fn pages(tree: &Tree) -> Result<Vec<(String, String)>, XtaskError> {
    let pages = [crates::page(tree)?, rules::page(tree), forecasters::page(tree)];
    Ok(pages.into_iter().flatten().collect())
}

/// Writes them.
pub(crate) fn write(house: &House) -> Result<(), XtaskError> {
    let tree = Tree::read(house)?;
    for (path, wanted) in pages(&tree)? {
        if tree.text(&path) == Some(wanted.as_str()) {
            continue;
        }
        let full = house.path(&path);
        let folder = full.parent().unwrap_or(house.root());
        std::fs::create_dir_all(folder).map_err(|error| XtaskError::file(folder, error))?;
        std::fs::write(&full, wanted).map_err(|error| XtaskError::file(&full, error))?;
        println!("wrote {path}");
    }
    Ok(())
}
