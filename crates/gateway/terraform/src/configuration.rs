//! What no plan tells of a configuration: where it would keep its state, and what its author guards.

use std::{collections::BTreeSet, path::Path};

use hcl::{Block, Body, Expression};
use interlock_action::Digest;
use serde_json::{Value, json};

use crate::tree::Tree;

/// What the files of a folder say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Backends that are written, by their types; `cloud` for HCP Terraform.
    pub(crate) backends: BTreeSet<String>,
    /// Addresses with `prevent_destroy`, of the folder's own resources.
    pub(crate) guarded: BTreeSet<String>,
}

/// The name of the file that keeps the state here. Of several that override, the last one by its name counts.
pub(crate) const OVERRIDE: &str = "~interlock_override.tf";
const KEEPS_HERE: &str = "terraform {\n  backend \"http\" {}\n}\n";

/// Reads the files of a folder, as far as they can be read: Terraform itself tells what cannot.
pub(crate) fn read(tree: &Tree, folder: &Path) -> Configuration {
    let mut found = Configuration::default();
    for name in tree.names(folder).filter(|name| *name != OVERRIDE) {
        let Some(text) = tree.file(&folder.join(name)).and_then(|bytes| std::str::from_utf8(bytes).ok())
        else {
            continue;
        };
        if name.ends_with(".tf") || name.ends_with(".tofu") {
            if let Ok(body) = hcl::from_str::<Body>(text) {
                found.body(&body);
            }
        } else if name.ends_with(".tf.json")
            && let Ok(value) = serde_json::from_str::<Value>(text)
        {
            found.json(&value);
        }
    }
    found
}

/// What initialising a folder depends on: backends, providers and modules; files that cannot be read as a whole. Other resources
/// of the same providers need nothing else.
pub(crate) fn needs(tree: &Tree, folder: &Path, of: &[String]) -> Digest {
    let mut said: Vec<String> = vec![folder.display().to_string(), json!(of).to_string()];
    for (path, bytes) in tree.files() {
        let name = path.display().to_string();
        let is = |end: &str| name.ends_with(end);
        if is(".tf") || is(".tofu") {
            let body = std::str::from_utf8(bytes).ok().and_then(|text| hcl::from_str::<Body>(text).ok());
            said.push(match body {
                Some(body) => format!("{name} {}", needed(&body)),
                None => format!("{name} {}", Digest::of(bytes)),
            });
        } else if is(".json") || is(".hcl") || is(".zip") {
            said.push(format!("{name} {}", Digest::of(bytes)));
        }
    }
    said.extend(tree.links().map(|(path, target)| format!("{} -> {}", path.display(), target.display())));
    // INVARIANT: what stands in a line is never taken for another line.
    Digest::of(json!(said).to_string().as_bytes())
}

/// The providers that a state has resources of.
pub(crate) fn providers_of(state: &[u8]) -> BTreeSet<String> {
    let state: Value = serde_json::from_slice(state).unwrap_or_default();
    let resources = state.get("resources").and_then(Value::as_array).into_iter().flatten();
    resources.filter_map(|one| one.get("provider").and_then(Value::as_str)).map(str::to_owned).collect()
}

/// The blocks of a file that initialising depends on, and the providers that its resources are of.
fn needed(body: &Body) -> String {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for block in body.blocks() {
        if ["terraform", "module", "provider"].contains(&block.identifier()) {
            all.insert(hcl::to_string(block).unwrap_or_default());
        } else if let Some(kind) = block.labels().first() {
            all.insert(kind.as_str().split('_').next().unwrap_or_default().to_owned());
        }
        // A resource may name its provider by another name.
        all.extend(
            block.body().attributes().filter(|one| one.key() == "provider").map(|one| one.expr().to_string()),
        );
    }
    Vec::from_iter(all).join(" ")
}

/// Puts the file in that keeps the state here. An error in words where another would count.
pub(crate) fn keep_here(tree: &mut Tree, folder: &Path) -> Result<(), String> {
    let overrides = |name: &&str| {
        let stem = name.strip_suffix(".json").unwrap_or(name);
        let stem = stem.strip_suffix(".tf").or_else(|| stem.strip_suffix(".tofu"));
        stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
    };
    let last = tree.names(folder).filter(|name| *name != OVERRIDE).filter(overrides).max().map(str::to_owned);
    if let Some(last) = last.filter(|last| last.as_str() >= OVERRIDE) {
        return Err(format!("`{last}` would override where Interlock keeps the state; rename it"));
    }
    tree.put(folder.join(OVERRIDE), KEEPS_HERE);
    Ok(())
}

/// Takes the guards off that a folder's own resources have in its configuration: for what is to go, and is nobody's.
pub(crate) fn unguard(tree: &mut Tree, folder: &Path) {
    let each = |address: &String| {
        let (kind, name) = address.split_once('.')?;
        Some(format!(
            "resource {kind:?} {name:?} {{\n  lifecycle {{\n    prevent_destroy = false\n  }}\n}}\n"
        ))
    };
    let unguarded: String = read(tree, folder).guarded.iter().filter_map(each).collect();
    tree.put(folder.join(OVERRIDE), format!("{KEEPS_HERE}{unguarded}"));
}

impl Configuration {
    fn body(&mut self, body: &Body) {
        for block in body.blocks() {
            match block.identifier() {
                "terraform" => self.terraform(block.body()),
                "resource" => self.resource(block),
                _ => {}
            }
        }
    }

    fn terraform(&mut self, body: &Body) {
        for block in body.blocks() {
            match block.identifier() {
                "backend" => {
                    self.backends.extend(block.labels().first().map(|label| label.as_str().to_owned()))
                }
                "cloud" => drop(self.backends.insert("cloud".to_owned())),
                _ => {}
            }
        }
    }

    fn resource(&mut self, block: &Block) {
        let labels: Vec<&str> = block.labels().iter().map(|label| label.as_str()).collect();
        let [kind, name] = labels.as_slice() else { return };
        let guards = block.body().blocks().filter(|inner| inner.identifier() == "lifecycle").any(|inner| {
            inner.body().attributes().any(|attribute| {
                attribute.key() == "prevent_destroy" && *attribute.expr() != Expression::Bool(false)
            })
        });
        if guards {
            self.guarded.insert(format!("{kind}.{name}"));
        }
    }

    fn json(&mut self, value: &Value) {
        let terraform = value.get("terraform").into_iter().flat_map(each);
        for block in terraform {
            for (name, _) in
                block.get("backend").into_iter().flat_map(each).filter_map(|one| one.as_object()).flatten()
            {
                self.backends.insert(name.clone());
            }
            if block.get("cloud").is_some() {
                self.backends.insert("cloud".to_owned());
            }
        }
        let kinds =
            value.get("resource").into_iter().flat_map(each).filter_map(|one| one.as_object()).flatten();
        for (kind, resources) in kinds {
            for (name, resource) in each(resources).filter_map(|one| one.as_object()).flatten() {
                let guards = each(resource).filter_map(|one| one.get("lifecycle")).flat_map(each);
                let told =
                    |life: &Value| life.get("prevent_destroy").is_some_and(|is| *is != Value::Bool(false));
                if guards.into_iter().any(told) {
                    self.guarded.insert(format!("{kind}.{name}"));
                }
            }
        }
    }
}

/// A block of JSON stands for itself or in a list.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array();
    list.into_iter().flatten().chain(list.is_none().then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_and_guards_are_found_in_both_syntaxes() {
        let mut tree = Tree::default();
        tree.put(
            "main.tf",
            "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n  }\n}\nresource \"aws_db_instance\" \"a\" {\n  \
             lifecycle {\n    prevent_destroy = true\n  }\n}\nresource \"aws_vpc\" \"b\" {}\n",
        );
        tree.put(
            "more.tf.json",
            r#"{"terraform": [{"cloud": {}}], "resource": {"aws_s3_bucket": {"c": {"lifecycle": {"prevent_destroy": true}}}}}"#,
        );
        let found = read(&tree, Path::new(""));
        assert_eq!(Vec::from_iter(found.backends), ["cloud", "s3"]);
        assert_eq!(Vec::from_iter(found.guarded), ["aws_db_instance.a", "aws_s3_bucket.c"]);
    }

    #[test]
    fn nobody_overrides_where_the_state_is_kept() {
        let mut tree = Tree::default();
        tree.put("zz_override.tf", "");
        keep_here(&mut tree, Path::new("")).unwrap();
        assert!(tree.file(Path::new(OVERRIDE)).is_some());
        tree.put("\u{7f}_override.tf", "");
        assert!(keep_here(&mut tree, Path::new("")).is_err());
    }
}
