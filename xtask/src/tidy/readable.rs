//! Every Rust file can be parsed: what cannot be read cannot be checked.

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const NAME: &str = "readable";
pub(super) const CHECK: Check = Check { name: NAME, find };

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    Ok(tree.unreadable().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_file_that_does_not_parse_is_found() {
        let planted =
            Planted::new("readable").file("crates/core/a/src/lib.rs", "fn (").file("src/b.rs", "fn b() {}");
        assert_eq!(planted.places(&CHECK), ["crates/core/a/src/lib.rs"]);
    }
}
