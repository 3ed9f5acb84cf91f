//! A function spans at most 80 lines, from `fn` to its closing brace.

use proc_macro2::Span;
use syn::{
    Block, ImplItemFn, ItemFn, Signature, TraitItemFn,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use super::{Check, Finding, Tree};
use crate::error::XtaskError;

pub(super) const CHECK: Check = Check { name: "function-size", find };
const MOST: usize = 80;

fn find(tree: &Tree) -> Result<Vec<Finding>, XtaskError> {
    let mut found = Vec::new();
    for source in tree.sources() {
        let mut long = Long { path: &source.path, found: Vec::new() };
        long.visit_file(&source.syntax);
        found.append(&mut long.found);
    }
    Ok(found)
}

struct Long<'a> {
    path: &'a str,
    found: Vec<Finding>,
}

impl Long<'_> {
    fn measure(&mut self, signature: &Signature, block: &Block) {
        let first = signature.span().start().line;
        let last = Span::end(&block.brace_token.span.close()).line;
        let lines = last.saturating_sub(first).saturating_add(1);
        if lines > MOST {
            self.found.push(Finding {
                size: Some(lines),
                ..Finding::new(
                    CHECK.name,
                    format!("{}::{}", self.path, signature.ident),
                    format!("{lines} lines from line {first}, {MOST} at most"),
                )
            });
        }
    }
}

impl<'ast> Visit<'ast> for Long<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.measure(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.measure(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted::Planted;

    #[test]
    fn long_functions_are_found_wherever_they_stand() {
        let body = |lines| "    let _ = 1;\n".repeat(lines);
        let planted = Planted::new("function-size").file(
            "a.rs",
            format!(
                "fn free() {{\n{}}}\nfn fits() {{\n{}}}\nmod inner {{\nimpl A {{\n/// Docs do not count.\nfn method(&self) {{\n{}}}\n}}\n}}\n\
                 trait T {{\nfn given() {{\n{}}}\n}}\nfn outer() {{ fn within() {{\n{}}} }}\n",
                body(79), body(78), body(79), body(79), body(79)
            ),
        );
        let places = planted.places(&CHECK);
        assert_eq!(places, ["a.rs::free", "a.rs::method", "a.rs::given", "a.rs::outer", "a.rs::within"]);
    }
}
