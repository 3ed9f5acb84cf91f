//! The table of AWS operations is the one its name says: the name carries the hash of its content, there is one such
//! file, and the Rust file that includes it names the same.

use sha2::{Digest as _, Sha256};

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "catalogue", find };

const FOLDER: &str = "crates/reader/aws/data/";
const INCLUDE: &str = "crates/reader/aws/src/catalogue/table.rs";

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let files = tree.house().files()?;
    let tables: Vec<&String> =
        files.iter().filter(|path| path.starts_with(FOLDER) && path.ends_with(".zst")).collect();
    let mut found = Vec::new();
    for path in &tables {
        let full = tree.house().path(path);
        let bytes = std::fs::read(&full).map_err(|error| XtaskError::file(&full, error))?;
        let hash = hex::encode(Sha256::digest(bytes));
        let short: String = hash.chars().take(12).collect();
        let mut add = |what: String| found.push(Finding::new(CHECK.name, path.as_str(), what));
        if **path != format!("{FOLDER}catalogue-{short}.zst") {
            add(format!("its content has the hash {short}"));
        }
        if tree.text(INCLUDE).is_none_or(|include| !include.contains(&hash)) {
            add(format!("{INCLUDE} names another hash"));
        }
        if tables.len() > 1 {
            add("is one of several tables".to_owned());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    fn named(bytes: &[u8]) -> (String, String) {
        let hash = hex::encode(Sha256::digest(bytes));
        (format!("{FOLDER}catalogue-{}.zst", hash.get(..12).unwrap()), hash)
    }

    #[test]
    fn a_table_that_was_changed_or_doubled_is_found() {
        let (name, hash) = named(b"\xff table");
        let house =
            |bytes: &[u8]| Planted::new("catalogue").file(&name, bytes).file(INCLUDE, format!("// {hash}"));
        assert_eq!(house(b"\xff table").places(&CHECK), [""; 0]);
        assert_eq!(house(b"\xff other").places(&CHECK), [name.clone(), name.clone()]);
        let (second, _) = named(b"\xff second");
        assert_eq!(house(b"\xff table").file(&second, b"\xff second").places(&CHECK).len(), 3);
    }
}
