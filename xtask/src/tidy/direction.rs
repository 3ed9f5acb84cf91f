//! Dependencies point down only: app → gateway → flow → reader → core.
//!
//! Flow knows no reader (what it needs of one are ports), gateways never know each other, readers neither, and nothing
//! depends on the tests or on this program. All kinds of dependency count, those of tests too.

use serde_json::Value;

use super::{Check, Finding, Tree};
use crate::{error::XtaskError, program};

pub(super) const CHECK: Check = Check { name: "direction", find };

/// A floor of the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Floor {
    Core,
    Reader,
    Flow,
    Gateway,
    App,
    Outside,
}

impl Floor {
    fn of(folder: &str) -> Self {
        let mut parts = folder.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some("core")) => Self::Core,
            (Some("crates"), Some("reader")) => Self::Reader,
            (Some("crates"), Some("flow")) => Self::Flow,
            (Some("crates"), Some("gateway")) => Self::Gateway,
            (Some("crates"), Some("app")) => Self::App,
            _ => Self::Outside,
        }
    }

    fn may_use(self, other: Self) -> bool {
        match self {
            Self::Core | Self::Reader | Self::Flow => other == Self::Core,
            Self::Gateway => matches!(other, Self::Core | Self::Reader | Self::Flow),
            Self::App | Self::Outside => other != Self::Outside,
        }
    }
}

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let root = tree.house().root();
    let mut cargo = tree.house().cargo();
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&program::output(&mut cargo)?)
        .map_err(|error| XtaskError::Form { what: "cargo metadata".to_owned(), why: error.to_string() })?;
    let folder = |path: &str| {
        path.strip_prefix(&*root.to_string_lossy()).map(|below| below.trim_start_matches('/').to_owned())
    };
    let mut found = Vec::new();
    for package in metadata.pointer("/packages").and_then(Value::as_array).into_iter().flatten() {
        let name = text(package, "name");
        let Some(from) = folder(text(package, "manifest_path")) else { continue };
        for dependency in package.pointer("/dependencies").and_then(Value::as_array).into_iter().flatten() {
            let Some(to) = dependency.pointer("/path").and_then(Value::as_str).and_then(folder) else {
                continue;
            };
            let (above, below) = (Floor::of(&from), Floor::of(&to));
            if !above.may_use(below) {
                let what = format!("{above:?} may not depend on {below:?}");
                found.push(Finding::new(CHECK.name, format!("{name} -> {}", text(dependency, "name")), what));
            }
        }
    }
    Ok(found)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    /// A house whose one wrong stone is a dependency of `from` on `to`.
    fn house(from: &str, to: &str, kind: &str) -> Vec<String> {
        let floors = [
            "crates/core/a",
            "crates/core/b",
            "crates/reader/a",
            "crates/reader/b",
            "crates/flow",
            "crates/gateway/a",
            "crates/gateway/b",
            "crates/app/a",
            "tests",
        ];
        let name = |folder: &str| folder.replace("crates/", "").replace('/', "-");
        let mut planted = Planted::new("direction").workspace(&floors);
        for folder in floors {
            let path = format!("{}/{to}", "../".repeat(folder.split('/').count()));
            let line = format!("[{kind}]\n{} = {{ path = \"{}\" }}\n", name(to), path.replace("//", "/"));
            planted = planted.package(folder, &name(folder), if folder == from { &line } else { "" });
        }
        planted.places(&CHECK)
    }

    #[test]
    fn whatever_points_up_or_sideways_is_found() {
        for (from, to, place) in [
            ("crates/core/a", "crates/flow", "core-a -> flow"),
            ("crates/reader/a", "crates/flow", "reader-a -> flow"),
            ("crates/reader/a", "crates/reader/b", "reader-a -> reader-b"),
            ("crates/flow", "crates/reader/a", "flow -> reader-a"),
            ("crates/flow", "crates/gateway/a", "flow -> gateway-a"),
            ("crates/gateway/a", "crates/gateway/b", "gateway-a -> gateway-b"),
            ("crates/gateway/a", "crates/app/a", "gateway-a -> app-a"),
            ("crates/app/a", "tests", "app-a -> tests"),
        ] {
            for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
                assert_eq!(house(from, to, kind), [place]);
            }
        }
    }

    #[test]
    fn whatever_points_down_is_not() {
        for (from, to) in [
            ("crates/core/a", "crates/core/b"),
            ("crates/reader/a", "crates/core/a"),
            ("crates/flow", "crates/core/a"),
            ("crates/gateway/a", "crates/reader/a"),
            ("crates/app/a", "crates/gateway/a"),
            ("tests", "crates/app/a"),
        ] {
            assert_eq!(house(from, to, "dependencies"), [""; 0]);
        }
    }
}
