//! A Rust file holds at most 500 lines of code; blank lines and comments are free.

use super::{Check, Finding, Tree, code_lines};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "file-size", find };
const MOST: usize = 500;

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let sizes = tree.sources().iter().map(|source| (source, code_lines(&source.text)));
    let large = sizes.filter(|(_, lines)| *lines > MOST).map(|(source, lines)| Finding {
        size: Some(lines),
        ..Finding::new(CHECK.name, &source.path, format!("{lines} lines of code, {MOST} at most"))
    });
    Ok(large.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_long_file_is_found_and_comments_are_free() {
        let planted = Planted::new("file-size")
            .file("a.rs", "static A: u8 = 0;\n".repeat(501))
            .file("b.rs", "static A: u8 = 0;\n// why\n\n".repeat(500));
        assert_eq!(planted.places(&CHECK), ["a.rs"]);
    }
}
