//! The list of crates in `ARCHITECTURE.md`, between its two markers: folder, package, and what its manifest says it is.

use std::fmt::Write as _;

use toml::{Table, Value};

use crate::{error::XtaskError, tidy::Tree};

const PAGE: &str = "ARCHITECTURE.md";
const BEGIN: &str = "<!-- crates: begin -->\n";
const END: &str = "<!-- crates: end -->";

pub(super) fn page(tree: &Tree) -> Result<Option<(String, String)>, XtaskError> {
    let Some(text) = tree.text(PAGE) else { return Ok(None) };
    let split = text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let Some((before, after)) = split else {
        let why = format!("it has no `{}` and `{END}`", BEGIN.trim_end());
        return Err(XtaskError::Form { what: PAGE.to_owned(), why });
    };
    let form = |what: &str, why: String| XtaskError::Form { what: what.to_owned(), why };
    let root: Table = toml::from_str(tree.text("Cargo.toml").unwrap_or_default())
        .map_err(|error| form("Cargo.toml", error.to_string()))?;
    let members =
        root.get("workspace").and_then(|workspace| workspace.get("members")).and_then(Value::as_array);
    let mut list = "| folder | package | what it is |\n|---|---|---|\n".to_owned();
    for folder in members.into_iter().flatten().filter_map(Value::as_str) {
        let path = format!("{folder}/Cargo.toml");
        let manifest: Table = toml::from_str(tree.text(&path).unwrap_or_default())
            .map_err(|error| form(&path, error.to_string()))?;
        let said = |key: &str| {
            manifest.get("package").and_then(|package| package.get(key)).and_then(Value::as_str).unwrap_or("")
        };
        let _ = writeln!(list, "| `{folder}` | `{}` | {} |", said("name"), said("description"));
    }
    Ok(Some((PAGE.to_owned(), format!("{before}{BEGIN}{list}{END}{after}"))))
}
