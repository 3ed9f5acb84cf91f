//! A link from one page to another leads somewhere.

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "links", find };

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let dead = links(text).filter(|link| !tree.house().path(folder).join(link).exists());
        found.extend(
            dead.map(|link| Finding::new(CHECK.name, path, format!("leads to `{link}`, which is not there"))),
        );
    }
    Ok(found)
}

/// The targets of links within the repository, without the place on the page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let pages = targets.filter_map(|target| target.split('#').next());
    pages.filter(|page| !page.is_empty() && !page.contains("://") && !page.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn a_dead_link_is_found() {
        let page =
            "[a](b.md#there) [c](../README.md) [d](#here) [e](https://example.com/f.md) `[(x)](y z)`\n";
        let planted = Planted::new("links")
            .file("docs/a.md", page)
            .file("docs/b.md", "[gone](c.md)\n")
            .file("README.md", "");
        assert_eq!(planted.places(&CHECK), ["docs/b.md"]);
    }
}
