//! `docs/reference/forecasters.md`: the doc comment of every forecaster. A file is one if it implements `Look`.

use std::fmt::Write as _;

use syn::Item;

use crate::tidy::{Source, Tree, doc_lines};

const PAGE: &str = "docs/reference/forecasters.md";
const FOLDER: &str = "crates/reader/aws/src/forecast/";

pub(super) fn page(tree: &Tree) -> Option<(String, String)> {
    let forecasters: Vec<&Source> = tree.sources().iter().filter(|source| is_forecaster(source)).collect();
    if forecasters.is_empty() {
        return None;
    }
    let mut text = format!(
        "{}\n\n# Forecasters\n\nWhat Interlock reads before it judges an AWS call, and what it takes the answers to mean. A fact that \
         could not be read counts as its worst value.\n",
        super::MADE
    );
    for source in forecasters {
        let lines = doc_lines(&source.syntax.attrs);
        let (title, body) = lines.split_first().map_or(("", &[][..]), |(title, body)| (title.as_str(), body));
        // A first sentence that runs over several lines is the heading whole.
        let rest = body.iter().position(|line| line.is_empty()).unwrap_or(body.len());
        let (more, body) = body.split_at_checked(rest).unwrap_or((&[], body));
        let title =
            std::iter::once(title).chain(more.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
        let _ = write!(text, "\n## {}\n", title.trim_end_matches('.'));
        let body = body.join("\n");
        if !body.trim().is_empty() {
            let _ = write!(text, "\n{}\n", body.trim());
        }
        let _ = write!(text, "\n<sub>`{}`</sub>\n", source.path);
    }
    Some((PAGE.to_owned(), text))
}

fn is_forecaster(source: &Source) -> bool {
    let looks = |item: &Item| {
        matches!(item, Item::Impl(found) if found.generics.params.is_empty()
            && found.trait_.as_ref().is_some_and(|(_, path, _)| path.is_ident("Look")))
    };
    !source.test && source.path.starts_with(FOLDER) && source.syntax.items.iter().any(looks)
}
