//! IAM managed policies.
//!
//! A policy works on everybody it is attached to. IAM refuses to delete one that is attached; versions (at most five)
//! let the default be set back. Reads: GetPolicy, ListEntitiesForPolicy, ListPolicyVersions.

use interlock_action::{Action, Answers, Kind, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{flag, given, listed, number, text},
        arn,
        draft::Draft,
        existence, words,
    },
    key, record, told,
};

/// The forecaster of managed policies.
pub(in crate::forecast) struct Policy;

const OPERATIONS: [&str; 6] = [
    "DeletePolicy",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "SetDefaultPolicyVersion",
    "TagPolicy",
    "UntagPolicy",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let policy = given(action, "PolicyArn")?;
    let name = arn::last(policy);
    Some((policy, super::id_of(action, Kind::Policy, "policy/", name)))
}

impl Look for Policy {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "iam"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((policy, id)) = subject(action) else { return Vec::new() };
        let by = || json!({ "PolicyArn": policy });
        vec![
            crate::call::read(action, existence::live_key(&id), "iam", "GetPolicy", by()),
            crate::call::read(action, key("ListEntitiesForPolicy"), "iam", "ListEntitiesForPolicy", by()),
            crate::call::read(action, key("ListPolicyVersions"), "iam", "ListPolicyVersions", by()),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((policy, id)) = subject(action) else { return };
        let name = arn::last(policy);
        let Some(found) = record(action, answers, name, &id, draft) else { return };
        let default = text(found, "/DefaultVersionId").unwrap_or("?");
        let versions = listed(answers, &key("ListPolicyVersions"), "Versions");
        draft.gap(versions.gap(&format!("versions of {name}")));
        let known: Vec<&str> = versions.entries().iter().filter_map(|one| text(one, "/VersionId")).collect();
        draft.bind(
            id.as_str(),
            json!({"PolicyId": found.get("PolicyId"), "default": default, "versions": known}),
        );
        attached(answers, name, found, &id, draft);
        told(
            action,
            &id,
            Kind::Policy,
            &format!("policy {name}"),
            Some(json!({ "default": default })),
            draft,
        );
        let verb = action.operation.verb();
        if matches!(verb, "CreatePolicyVersion" | "SetDefaultPolicyVersion") {
            draft.depend(format!("version {default} of {name} is in force now, and is kept"));
            draft.reversibility = Reversibility::Exact;
        }
        if verb == "CreatePolicyVersion" && flag(&action.arguments, "/SetAsDefault") != Some(true) {
            draft.depend(format!("the new version of {name} is not in force yet"));
        }
    }
}

fn attached(answers: &Answers, name: &str, found: &Value, id: &TargetId, draft: &mut Draft) {
    let list = |member: &str| listed(answers, &key("ListEntitiesForPolicy"), member);
    let lists = [
        ("PolicyRoles", "RoleName", "role"),
        ("PolicyUsers", "UserName", "user"),
        ("PolicyGroups", "GroupName", "group"),
    ];
    let mut any_gap = false;
    for (member, entry, word) in lists {
        let entities = list(member);
        let names: Vec<&str> =
            entities.entries().iter().filter_map(|one| one.get(entry).and_then(Value::as_str)).collect();
        if !names.is_empty() {
            let many = words::count(names.len() as u64, word);
            draft.depend(format!("it is attached to {many}: {}", words::some(&names, 10)));
        }
        any_gap |= !entities.complete();
        draft.bind(format!("{id} {member}"), json!(names));
    }
    if any_gap {
        let told =
            number(found, "/AttachmentCount").map(|many| format!(" ({many} in all)")).unwrap_or_default();
        draft.unknown(format!("not everybody that {name} is attached to could be read{told}"));
    }
}
