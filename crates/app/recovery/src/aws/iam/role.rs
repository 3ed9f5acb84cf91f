//! A role, created or deleted. A role that can be deleted bears no policies and stands in no instance profile.
//!
//! Kept: path, trust policy, description, session length, boundary, tags. Back: it is created, or deleted where there was
//! none. Compared: all that is kept. Lost: the unique id, by which policies of others may name it.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{at, call, is, only, step, tags, text, with, word},
    },
    inline_policy::{document, spelled},
};

/// The way.
pub(super) struct Role;

fn role(deed: &Deed) -> Option<&str> {
    text(deed, "/RoleName").filter(|_| is(deed, "iam", &["CreateRole", "DeleteRole"]))
}

impl OneRead for Role {
    fn called(&self) -> &'static str {
        "iam/role"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("iam", "GetRole", json!({"RoleName": role(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let Some(role) = answer.map(|answer| at(answer, "/Role")) else { return Ok(Value::Null) };
        let more = json!({
            "trust": document(Some(at(role, "/AssumeRolePolicyDocument"))),
            "PermissionsBoundary": at(role, "/PermissionsBoundary/PermissionsBoundaryArn"),
            "Tags": tags(at(role, "/Tags")),
        });
        Ok(with(only(role, &["Path", "Description", "MaxSessionDuration"]), more))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        if is(deed, "iam", &["CreateRole"]) {
            return before.is_null().then(Terms::exact);
        }
        let own = word(before, "/Path").is_some_and(|path| !path.starts_with("/aws-service-role/"));
        own.then(|| Terms::lossy(1, &["the role's unique id: policies that name it by that no longer fit"]))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let role = role(deed).ok_or("the role is not named")?;
        if before.is_null() {
            let name = format!("delete the role {role}");
            return Ok(vec![step(name, call(deed, "iam", "DeleteRole", json!({"RoleName": role})))]);
        }
        if !now.is_null() {
            return Err(format!("another role stands in the place of {role}"));
        }
        let kept =
            only(before, &["Path", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags"]);
        let more = json!({"RoleName": role, "AssumeRolePolicyDocument": spelled(at(before, "/trust"))});
        let name = format!("create the role {role} again");
        Ok(vec![step(name, call(deed, "iam", "CreateRole", with(kept, more)))])
    }
}
