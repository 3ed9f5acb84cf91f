//! What is generated is what the generator writes now.

use super::{Check, Finding, Tree};
use crate::{error::XtaskError, generate};

pub(super) const CHECK: Check = Check { name: "generated", find };

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let stale =
        generate::pages(tree)?.into_iter().filter(|(path, wanted)| tree.text(path) != Some(wanted.as_str()));
    Ok(stale
        .map(|(path, _)| Finding::new(CHECK.name, path, "is not current: `cargo xtask tidy --fix`"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_stale_page_is_found_until_it_is_written() {
        let planted = Planted::new("generated")
            .workspace(&["crates/core/a"])
            .package("crates/core/a", "a", "")
            .file("ARCHITECTURE.md", "# House\n\n<!-- crates: begin -->\n<!-- crates: end -->\n\nMore.\n");
        assert_eq!(planted.places(&CHECK), ["ARCHITECTURE.md"]);
        generate::write(&planted.house()).unwrap();
        assert_eq!(planted.places(&CHECK), [""; 0]);
        let text = std::fs::read_to_string(planted.house().path("ARCHITECTURE.md")).unwrap();
        assert!(text.contains("about a") && text.ends_with("More.\n"), "{text}");
    }
}
