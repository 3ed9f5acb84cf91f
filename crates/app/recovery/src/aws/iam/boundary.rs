//! The permissions boundary of a role or user: put, written over, taken off.
//!
//! Kept: which policy it is. Back: it is put again, or taken off. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text, with},
};

/// The way.
pub(super) struct Boundary;

/// The member that names the owner, where it stands in the answer, and the operations: read, put, delete.
const OWNERS: [(&str, &str, &str, &str, &str); 2] = [
    ("RoleName", "/Role", "GetRole", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary"),
    ("UserName", "/User", "GetUser", "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary"),
];

type Of<'a> = (&'a str, (&'static str, &'static str, &'static str, &'static str, &'static str));

fn of(deed: &Deed) -> Option<Of<'_>> {
    let owner = OWNERS.into_iter().find(|(.., put, delete)| is(deed, "iam", &[put, delete]))?;
    Some((text(deed, &format!("/{}", owner.0))?, owner))
}

impl OneRead for Boundary {
    fn called(&self) -> &'static str {
        "iam/boundary"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (owner, (member, _, get, ..)) = of(deed)?;
        Some(Ask("iam", get, json!({member: owner})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (owner, (_, record, ..)) = of(deed).ok_or("the owner is not named")?;
        let answer = answer.ok_or_else(|| format!("{owner} is not there"))?;
        let arn = at(at(answer, record), "/PermissionsBoundary/PermissionsBoundaryArn");
        Ok(json!({"PermissionsBoundary": arn}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (owner, (member, _, _, put, delete)) = of(deed).ok_or("the owner is not named")?;
        let arguments = with(json!({member: owner}), before.clone());
        let (operation, words) = match at(before, "/PermissionsBoundary") {
            Value::Null => (delete, "take the boundary off"),
            _ => (put, "put the boundary back on"),
        };
        Ok(vec![step(format!("{words} {owner}"), call(deed, "iam", operation, arguments))])
    }
}
