//! A decision that is cited exists, the decisions are numbered without gaps, and each one fits on a page.

use std::collections::BTreeMap;

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "decisions", find };

const FOLDER: &str = "docs/adr/";
/// The longest page, in lines.
const PAGE: usize = 60;

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    let mut pages: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.starts_with(FOLDER)) {
        let mut add = |what: String| found.push(Finding::new(CHECK.name, path, what));
        let name = path.trim_start_matches(FOLDER);
        let Some(number) = name.split('-').next().filter(|number| is_number(number)) else {
            add("is not named NNNN-title.md".to_owned());
            continue;
        };
        if pages.insert(number, path).is_some() {
            add(format!("number {number} is taken twice"));
        }
        if !text.starts_with(&format!("# ADR-{number}: ")) {
            add(format!("does not begin with `# ADR-{number}: `"));
        }
        if text.lines().count() > PAGE {
            add(format!("{} lines, {PAGE} at most", text.lines().count()));
        }
    }
    for (at, (number, path)) in pages.iter().enumerate() {
        let due = format!("{:04}", at.saturating_add(1));
        if **number != due {
            found.push(Finding::new(
                CHECK.name,
                *path,
                format!("{due} should come here: the numbers have a gap"),
            ));
            break;
        }
    }
    for (path, text) in tree.texts() {
        let missing = cited(text).filter(|number| !pages.contains_key(number));
        found.extend(missing.map(|number| {
            Finding::new(CHECK.name, path, format!("cites ADR-{number}, which does not exist"))
        }));
    }
    Ok(found)
}

/// The numbers of the decisions that a text cites.
fn cited(text: &str) -> impl Iterator<Item = &str> {
    text.split("ADR-").skip(1).filter_map(|rest| rest.get(..4)).filter(|number| is_number(number))
}

fn is_number(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    fn page(number: &str) -> String {
        format!("# ADR-{number}: a decision\n")
    }

    /// A citation, put together here so that this file cites nothing.
    fn cite(number: &str) -> String {
        format!("// {}-{number}\n", "ADR")
    }

    #[test]
    fn a_citation_of_nothing_is_found() {
        let planted = Planted::new("adr")
            .file("docs/adr/0001-first.md", page("0001"))
            .file("a.rs", cite("0001"))
            .file("policies/b.cedar", cite("0002"))
            .file("c.md", cite("NNNN"));
        assert_eq!(planted.places(&CHECK), ["policies/b.cedar"]);
    }

    #[test]
    fn a_gap_a_wrong_head_and_a_long_page_are_found() {
        let planted = Planted::new("adr")
            .file("docs/adr/0001-first.md", page("0001"))
            .file("docs/adr/0003-third.md", page("0003"));
        assert_eq!(planted.places(&CHECK), ["docs/adr/0003-third.md"]);
        let planted =
            Planted::new("adr").file("docs/adr/0001-first.md", "# First\n").file("docs/adr/notes.md", "");
        assert_eq!(planted.places(&CHECK), ["docs/adr/0001-first.md", "docs/adr/notes.md"]);
        let planted =
            Planted::new("adr").file("docs/adr/0001-first.md", page("0001") + &"a line\n".repeat(60));
        assert_eq!(planted.places(&CHECK), ["docs/adr/0001-first.md"]);
    }
}
