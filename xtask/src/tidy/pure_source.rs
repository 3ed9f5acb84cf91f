//! No source of a core or reader crate names a file, a socket, a process, the environment, a clock or randomness.
//!
//! Test code may. `use` trees, paths and the insides of macros are looked at; a function handed in from outside is how
//! such a crate gets what it needs.

use syn::{
    ImplItemFn, ItemFn, ItemImpl, ItemMod, ItemUse, Macro, Path, UseTree,
    visit::{self, Visit},
};

use super::{Check, Finding, Source, Tree, tree::is_test};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "pure-source", find };

/// Paths that may not be named, with everything below them.
const PATHS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stderr",
    "std::io::stdin",
    "std::io::stdout",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "getrandom",
    "rand",
    "rand_core::OsRng",
    "tokio",
    "OsRng",
    "thread_rng",
];

/// Macros that write to the terminal.
const MACROS: &[&str] = &["dbg", "eprint", "eprintln", "print", "println"];

/// Types whose `now` reads a clock.
const CLOCKS: &[&str] = &["Instant", "SystemTime", "Timestamp", "Utc", "Local", "Zoned"];

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let pure = |source: &&Source| {
        let floor = source.path.starts_with("crates/core/") || source.path.starts_with("crates/reader/");
        floor && !source.test
    };
    let mut found = Vec::new();
    for source in tree.sources().iter().filter(pure) {
        let mut reach = Reach { named: Vec::new() };
        reach.visit_file(&source.syntax);
        reach.named.sort();
        reach.named.dedup();
        found.extend(
            reach
                .named
                .into_iter()
                .map(|name| Finding::new(CHECK.name, &source.path, format!("names `{name}`"))),
        );
    }
    Ok(found)
}

struct Reach {
    named: Vec<String>,
}

impl Reach {
    fn judge(&mut self, path: &str) {
        let below = |banned: &str| {
            path.strip_prefix(banned).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let clock = CLOCKS
            .iter()
            .any(|clock| path == format!("{clock}::now") || path.ends_with(&format!("::{clock}::now")));
        if clock || PATHS.iter().any(|banned| below(banned)) {
            self.named.push(path.to_owned());
        }
    }

    fn imports(&mut self, before: &str, tree: &UseTree) {
        let joined =
            |name: &str| if before.is_empty() { name.to_owned() } else { format!("{before}::{name}") };
        match tree {
            UseTree::Path(path) => self.imports(&joined(&path.ident.to_string()), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.imports(before, item)),
            UseTree::Name(name) if name.ident == "self" => self.judge(before),
            UseTree::Name(name) => self.judge(&joined(&name.ident.to_string())),
            UseTree::Rename(rename) => self.judge(&joined(&rename.ident.to_string())),
            UseTree::Glob(_) => self.judge(before),
        }
    }
}

impl<'ast> Visit<'ast> for Reach {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !is_test(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if !is_test(&item.attrs) {
            self.imports("", &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.judge(&segments.join("::"));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if let Some(name) = call.path.segments.last().map(|segment| segment.ident.to_string())
            && MACROS.contains(&name.as_str())
        {
            self.named.push(format!("{name}!"));
        }
        // What stands inside is no syntax yet: its words are joined to paths again, and judged one by one.
        let inside = call.tokens.to_string().replace(" :: ", "::").replace(":: ", "::").replace(" ::", "::");
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        inside.split(|c| !word(c)).for_each(|path| self.judge(path.trim_matches(':')));
        visit::visit_macro(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    fn found(folder: &str, text: &str) -> Vec<String> {
        let planted = Planted::new("pure-source").file(&format!("{folder}/src/lib.rs"), text);
        planted.find(&CHECK).into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn every_way_to_the_outside_is_found() {
        for (text, name) in [
            ("use std::fs;", "std::fs"),
            ("use std::{fmt, fs::{self, File}};", "std::fs"),
            ("use std::{io::stdin as s};", "std::io::stdin"),
            ("use std::net::*;", "std::net"),
            ("fn a() { std::env::var(\"A\"); }", "std::env::var"),
            ("fn a() { let _ = Instant::now(); }", "Instant::now"),
            ("fn a() { jiff::Timestamp::now(); }", "jiff::Timestamp::now"),
            ("fn a() { f(std::time::SystemTime::now) }", "std::time::SystemTime::now"),
            ("fn a() { std::thread::sleep(d) }", "std::thread::sleep"),
            ("fn a() { println!(\"a\") }", "println!"),
            ("fn a() { format!(\"{}\", std::process::id()) }", "std::process::id"),
            ("struct A(std::net::TcpStream);", "std::net::TcpStream"),
            ("fn a() { getrandom::fill(&mut b); }", "getrandom::fill"),
        ] {
            assert!(found("crates/core/a", text).contains(&format!("names `{name}`")), "{text}");
            assert!(!found("crates/reader/a", text).is_empty(), "{text}");
            assert!(found("crates/gateway/a", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn tests_and_harmless_names_are_free() {
        let text = "use std::path::Path;\nuse crate::thread::Spool;\n#[cfg(test)]\nmod tests { use std::fs; }\n#[test]\nfn t() { std::fs::read(p); }\n\
                    fn a() { let net = \"std::net\"; strand::now(); self.now() }\n";
        assert_eq!(found("crates/core/a", text), [""; 0]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_free() {
        let planted = Planted::new("pure-source")
            .file("crates/core/a/src/lib.rs", "#[cfg(test)]\nmod tests;\nmod code;\n")
            .file("crates/core/a/src/tests.rs", "use std::fs;\nmod more;\n")
            .file("crates/core/a/src/tests/more.rs", "use std::fs;\n")
            .file("crates/core/a/src/code.rs", "use std::fs;\n");
        assert_eq!(planted.places(&CHECK), ["crates/core/a/src/code.rs"]);
    }
}
