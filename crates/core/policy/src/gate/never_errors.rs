//! No condition can fail at run time.
//!
//! Cedar skips a forbid that errors, so an error would open what the rule closes. Strict validation leaves three
//! causes: overflowing arithmetic, extension functions, and attributes of entities that are not there. None is admitted.

use cedar_policy::pst::{BinaryOp, Expr, UnaryOp, Var};

use super::parts;

/// Why the condition could fail.
pub(super) fn check(expression: &Expr, depth: usize) -> Result<(), String> {
    if depth == 0 {
        return Err("the condition nests too deep".to_owned());
    }
    match expression {
        Expr::UnaryOp { op: UnaryOp::Not | UnaryOp::IsEmpty, .. } => {}
        Expr::UnaryOp { op: UnaryOp::Neg, .. } => return Err("a negation can overflow".to_owned()),
        Expr::UnaryOp { op, .. } => return Err(format!("the function `{op}` can fail")),
        Expr::BinaryOp { op, left, .. } => binary(*op, left)?,
        Expr::GetAttr { expr, attr } if !rooted(expr) => {
            return Err(format!("`.{attr}` is read from something that may not be there"));
        }
        _ => {}
    }
    let parts = parts(expression).ok_or("it has a form that no gate knows")?;
    parts.into_iter().try_for_each(|part| check(part, depth - 1))
}

fn binary(op: BinaryOp, left: &Expr) -> Result<(), String> {
    match op {
        BinaryOp::Eq
        | BinaryOp::NotEq
        | BinaryOp::Less
        | BinaryOp::LessEq
        | BinaryOp::Greater
        | BinaryOp::GreaterEq
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::In
        | BinaryOp::Contains
        | BinaryOp::ContainsAll
        | BinaryOp::ContainsAny => Ok(()),
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => Err(format!("arithmetic (`{op}`) can overflow")),
        BinaryOp::HasTag | BinaryOp::GetTag => match left {
            Expr::Var(Var::Principal | Var::Resource) => Ok(()),
            _ => Err("a tag is read from something that may not be there".to_owned()),
        },
        other => Err(format!("the function `{other}` can fail")),
    }
}

/// A chain of attributes that starts at the request itself: what it starts from is always there.
fn rooted(expression: &Expr) -> bool {
    match expression {
        Expr::Var(Var::Principal | Var::Resource | Var::Context) => true,
        Expr::GetAttr { expr, .. } => rooted(expr),
        _ => false,
    }
}
