//! More evidence never turns allow into refuse, by syntax.
//!
//! Evidence stands only where it lifts (under `unless` in a forbid, under `when` in a permit), and there only
//! positively: bare, `== true`, or at least a quorum of one or two, joined with `&&` and `||`.

use cedar_policy::pst::{BinaryOp, Expr, Literal, Var};

use super::parts;
use crate::Evidence;

/// The quorums that a decision can ask for.
const LARGEST_QUORUM: u8 = 2;

/// Why more evidence could take something away. `lifting` says whether the condition, when true, helps the agent.
pub(super) fn check(expression: &Expr, lifting: bool) -> Result<(), String> {
    if !speaks_of_evidence(expression) {
        return Ok(());
    }
    if !lifting {
        return Err("it holds evidence against the agent".to_owned());
    }
    positive(expression)
}

/// Notes which evidence a condition that passed looks at, as the most of it that makes a difference.
pub(super) fn note(expression: &Expr, uses: &mut Evidence) {
    match field(expression) {
        Some("forecast") => uses.forecast = true,
        Some("recovery_point") => uses.recovery_point = true,
        Some("recovery_proven") => uses.recovery_proven = true,
        Some("rehearsal") => uses.rehearsal = true,
        Some("delay_elapsed") => uses.delay_elapsed = true,
        Some("break_glass") => uses.break_glass = true,
        Some("granted") => uses.granted = true,
        Some(_) => {
            (uses.approvals, uses.others, uses.independent) = (LARGEST_QUORUM, LARGEST_QUORUM, LARGEST_QUORUM)
        }
        None => parts(expression).into_iter().flatten().for_each(|part| note(part, uses)),
    }
}

fn positive(expression: &Expr) -> Result<(), String> {
    if !speaks_of_evidence(expression) || field(expression).is_some() {
        return Ok(());
    }
    match expression {
        Expr::BinaryOp { op: BinaryOp::And | BinaryOp::Or, left, right } => {
            positive(left)?;
            positive(right)
        }
        Expr::BinaryOp { op, left, right } => comparison(*op, left, right),
        Expr::IfThenElse { cond, then_expr, else_expr } if !speaks_of_evidence(cond) => {
            positive(then_expr)?;
            positive(else_expr)
        }
        _ => Err("evidence is used in a way that could turn it against the agent".to_owned()),
    }
}

fn comparison(op: BinaryOp, left: &Expr, right: &Expr) -> Result<(), String> {
    let (op, evidence, with) = match (field(left), field(right)) {
        (Some(evidence), None) => (op, evidence, right),
        (None, Some(evidence)) => (mirrored(op), evidence, left),
        _ => return Err("evidence is compared with evidence".to_owned()),
    };
    match (op, with) {
        (BinaryOp::Eq, Expr::Literal(Literal::Bool(true))) => Ok(()),
        (BinaryOp::GreaterEq, Expr::Literal(Literal::Long(quorum))) if *quorum <= LARGEST_QUORUM.into() => {
            Ok(())
        }
        (BinaryOp::Greater, Expr::Literal(Literal::Long(quorum))) if *quorum < LARGEST_QUORUM.into() => {
            Ok(())
        }
        (BinaryOp::GreaterEq | BinaryOp::Greater, _) => {
            Err(format!("the quorum of `{evidence}` is not the number one or two"))
        }
        _ => {
            Err(format!("`{evidence}` is compared with `{op}`, so more of it could count against the agent"))
        }
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEq => BinaryOp::GreaterEq,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEq => BinaryOp::LessEq,
        other => other,
    }
}

/// `context.evidence.NAME`.
fn field(expression: &Expr) -> Option<&str> {
    let Expr::GetAttr { expr, attr } = expression else { return None };
    match expr.as_ref() {
        Expr::GetAttr { expr, attr: parent } if parent == "evidence" => {
            matches!(expr.as_ref(), Expr::Var(Var::Context)).then_some(attr.as_str())
        }
        _ => None,
    }
}

/// Whether evidence is looked at anywhere in here.
///
/// INVARIANT: the context counts as evidence wherever it is used other than as `context.facts` or `context.people`, so
/// that no alias (`{"a": context}.a.evidence`) and no comparison of whole records slips through.
fn speaks_of_evidence(expression: &Expr) -> bool {
    match expression {
        Expr::Var(Var::Context) => true,
        Expr::GetAttr { expr, attr } if matches!(expr.as_ref(), Expr::Var(Var::Context)) => {
            attr != "facts" && attr != "people"
        }
        other => parts(other).is_none_or(|parts| parts.into_iter().any(|part| speaks_of_evidence(part))),
    }
}
