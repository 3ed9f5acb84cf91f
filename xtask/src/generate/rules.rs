//! `docs/reference/rules.md`: every parameter rule, from the literals that define it.

use std::{collections::BTreeMap, fmt::Write as _};

use syn::{
    Expr, ExprStruct, Item, Lit, Member,
    visit::{self, Visit},
};

use crate::tidy::{Source, Tree, doc_lines};

const PAGE: &str = "docs/reference/rules.md";
/// What stands for every service and operation.
const ANY: &str = "ANY";
const FOLDER: &str = "crates/reader/aws/src/rules/";

/// One rule, as its literal says.
struct Rule {
    id: String,
    finds: String,
    shape: String,
    operations: Vec<String>,
}

pub(super) fn page(tree: &Tree) -> Option<(String, String)> {
    let families: Vec<&Source> =
        tree.sources().iter().filter(|source| !source.test && source.path.starts_with(FOLDER)).collect();
    let mut text = format!(
        "{}\n\n# Parameter rules\n\nOperations whose danger stands in their parameters, not in their names. A rule only ever adds to what an \
         operation is at its most harmless. Where live state decides, its effect is conditional, and a fact that could not be read counts \
         as its worst value.\n\nA rule has a shape, by how the danger hides: a *guard removal* is harmless now and fatal with the next request; a *full replace* \
         takes away what it leaves out, so that it waits for the named fact, the difference from the live state; a *delegation* happens under \
         another identity, which stands at the named members where the request names it, and is judged by what that identity reaches. All others \
         are settings.\n",
        super::MADE
    );
    let facts = facts(tree);
    let mut count = 0_usize;
    for source in families {
        let rules = rules(source, &facts);
        if rules.is_empty() {
            continue;
        }
        count = count.saturating_add(rules.len());
        let docs = doc_lines(&source.syntax.attrs);
        let paragraph: Vec<&str> =
            docs.iter().map(String::as_str).take_while(|line| !line.is_empty()).collect();
        let _ = write!(
            text,
            "\n## {}\n\n| rule | finds | shape | in |\n|---|---|---|---|\n",
            paragraph.join(" ").trim_end_matches('.')
        );
        for rule in rules {
            let operations: Vec<String> = rule.operations.iter().map(|name| format!("`{name}`")).collect();
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                rule.id,
                rule.finds,
                rule.shape,
                operations.join(" ")
            );
        }
    }
    let _ = write!(text, "\n{count} rules.\n");
    (count > 0).then(|| (PAGE.to_owned(), text))
}

/// The names of facts by the constants that stand for them.
fn facts(tree: &Tree) -> BTreeMap<String, String> {
    let sources = tree.sources().iter().filter(|source| source.path.ends_with("rules/facts.rs"));
    let constants = sources.flat_map(|source| &source.syntax.items).filter_map(|item| match item {
        Item::Const(constant) => Some((constant.ident.to_string(), string(&constant.expr)?)),
        _ => None,
    });
    constants.collect()
}

fn rules(source: &Source, facts: &BTreeMap<String, String>) -> Vec<Rule> {
    let constants = source.syntax.items.iter().filter_map(|item| match item {
        Item::Const(constant) => Some((constant.ident.to_string(), &*constant.expr)),
        _ => None,
    });
    let mut reading = Reading { constants: constants.collect(), facts, rules: Vec::new() };
    reading.visit_file(&source.syntax);
    reading.rules
}

struct Reading<'a> {
    constants: BTreeMap<String, &'a Expr>,
    facts: &'a BTreeMap<String, String>,
    rules: Vec<Rule>,
}

impl Reading<'_> {
    /// A shape in words: nothing for a plain setting.
    fn shape(&self, expression: &Expr) -> String {
        match expression {
            Expr::Path(path)
                if path.path.segments.last().is_some_and(|last| last.ident == "GuardRemoval") =>
            {
                "guard removal".to_owned()
            }
            Expr::Struct(shape) => match shape.fields.first().map(|field| &field.expr) {
                Some(Expr::Path(path)) => {
                    let fact = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
                    format!("full replace: `{}`", self.facts.get(&fact).unwrap_or(&fact))
                }
                Some(Expr::Reference(list)) => {
                    let members: Vec<String> = match &*list.expr {
                        Expr::Array(array) => array.elems.iter().filter_map(string).collect(),
                        _ => Vec::new(),
                    };
                    let members: Vec<String> = members.iter().map(|member| format!("`{member}`")).collect();
                    if members.is_empty() {
                        "delegation".to_owned()
                    } else {
                        format!("delegation: {}", members.join(" "))
                    }
                }
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// The `service:Operation` pairs of a list that stands here or is named by a constant of the same file.
    fn operations(&self, expression: &Expr) -> Vec<String> {
        match expression {
            Expr::Reference(reference) => self.operations(&reference.expr),
            Expr::Array(array) => array.elems.iter().map(|element| self.pair(element)).collect(),
            Expr::Path(_) => self.named(expression).map(|list| self.operations(list)).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// What a constant of the same file is called.
    fn named(&self, expression: &Expr) -> Option<&Expr> {
        let Expr::Path(path) = expression else { return None };
        self.constants.get(&path.path.get_ident()?.to_string()).copied()
    }

    /// One pair, as it stands here or at a place of a named list. One that is not understood is told, not left out.
    fn pair(&self, element: &Expr) -> String {
        let indexed = || {
            let Expr::Index(index) = element else { return None };
            let list = match self.named(&index.expr)? {
                Expr::Reference(reference) => &*reference.expr,
                list => list,
            };
            let (Expr::Array(list), Expr::Lit(at)) = (list, &*index.index) else { return None };
            let Lit::Int(at) = &at.lit else { return None };
            pair(list.elems.get(at.base10_parse::<usize>().ok()?)?)
        };
        let is_any = |word: &Expr| matches!(word, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == ANY));
        if matches!(element, Expr::Tuple(pair) if pair.elems.iter().all(is_any)) {
            return "*".to_owned();
        }
        pair(element).or_else(indexed).unwrap_or_else(|| "not read".to_owned())
    }
}

impl<'ast> Visit<'ast> for Reading<'_> {
    fn visit_expr_struct(&mut self, literal: &'ast ExprStruct) {
        visit::visit_expr_struct(self, literal);
        if !literal.path.is_ident("Rule") {
            return;
        }
        let field = |name: &str| {
            literal.fields.iter().find_map(|field| match &field.member {
                Member::Named(member) if member == name => Some(&field.expr),
                _ => None,
            })
        };
        if let (Some(id), Some(finds)) = (field("id").and_then(string), field("finds").and_then(string)) {
            let operations = field("operations").map(|list| self.operations(list)).unwrap_or_default();
            let shape = field("shape").map(|shape| self.shape(shape)).unwrap_or_default();
            self.rules.push(Rule { id, finds, shape, operations });
        }
    }
}

fn pair(expression: &Expr) -> Option<String> {
    let Expr::Tuple(tuple) = expression else { return None };
    let words: Option<Vec<String>> = tuple.elems.iter().map(string).collect();
    words.map(|words| words.join(":"))
}

fn string(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn rules_are_read_from_their_literals() {
        let planted = Planted::new("rules").file(
            "crates/reader/aws/src/rules/a.rs",
            "//! Things,\n//! and more.\n//!\n//! Not this.\nconst PAIRS: &[(&str, &str)] = &[(\"s\", \"Two\")];\n\
             const RULES: &[Rule] = &[\n    Rule { id: \"one\", finds: \"a thing\", shape: Shape::GuardRemoval, operations: &[(\"s\", \"One\")], test: |_| vec![] },\n    \
             Rule { id: \"two\", finds: \"more\", shape: Shape::FullReplace { difference: GONE }, operations: PAIRS, test },\n    \
             Rule { id: \"three\", finds: \"it\", shape: Shape::Delegation { identity: &[\"role\"] }, operations: &[PAIRS[0], (\"s\", OTHER)], test },\n];\n",
        );
        let planted = planted
            .file("crates/reader/aws/src/rules/facts.rs", "//! Facts.\npub const GONE: &str = \"s:gone\";\n");
        let (path, text) = page(&Tree::read(&planted.house()).unwrap()).unwrap();
        assert_eq!(path, PAGE);
        assert!(text.contains("## Things, and more\n"), "{text}");
        assert!(text.contains("| `one` | a thing | guard removal | `s:One` |\n| `two` | more | full replace: `s:gone` | `s:Two` |\n| `three` | it | delegation: `role` | `s:Two` `not read` |\n"), "{text}");
        assert!(text.ends_with("3 rules.\n"), "{text}");
    }
}
