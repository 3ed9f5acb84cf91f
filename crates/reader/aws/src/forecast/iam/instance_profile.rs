//! IAM instance profiles.
//!
//! Instances get their role through it: taking the role out, or the profile away, leaves them without credentials.
//! Reads: GetInstanceProfile, ec2:DescribeIamInstanceProfileAssociations.

use interlock_action::{Action, Answers, Kind, Read, TargetId};
use serde_json::json;

use super::{
    super::{
        Look,
        answer::{given, listed, or_dash, text, texts},
        draft::Draft,
        existence, words,
    },
    id_of, record, told,
};

/// The forecaster of instance profiles.
pub(in crate::forecast) struct InstanceProfile;

const USERS: &str = "ec2 profile associations";

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let profile = given(action, "InstanceProfileName")?;
    Some((profile, id_of(action, Kind::InstanceProfile, "instance-profile/", profile)))
}

impl Look for InstanceProfile {
    fn knows(&self, action: &Action) -> bool {
        let verb = action.operation.verb();
        action.operation.service() == "iam"
            && verb.contains("InstanceProfile")
            && !verb.starts_with("Create")
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((profile, id)) = subject(action) else { return Vec::new() };
        let by = json!({ "InstanceProfileName": profile });
        vec![
            crate::call::read(action, existence::live_key(&id), "iam", "GetInstanceProfile", by),
            crate::call::read(action, USERS, "ec2", "DescribeIamInstanceProfileAssociations", json!({})),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((profile, id)) = subject(action) else { return };
        let Some(found) = record(action, answers, profile, &id, draft) else { return };
        let roles = texts(found, "/Roles", "RoleName");
        draft.bind(id.as_str(), json!({"InstanceProfileId": found.get("InstanceProfileId"), "roles": roles}));
        if !roles.is_empty() {
            draft.depend(format!("role {}", words::some(&roles, 3)));
        }
        let users = listed(answers, USERS, "IamInstanceProfileAssociations");
        draft.gap(users.gap(&format!("instances that use {profile}")));
        let arn = or_dash(found, "/Arn");
        for user in users.entries() {
            if text(user, "/IamInstanceProfile/Arn") == Some(arn) {
                let instance = or_dash(user, "/InstanceId");
                draft.depend(format!("instance {instance}"));
                let instance = super::super::arn::build(action, "ec2", &format!("instance/{instance}"));
                draft.reaches(&id, [TargetId::new(instance)]);
            }
        }
        told(action, &id, Kind::InstanceProfile, &format!("instance profile {profile}"), None, draft);
    }
}
