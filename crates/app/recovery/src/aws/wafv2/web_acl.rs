//! A web ACL that is updated.
//!
//! Kept: default action, rules and what else an update sets. Back: it is updated again, under the lock token that is found.
//! Compared: all that is kept.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, only, standing, step, text, what, with},
};

/// The way.
pub(super) struct WebAcl;

const MEMBERS: &[&str] = &[
    "DefaultAction",
    "Description",
    "Rules",
    "VisibilityConfig",
    "CustomResponseBodies",
    "CaptchaConfig",
    "ChallengeConfig",
    "TokenDomains",
    "AssociationConfig",
    "DataProtectionConfig",
    "OnSourceDDoSProtectionConfig",
    "ApplicationConfig",
];

fn place(deed: &Deed) -> Option<Value> {
    text(deed, "/Id").filter(|_| is(deed, "wafv2", &["UpdateWebACL"]))?;
    Some(only(&deed.arguments, &["Name", "Scope", "Id"]))
}

impl OneRead for WebAcl {
    fn called(&self) -> &'static str {
        "wafv2/web-acl"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("wafv2", "GetWebACL", place(deed)?))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the web ACL is not there")?;
        let mut kept = only(at(answer, "/WebACL"), MEMBERS);
        if let Some(members) = kept.as_object_mut() {
            members.retain(|name, value| name != "Description" || value != &json!(""));
        }
        Ok(standing(kept, json!({"lock": at(answer, "/LockToken")})))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let place = place(deed).ok_or("the web ACL is not named")?;
        let name = format!("set the web ACL {} back", text(deed, "/Name").unwrap_or("?"));
        let arguments =
            with(with(what(before).clone(), place), json!({"LockToken": at(now, "/handle/lock")}));
        Ok(vec![step(name, call(deed, "wafv2", "UpdateWebACL", arguments))])
    }
}
