//! What the checks look at: the tracked text files, and the Rust sources among them, parsed once.

use std::collections::BTreeSet;

use syn::{Attribute, Expr, Item, Lit, Meta};

use super::Finding;
use crate::{error::XtaskError, house::House};

/// Everything tracked that is text.
pub(crate) struct Tree {
    house: House,
    texts: Vec<(String, String)>,
    sources: Vec<Source>,
    unreadable: Vec<Finding>,
}

/// A Rust file.
pub(crate) struct Source {
    /// Relative to the root.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Its syntax.
    pub(crate) syntax: syn::File,
    /// Whether it is compiled only for tests.
    pub(crate) test: bool,
}

impl Tree {
    /// Reads it.
    pub(crate) fn read(house: &House) -> Result<Self, XtaskError> {
        let mut texts = Vec::new();
        for path in house.files()? {
            let full = house.path(&path);
            let bytes = std::fs::read(&full).map_err(|error| XtaskError::file(&full, error))?;
            if let Ok(text) = String::from_utf8(bytes) {
                texts.push((path, text));
            }
        }
        let (mut sources, mut unreadable) = (Vec::new(), Vec::new());
        for (path, text) in texts.iter().filter(|(path, _)| path.ends_with(".rs")) {
            match syn::parse_file(text) {
                Ok(syntax) => {
                    let test = is_test_path(path);
                    sources.push(Source { path: path.clone(), text: text.clone(), syntax, test });
                }
                Err(error) => unreadable.push(Finding::new(super::readable::NAME, path, error.to_string())),
            }
        }
        mark_test_modules(&mut sources);
        Ok(Self { house: House::at(house.root()), texts, sources, unreadable })
    }

    /// Where it stands.
    pub(crate) fn house(&self) -> &House {
        &self.house
    }

    /// Every text file: its path and its text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// One text file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.texts().find(|(candidate, _)| *candidate == path).map(|(_, text)| text)
    }

    /// Every Rust file.
    pub(crate) fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Rust files that do not parse.
    pub(super) fn unreadable(&self) -> &[Finding] {
        &self.unreadable
    }
}

/// Whether a path lies where only tests lie.
fn is_test_path(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/")
}

/// Marks the files of `#[cfg(test)] mod NAME;`.
fn mark_test_modules(sources: &mut [Source]) {
    let mut files = BTreeSet::new();
    let mut folders = Vec::new();
    for source in sources.iter() {
        let base = module_folder(&source.path);
        for item in &source.syntax.items {
            if let Item::Mod(module) = item
                && module.content.is_none()
                && is_test(&module.attrs)
            {
                files.insert(format!("{base}/{}.rs", module.ident));
                folders.push(format!("{base}/{}/", module.ident));
            }
        }
    }
    for source in sources {
        source.test |= files.contains(&source.path)
            || folders.iter().any(|folder| source.path.starts_with(folder.as_str()));
    }
}

/// The folder in which a file's own modules lie.
fn module_folder(path: &str) -> &str {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let root = ["mod", "lib", "main"].iter().find_map(|name| stem.strip_suffix(name)?.strip_suffix('/'));
    root.unwrap_or(stem)
}

/// Whether the attributes keep an item for tests alone.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test"
                || (condition.starts_with("all") && condition.contains("test") && !condition.contains("not"))
        }
        _ => false,
    })
}

/// How many lines hold code: neither blank nor only a comment.
pub(crate) fn code_lines(text: &str) -> usize {
    let code = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    code.count()
}

/// The lines of a file's or an item's doc comment.
pub(crate) fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let docs = attributes.iter().filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(literal) = &pair.value else { return None };
        match &literal.lit {
            Lit::Str(text) if pair.path.is_ident("doc") => Some(text.value()),
            _ => None,
        }
    });
    docs.map(|line| line.strip_prefix(' ').map_or(line.clone(), str::to_owned)).collect()
}
