//! The gates that a bundle passes before it is in force, all without a solver.
//!
//! They are syntactic and stricter than they need to be: what they let through cannot fail at run time and cannot turn
//! more evidence into less. What might permit more than the shipped policy is left to a prover.

mod monotone;
mod never_errors;
mod validation;
mod weakening;

use std::sync::Arc;

use cedar_policy::pst::{Clause, Expr, Template};
use cedar_policy::{Policy, PolicySet, Schema};

use crate::rule::{self, Rule};
use crate::{Evidence, Fault, Gate, LoadError, PolicyFile, RuleEffect, shipped};

/// How deep a condition may nest: deeper ones could exhaust the stack of whoever walks them.
const DEPTH: usize = 64;

/// How long a file may be, in bytes.
const LENGTH: usize = 1 << 20;

/// What passed: the schema and the rules.
pub(crate) struct Sound {
    pub(crate) schema: Schema,
    pub(crate) rules: Vec<Rule>,
}

/// Takes the files through every gate but the proof.
pub(crate) fn sound(files: &[PolicyFile]) -> Result<Sound, LoadError> {
    let mut faults = Vec::new();
    let schema = schema(files, &mut faults);
    let mut rules: Vec<(&PolicyFile, Rule)> = Vec::new();
    for file in files.iter().filter(|file| file.name != shipped::SCHEMA) {
        if file.text.len() > LENGTH {
            faults.push(file.fault(Gate::Parse, None, "the file is longer than a mebibyte"));
        } else if !file.name.ends_with(".cedar") {
            faults.push(file.fault(Gate::Parse, None, "policy files end in `.cedar`"));
        } else {
            rules.extend(rule::read(file, &mut faults).into_iter().map(|rule| (file, rule)));
        }
    }
    unique(&rules, &mut faults);
    let Some(schema) = schema.filter(|_| faults.is_empty()) else {
        return Err(LoadError::Faulty(faults));
    };
    validation::check(&schema, &rules, &mut faults);
    for (file, rule) in &mut rules {
        conditions(file, rule, &mut faults);
    }
    if !faults.is_empty() {
        return Err(LoadError::Faulty(faults));
    }
    weakening::schema(files, &mut faults);
    if !faults.is_empty() {
        return Err(LoadError::NeedsProof(faults));
    }
    Ok(Sound { schema, rules: rules.into_iter().map(|(_, rule)| rule).collect() })
}

/// The last gate without a prover: the shipped rules and added forbids pass, and nothing else.
pub(crate) fn proof(files: &[PolicyFile], sound: &Sound) -> Result<(), LoadError> {
    weakening::check(files, &sound.rules)
}

/// The rules of a file, whatever they are annotated with.
pub(crate) fn parse(file: &PolicyFile) -> Result<Vec<Policy>, Vec<Fault>> {
    let set: PolicySet = file.text.parse().map_err(|errors: cedar_policy::ParseErrors| {
        errors.iter().map(|error| file.cedar_fault(Gate::Parse, Some(0), error.into())).collect::<Vec<_>>()
    })?;
    if set.templates().next().is_some() {
        return Err(vec![file.fault(Gate::Parse, None, "a template is no rule; write the rule out")]);
    }
    Ok(set.policies().cloned().collect())
}

/// The schema: exactly one file, or none for the shipped one.
fn schema(files: &[PolicyFile], faults: &mut Vec<Fault>) -> Option<Schema> {
    let mut found = files.iter().filter(|file| file.name == shipped::SCHEMA);
    let built_in = PolicyFile::new(
        shipped::SCHEMA,
        shipped::FILES.iter().find(|(name, _)| *name == shipped::SCHEMA).map_or("", |(_, text)| text),
    );
    let file = found.next().unwrap_or(&built_in);
    if found.next().is_some() {
        faults.push(file.fault(Gate::Parse, None, "there are two schemas"));
    }
    match Schema::from_cedarschema_str(&file.text) {
        Ok((schema, _warnings)) => Some(schema),
        Err(error) => {
            faults.push(file.cedar_fault(Gate::Parse, Some(0), (&error).into()));
            None
        }
    }
}

fn unique(rules: &[(&PolicyFile, Rule)], faults: &mut Vec<Fault>) {
    let mut seen = std::collections::BTreeMap::new();
    for (file, rule) in rules {
        if let Some(other) = seen.insert(rule.about.id.clone(), *file) {
            let message = format!("the name is taken by a rule in `{}`", other.name);
            faults.push(fault(Gate::Annotations, file, rule, message, Some("give it another `@id`")));
        }
    }
}

/// The two gates that look at conditions: they cannot fail, and evidence only ever helps.
fn conditions(file: &PolicyFile, rule: &mut Rule, faults: &mut Vec<Fault>) {
    let body = match body(rule) {
        Ok(body) => body,
        Err(message) => return faults.push(fault(Gate::NeverErrors, file, rule, message, None)),
    };
    rule.uses = Evidence::default();
    for clause in body.clauses() {
        let (condition, lifting) = match clause {
            Clause::When(condition) => (condition, rule.about.effect == RuleEffect::Permit),
            Clause::Unless(condition) => (condition, rule.about.effect == RuleEffect::Forbid),
        };
        if let Err(message) = never_errors::check(condition, DEPTH) {
            let hint = "write it with comparisons, `&&`, `||`, `!`, `has`, `like` and `in`";
            faults.push(fault(Gate::NeverErrors, file, rule, message, Some(hint)));
        } else if let Err(message) = monotone::check(condition, lifting) {
            let hint = "evidence stands under `unless` in a forbid and under `when` in a permit, as `context.evidence.\
                        recovery_point` or `context.evidence.approvals >= 2`";
            faults.push(fault(Gate::Monotone, file, rule, message, Some(hint)));
        } else {
            monotone::note(condition, &mut rule.uses);
        }
    }
}

/// The rule as a tree.
fn body(rule: &Rule) -> Result<Template, String> {
    rule.policy.to_pst().map(|policy| policy.body().clone()).map_err(|error| error.to_string())
}

fn fault(
    gate: Gate,
    file: &PolicyFile,
    rule: &Rule,
    message: impl Into<String>,
    hint: Option<&str>,
) -> Fault {
    Fault {
        rule: Some(rule.about.id.clone()),
        hint: hint.map(str::to_owned),
        ..file.fault(gate, rule.start, message)
    }
}

/// The direct parts of an expression; `None` for a form that no gate knows.
fn parts(expression: &Expr) -> Option<Vec<&Arc<Expr>>> {
    Some(match expression {
        Expr::Literal(_) | Expr::Var(_) => Vec::new(),
        Expr::UnaryOp { expr, .. }
        | Expr::GetAttr { expr, .. }
        | Expr::HasAttr { expr, .. }
        | Expr::Like { expr, .. } => vec![expr],
        Expr::BinaryOp { left, right, .. } => vec![left, right],
        Expr::Is { expr, in_expr, .. } => std::iter::once(expr).chain(in_expr).collect(),
        Expr::IfThenElse { cond, then_expr, else_expr } => vec![cond, then_expr, else_expr],
        Expr::Set(items) => items.iter().collect(),
        Expr::Record(fields) => fields.values().collect(),
        _ => return None,
    })
}
