//! Every module begins with `//!`: what it is for, and what it must not do. Modules of tests may go without.

use super::{Check, Finding, Tree, doc_lines};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "module-docs", find };

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let silent = tree.sources().iter().filter(|source| {
        let crate_root =
            source.path.starts_with("tests/") || source.path.split('/').rev().nth(1) == Some("tests");
        (!source.test || (crate_root && !source.path.contains("/src/")))
            && doc_lines(&source.syntax.attrs).concat().trim().is_empty()
    });
    Ok(silent.map(|source| Finding::new(CHECK.name, &source.path, "no `//!` at its head")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_silent_module_is_found() {
        let planted = Planted::new("module-docs")
            .file("crates/flow/src/lib.rs", "//! The road.\n#[cfg(test)]\nmod tests;\n")
            .file("crates/flow/src/a.rs", "/// Not the module's.\nfn a() {}\n")
            .file("crates/flow/src/b.rs", "//!\nfn b() {}\n")
            .file("crates/flow/src/tests.rs", "fn c() {}\n")
            .file("crates/flow/tests/long.rs", "fn d() {}\n");
        assert_eq!(
            planted.places(&CHECK),
            ["crates/flow/src/a.rs", "crates/flow/src/b.rs", "crates/flow/tests/long.rs"]
        );
    }
}
