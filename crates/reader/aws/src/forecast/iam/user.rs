//! IAM users.
//!
//! IAM refuses to delete a user that still has keys, policies or groups; a deleted user's id does not come back. Reads:
//! GetUser, ListAccessKeys, ListAttachedUserPolicies, ListUserPolicies, ListGroupsForUser.

use interlock_action::{Action, Answers, Kind, Read, TargetId};
use serde_json::json;

use super::{
    super::{Look, answer::given, draft::Draft},
    Belonging, belongings, id_of, last_used, reads, record, told,
};

/// The forecaster of users.
pub(in crate::forecast) struct User;

const BELONGINGS: [Belonging; 4] = [
    Belonging {
        operation: "ListAccessKeys",
        list: "AccessKeyMetadata",
        name: "AccessKeyId",
        words: "access key",
    },
    Belonging {
        operation: "ListAttachedUserPolicies",
        list: "AttachedPolicies",
        name: "PolicyName",
        words: "attached policy",
    },
    Belonging { operation: "ListUserPolicies", list: "PolicyNames", name: "", words: "inline policy" },
    Belonging { operation: "ListGroupsForUser", list: "Groups", name: "GroupName", words: "group" },
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let user = given(action, "UserName")?;
    Some((user, id_of(action, Kind::User, "user/", user)))
}

impl Look for User {
    fn knows(&self, action: &Action) -> bool {
        let verb = action.operation.verb();
        let own = verb.contains("User") || verb.contains("LoginProfile");
        action.operation.service() == "iam"
            && own
            && !verb.starts_with("CreateUser")
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((user, id)) = subject(action) else { return Vec::new() };
        reads(action, "GetUser", ("UserName", user), &id, &BELONGINGS)
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((user, id)) = subject(action) else { return };
        let Some(found) = record(action, answers, user, &id, draft) else { return };
        draft.bind(id.as_str(), json!({ "UserId": found.get("UserId") }));
        if belongings(answers, user, &id, &BELONGINGS, draft) && action.operation.verb() == "DeleteUser" {
            let what = format!("user {user} still has keys, policies or groups: the service will refuse");
            draft.change(&id, Kind::User, interlock_action::Effect::Destroy, what);
        }
        if let Some(used) = last_used(found, "/PasswordLastUsed") {
            draft.depend(format!("the password of {user} was {used}"));
        }
        told(action, &id, Kind::User, &format!("user {user}"), None, draft);
    }
}
