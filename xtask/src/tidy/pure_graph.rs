//! Nothing in the graph of normal dependencies of a core or reader crate does I/O or draws randomness.
//!
//! The graph is the resolved one, with the features that this crate alone asks for, as `cargo tree` gives it. Build
//! dependencies and procedural macros run in the compiler and do not count.

use super::{Check, Finding, Tree};
use crate::{error::XtaskError, program};

pub(super) const CHECK: Check = Check { name: "pure-graph", find };

/// Crates whose purpose is I/O, the clock or randomness.
const IMPURE: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "chrono",
    "fastrand",
    "getrandom",
    "h2",
    "hyper",
    "hyper-util",
    "libsqlite3-sys",
    "mio",
    "nix",
    "polling",
    "quanta",
    "rand",
    "reqwest",
    "rusqlite",
    "rustix",
    "rustls",
    "signal-hook",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
    "tokio-rustls",
    "tracing-subscriber",
    "ureq",
    "walkdir",
];

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    for package in pure_packages(tree)? {
        let mut cargo = tree.house().cargo();
        cargo.args([
            "tree",
            "--package",
            &package,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let graph = program::output(&mut cargo)?;
        let mut names: Vec<&str> = graph.lines().filter_map(|line| line.split(' ').next()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names.into_iter().filter(|name| IMPURE.contains(name)) {
            let what =
                format!("`cargo tree --package {package} --edges normal --invert {name}` shows the way");
            found.push(Finding::new(CHECK.name, format!("{package} -> {name}"), what));
        }
    }
    Ok(found)
}

/// The names of the core and reader crates.
fn pure_packages(tree: &Tree) -> Result<Vec<String>, XtaskError> {
    let pure = |path: &str| path.starts_with("crates/core/") || path.starts_with("crates/reader/");
    let manifests = tree.texts().filter(|(path, _)| pure(path) && path.ends_with("/Cargo.toml"));
    manifests
        .map(|(path, text)| {
            let form = |why: String| XtaskError::Form { what: path.to_owned(), why };
            let manifest: toml::Table = toml::from_str(text).map_err(|error| form(error.to_string()))?;
            let name =
                manifest.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
            name.map(str::to_owned).ok_or_else(|| form("no package name".to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    fn house(kind: &str) -> Vec<String> {
        Planted::new("pure-graph")
            .workspace(&["crates/core/a", "crates/reader/b", "crates/app/c", "else/between", "else/tokio"])
            .package(
                "crates/core/a",
                "a",
                &format!("[{kind}]\nbetween = {{ path = \"../../../else/between\" }}\n"),
            )
            .package("crates/reader/b", "b", "[dependencies]\na = { path = \"../../core/a\" }\n")
            .package("crates/app/c", "c", "[dependencies]\ntokio = { path = \"../../../else/tokio\" }\n")
            .package("else/between", "between", "[dependencies]\ntokio = { path = \"../tokio\" }\n")
            .package("else/tokio", "tokio", "")
            .places(&CHECK)
    }

    #[test]
    fn a_runtime_deep_down_is_found() {
        assert_eq!(house("dependencies"), ["a -> tokio", "b -> tokio"]);
    }

    #[test]
    fn what_only_tests_or_the_build_use_is_not() {
        assert_eq!(house("dev-dependencies"), [""; 0]);
        assert_eq!(house("build-dependencies"), [""; 0]);
    }
}
