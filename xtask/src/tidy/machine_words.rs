//! No tracked text names a folder of one machine or the host of a package registry: neither would be true elsewhere.

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "machine-words", find };

/// Put together, so that this file has none of them.
const WORDS: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/tm", "p/"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("deb.debian", ".org"),
];

/// Written by cargo, which names its registry.
const LOCK: &str = "Cargo.lock";

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| *path != LOCK) {
        let mut lines = text.lines().zip(1_usize..);
        let first =
            lines.find_map(|(line, number)| Some((number, WORDS.iter().find(|word| stands_in(line, word))?)));
        if let Some((number, word)) = first {
            found.push(Finding::new(CHECK.name, path, format!("line {number} names `{word}`")));
        }
    }
    Ok(found)
}

/// Whether the word stands in the line as itself: a path only where nothing comes before its first slash.
fn stands_in(line: &str, word: &str) -> bool {
    let part_of_more =
        |before: &str| before.ends_with(|c: char| c.is_alphanumeric() || "._-}$~*".contains(c));
    line.match_indices(word)
        .any(|(at, _)| !(word.starts_with('/') && line.get(..at).is_some_and(part_of_more)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn machine_folders_and_registry_hosts_are_found() {
        for word in WORDS {
            let planted = Planted::new("words")
                .file("docs/a.md", format!("See\n`{word}x`.\n"))
                .file("Cargo.lock", format!("{word}\n"))
                .file("b.bin", [b"\xff".as_slice(), word.as_bytes()].concat());
            assert_eq!(planted.places(&CHECK), ["docs/a.md"], "{word}");
        }
    }

    #[test]
    fn a_longer_path_is_not() {
        let planted = Planted::new("words")
            .file("a.md", format!("the {}.rs and ${{A}}{}b\n", concat!("net", "/wo", "rk/a"), WORDS[2]));
        assert_eq!(planted.places(&CHECK), [""; 0]);
    }
}
