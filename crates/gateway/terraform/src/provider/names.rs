//! The types that a run may name: every word with a `_` in it, of the configuration and of the state.

use std::{collections::HashSet, path::Path};

use crate::tree::Tree;

/// A configuration is smaller.
const SMALL: usize = 1024 * 1024;

/// Adds the words of a text.
fn words(text: &[u8], named: &mut HashSet<String>) {
    let is_sign = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    for word in text.split(|byte| !is_sign(byte)).filter(|word| word.contains(&b'_')) {
        if let Ok(word) = std::str::from_utf8(word)
            && !named.contains(word)
        {
            named.insert(word.to_owned());
        }
    }
}

/// Every word that may be a type's name in the work directory, its modules with it, and in the state.
pub(crate) fn named(tree: &Tree, state: Option<&[u8]>) -> HashSet<String> {
    let mut named = HashSet::new();
    let reads = |path: &Path| {
        let name = path.to_string_lossy();
        [".tf", ".tofu", ".json"].iter().any(|end| name.ends_with(end))
    };
    // What a link leads to may be called anything.
    let linked = tree.links().any(|(path, _)| reads(path));
    for (_, bytes) in tree.files().filter(|(path, bytes)| reads(path) || linked && bytes.len() < SMALL) {
        words(bytes, &mut named);
    }
    if let Some(state) = state {
        words(state, &mut named);
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_wherever_they_may_stand() {
        let mut tree = Tree::default();
        tree.put("main.tf", "resource \"aws_vpc\" \"a\" {}\nmoved {\n  from = aws_instance.x\n}\n");
        tree.put("modules/a/more.tf.json", r#"{"data": {"aws_s3_bucket": {}}}"#);
        tree.put("app.py", "aws_db_instance");
        let named = named(&tree, Some(br#"{"resources": [{"type": "aws_iam_role"}]}"#));
        for name in ["aws_vpc", "aws_instance", "aws_s3_bucket", "aws_iam_role"] {
            assert!(named.contains(name), "{name}");
        }
        assert!(!named.contains("aws_db_instance"));
    }
}
