//! A user in a group, a role in an instance profile: added, removed.
//!
//! Kept: whether it is in it. Back: it is added or removed. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, step, text, word},
};

/// The way.
pub(super) struct Membership;

/// What a thing is a member of.
struct Kind {
    group: &'static str,
    member: &'static str,
    read: &'static str,
    list: &'static str,
    add: &'static str,
    remove: &'static str,
}

static KINDS: [Kind; 2] = [
    Kind {
        group: "GroupName",
        member: "UserName",
        read: "GetGroup",
        list: "/Users",
        add: "AddUserToGroup",
        remove: "RemoveUserFromGroup",
    },
    Kind {
        group: "InstanceProfileName",
        member: "RoleName",
        read: "GetInstanceProfile",
        list: "/InstanceProfile/Roles",
        add: "AddRoleToInstanceProfile",
        remove: "RemoveRoleFromInstanceProfile",
    },
];

fn of(deed: &Deed) -> Option<(&'static Kind, &str, &str)> {
    let kind = KINDS.iter().find(|kind| is(deed, "iam", &[kind.add, kind.remove]))?;
    Some((kind, text(deed, &format!("/{}", kind.group))?, text(deed, &format!("/{}", kind.member))?))
}

impl OneRead for Membership {
    fn called(&self) -> &'static str {
        "iam/membership"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (kind, group, _) = of(deed)?;
        Some(Ask("iam", kind.read, json!({kind.group: group})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (kind, group, member) = of(deed).ok_or("the member is not named")?;
        let answer = answer.ok_or_else(|| format!("{group} is not there"))?;
        let named = format!("/{}", kind.member);
        let within = list(answer, kind.list).iter().any(|one| word(one, &named) == Some(member));
        Ok(json!({"member": within}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (kind, group, member) = of(deed).ok_or("the member is not named")?;
        let within = before.get("member") == Some(&Value::Bool(true));
        let (operation, name) = match within {
            true => (kind.add, format!("add {member} to {group}")),
            false => (kind.remove, format!("remove {member} from {group}")),
        };
        let arguments = json!({kind.group: group, kind.member: member});
        Ok(vec![step(name, call(deed, "iam", operation, arguments))])
    }
}
