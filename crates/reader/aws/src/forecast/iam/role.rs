//! IAM roles.
//!
//! A deleted role comes back under the same ARN with another id: what trusts it by id (key policies, bucket policies
//! that were resolved) no longer does. Functions, tasks and services that run as the role are not listed by IAM. Reads:
//! GetRole, ListAttachedRolePolicies, ListRolePolicies, ListInstanceProfilesForRole; GetRolePolicy where one inline
//! policy is replaced.

use interlock_action::{Action, Answers, Kind, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, given, live, text},
        draft::Draft,
    },
    Belonging, belongings, id_of, last_used, reads, record, told,
};

/// The forecaster of roles.
pub(in crate::forecast) struct Role;

const BELONGINGS: [Belonging; 3] = [
    Belonging {
        operation: "ListAttachedRolePolicies",
        list: "AttachedPolicies",
        name: "PolicyName",
        words: "attached policy",
    },
    Belonging { operation: "ListRolePolicies", list: "PolicyNames", name: "", words: "inline policy" },
    Belonging {
        operation: "ListInstanceProfilesForRole",
        list: "InstanceProfiles",
        name: "InstanceProfileName",
        words: "instance profile",
    },
];

const INLINE: &str = "iam inline policy";

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let role = given(action, "RoleName")?;
    Some((role, id_of(action, Kind::Role, "role/", role)))
}

impl Look for Role {
    fn knows(&self, action: &Action) -> bool {
        let verb = action.operation.verb();
        action.operation.service() == "iam"
            && verb.contains("Role")
            && !verb.contains("InstanceProfile")
            && !verb.starts_with("Create")
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((role, id)) = subject(action) else { return Vec::new() };
        let mut wanted = reads(action, "GetRole", ("RoleName", role), &id, &BELONGINGS);
        if let (Some(policy), true) = (given(action, "PolicyName"), inline(action)) {
            let arguments = json!({"RoleName": role, "PolicyName": policy});
            wanted.push(crate::call::read(action, INLINE, "iam", "GetRolePolicy", arguments));
        }
        wanted
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((role, id)) = subject(action) else { return };
        let Some(found) = record(action, answers, role, &id, draft) else { return };
        draft.bind(
            id.as_str(),
            json!({"RoleId": found.get("RoleId"), "trust": found.get("AssumeRolePolicyDocument")}),
        );
        let any = belongings(answers, role, &id, &BELONGINGS, draft);
        if let Some(used) = last_used(found, "/RoleLastUsed/LastUsedDate") {
            draft.depend(format!("role {role} was {used}"));
        }
        draft.unknown(format!("which functions, tasks and services run as {role} is not told by IAM"));
        let verb = action.operation.verb();
        let before = match verb {
            "UpdateAssumeRolePolicy" => found.get("AssumeRolePolicyDocument").cloned(),
            _ if inline(action) => pre_image(answers),
            _ => None,
        };
        let known = before.is_some();
        told(action, &id, Kind::Role, &format!("role {role}"), before, draft);
        if verb == "DeleteRole" && any {
            let what =
                format!("role {role} still has policies or instance profiles: the service will refuse");
            draft.change(&id, Kind::Role, interlock_action::Effect::Destroy, what);
        }
        // What stood there before is known word for word, and can be put back.
        let nothing_before = inline(action) && live(answers, INLINE) == Live::Absent;
        if (known || nothing_before) && !verb.starts_with("Delete") || (known && verb == "DeleteRolePolicy") {
            draft.reversibility = Reversibility::Exact;
        }
    }
}

fn inline(action: &Action) -> bool {
    matches!(action.operation.verb(), "PutRolePolicy" | "DeleteRolePolicy")
}

fn pre_image(answers: &Answers) -> Option<Value> {
    let answer = live(answers, INLINE).found()?;
    text(answer, "/PolicyDocument")
        .map(|document| json!(document))
        .or_else(|| answer.get("PolicyDocument").cloned())
}
