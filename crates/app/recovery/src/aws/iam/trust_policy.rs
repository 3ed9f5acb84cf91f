//! The policy that says who may assume a role.
//!
//! Kept: the document. Back: it is put again. Compared: the document as JSON.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::{
    super::{
        one_read::{Ask, OneRead},
        way::{at, call, is, step, text},
    },
    inline_policy::{document, spelled},
};

/// The way.
pub(super) struct TrustPolicy;

fn role(deed: &Deed) -> Option<&str> {
    text(deed, "/RoleName").filter(|_| is(deed, "iam", &["UpdateAssumeRolePolicy"]))
}

impl OneRead for TrustPolicy {
    fn called(&self) -> &'static str {
        "iam/trust-policy"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("iam", "GetRole", json!({"RoleName": role(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the role is not there")?;
        Ok(json!({"document": document(Some(at(answer, "/Role/AssumeRolePolicyDocument")))}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let role = role(deed).ok_or("the role is not named")?;
        let arguments = json!({"RoleName": role, "PolicyDocument": spelled(at(before, "/document"))});
        let name = format!("put the trust policy of {role} back");
        Ok(vec![step(name, call(deed, "iam", "UpdateAssumeRolePolicy", arguments))])
    }
}
