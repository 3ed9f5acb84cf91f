//! No test is skipped outside a reviewed list.
//!
//! `#[ignore]` is never right. A test that cannot run on some machine prints the word and its reason, and fails where
//! the variable `CI` is set; the file that does so is on the list, and is looked at for that variable here.

use syn::{
    Attribute, LitStr,
    visit::{self, Visit},
};

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "skipped", find };

/// Put together, so that this file is not on the list.
const WORD: &str = concat!("SKIP", "PED");

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    for source in tree.sources() {
        let mut marks = Marks { ignored: 0, says: false };
        marks.visit_file(&source.syntax);
        marks.says |= inside_macros(&source.text);
        if marks.ignored > 0 {
            found.push(Finding::new(CHECK.name, &source.path, "has a test with #[ignore]"));
        }
        if marks.says {
            let what = "has a test that may skip itself: to be reviewed and listed";
            found.push(Finding::new(CHECK.name, &source.path, what));
            if !source.text.contains("\"CI\"") {
                let place = format!("{}::CI", source.path);
                found.push(Finding::new(
                    CHECK.name,
                    place,
                    "skips without asking whether this is CI, where it must fail",
                ));
            }
        }
    }
    Ok(found)
}

/// Whether the word begins a string on a line that is no comment: what stands inside a macro is no syntax yet.
fn inside_macros(text: &str) -> bool {
    let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    code.into_iter().any(|line| line.contains(&format!("\"{WORD}")))
}

struct Marks {
    ignored: usize,
    says: bool,
}

impl<'ast> Visit<'ast> for Marks {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        let conditional = attribute.path().is_ident("cfg_attr")
            && attribute.meta.require_list().is_ok_and(|list| {
                list.tokens.to_string().split(|c: char| !c.is_alphanumeric()).any(|word| word == "ignore")
            });
        if attribute.path().is_ident("ignore") || conditional {
            self.ignored = self.ignored.saturating_add(1);
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_lit_str(&mut self, text: &'ast LitStr) {
        self.says |= text.value().starts_with(WORD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    fn skips(condition: &str) -> String {
        format!("fn a() {{\n    if {condition} {{ println!(\"{WORD}: no sandbox\") }}\n}}\n")
    }

    #[test]
    fn ignored_tests_are_found() {
        let planted = Planted::new("skipped")
            .file("a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n")
            .file("b.rs", "mod inner { #[cfg_attr(miri, ignore)] #[test] fn b() {} }\n")
            .file("c.rs", "// #[ignore]\nfn ignore() {}\n");
        assert_eq!(planted.places(&CHECK), ["a.rs", "b.rs"]);
    }

    #[test]
    fn a_skip_is_to_be_listed_and_to_ask_for_ci() {
        let planted = Planted::new("skipped")
            .file("a.rs", skips("std::env::var_os(\"CI\").is_none()"))
            .file("b.rs", skips("true"))
            .file("c.rs", format!("// {WORD}: only a comment\n"));
        assert_eq!(planted.places(&CHECK), ["a.rs", "b.rs", "b.rs::CI"]);
    }
}
