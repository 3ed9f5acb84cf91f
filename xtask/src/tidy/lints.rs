//! Every crate is a member, says in one line what it is, and takes the workspace's lints whole.

use toml::{Table, Value};

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "lints", find };

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let parse = |path: &str, text: &str| {
        toml::from_str::<Table>(text)
            .map_err(|error| XtaskError::Form { what: path.to_owned(), why: error.to_string() })
    };
    let root = parse("Cargo.toml", tree.text("Cargo.toml").unwrap_or_default())?;
    let members =
        root.get("workspace").and_then(|workspace| workspace.get("members")).and_then(Value::as_array);
    let members: Vec<&str> = members.into_iter().flatten().filter_map(Value::as_str).collect();
    let mut found = Vec::new();
    for (path, text) in tree.texts() {
        let Some(folder) = path.strip_suffix("/Cargo.toml") else { continue };
        let manifest = parse(path, text)?;
        let mut add = |what: &str| found.push(Finding::new(CHECK.name, path, what));
        if !members.contains(&folder) {
            add("is no member of the workspace");
        }
        let inherits =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool);
        if inherits != Some(true) {
            add("has no `[lints] workspace = true`");
        }
        let description =
            manifest.get("package").and_then(|package| package.get("description")).and_then(Value::as_str);
        if description.is_none_or(|description| description.trim().is_empty()) {
            add("has no description");
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_crate_that_stands_apart_is_found() {
        let planted = Planted::new("lints")
            .workspace(&["crates/core/a", "crates/core/b", "crates/core/d"])
            .package("crates/core/a", "a", "[lints]\nworkspace = true\n")
            .package("crates/core/b", "b", "[lints.rust]\nunused = \"allow\"\n")
            .package("crates/core/c", "c", "[lints]\nworkspace = true\n")
            .file("crates/core/d/Cargo.toml", "[package]\nname = \"d\"\n[lints]\nworkspace = true\n");
        let found: Vec<String> = planted.find(&CHECK).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "[lints] crates/core/b/Cargo.toml: has no `[lints] workspace = true`",
                "[lints] crates/core/c/Cargo.toml: is no member of the workspace",
                "[lints] crates/core/d/Cargo.toml: has no description",
            ]
        );
    }
}
