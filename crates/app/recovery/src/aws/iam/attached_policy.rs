//! A managed policy attached to a role, user or group, or detached from it.
//!
//! Kept: whether it is attached. Back: it is attached or detached. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, step, text, word},
};

/// The way.
pub(super) struct AttachedPolicy;

/// The member that names the owner, and the operations: read, attach, detach.
const OWNERS: [(&str, &str, &str, &str); 3] = [
    ("RoleName", "ListAttachedRolePolicies", "AttachRolePolicy", "DetachRolePolicy"),
    ("UserName", "ListAttachedUserPolicies", "AttachUserPolicy", "DetachUserPolicy"),
    ("GroupName", "ListAttachedGroupPolicies", "AttachGroupPolicy", "DetachGroupPolicy"),
];

struct Of<'a> {
    member: &'static str,
    owner: &'a str,
    policy: &'a str,
    list: &'static str,
    attach: &'static str,
    detach: &'static str,
}

fn of(deed: &Deed) -> Option<Of<'_>> {
    let (member, list, attach, detach) =
        OWNERS.into_iter().find(|(.., attach, detach)| is(deed, "iam", &[attach, detach]))?;
    let (owner, policy) = (text(deed, &format!("/{member}"))?, text(deed, "/PolicyArn")?);
    Some(Of { member, owner, policy, list, attach, detach })
}

impl OneRead for AttachedPolicy {
    fn called(&self) -> &'static str {
        "iam/attached-policy"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let of = of(deed)?;
        Some(Ask("iam", of.list, json!({of.member: of.owner})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let of = of(deed).ok_or("the policy is not named")?;
        let answer = answer.ok_or_else(|| format!("{} is not there", of.owner))?;
        let policies = list(answer, "/AttachedPolicies");
        let attached = policies.iter().any(|one| word(one, "/PolicyArn") == Some(of.policy));
        Ok(json!({"attached": attached}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let of = of(deed).ok_or("the policy is not named")?;
        let attached = before.get("attached") == Some(&Value::Bool(true));
        let (operation, words) =
            if attached { (of.attach, "attach {} to") } else { (of.detach, "detach {} from") };
        let name = format!("{} {}", words.replace("{}", of.policy), of.owner);
        let arguments = json!({of.member: of.owner, "PolicyArn": of.policy});
        Ok(vec![step(name, call(deed, "iam", operation, arguments))])
    }
}
