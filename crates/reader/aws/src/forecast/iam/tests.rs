use interlock_action::{Action, Answer, Bears, Effect, Kind, Reversibility, TargetId};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, having, survey, target};

const ROLE: &str = "arn:aws:iam::111122223333:role/app/worker";

fn role(operation: &str, arguments: Value) -> Action {
    let mut action = having(action("iam", operation, arguments), Effect::Privilege);
    action.targets = vec![target(ROLE, Kind::Role, "worker")];
    action
}

fn answers(inline: Option<&'static str>) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "GetRole" => {
            assert_eq!(arguments["RoleName"], json!("worker"));
            found(
                json!({"Role": {"RoleName": "worker", "RoleId": "AROA1", "Arn": ROLE, "Tags": [{"Key": "env", "Value": "prod"}]}}),
            )
        }
        "ListAttachedRolePolicies" => found(
            json!({"AttachedPolicies": [{"PolicyName": "ReadOnly", "PolicyArn": "x"}], "IsTruncated": false}),
        ),
        "ListRolePolicies" => found(json!({"PolicyNames": ["own"], "IsTruncated": false})),
        "ListInstanceProfilesForRole" => {
            found(json!({"InstanceProfiles": [{"InstanceProfileName": "web"}], "IsTruncated": false}))
        }
        "GetRolePolicy" => match inline {
            Some(document) => found(json!({"PolicyName": "own", "PolicyDocument": document})),
            None => Answer::NotFound,
        },
        "DescribeIamInstanceProfileAssociations" => found(json!({"IamInstanceProfileAssociations": []})),
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn a_deleted_role_shows_who_used_it() {
    let survey = survey(&role("DeleteRole", json!({"RoleName": "worker"})), answers(None));
    let seen = &survey.observed[&TargetId::new(ROLE)];
    assert_eq!((seen.data, seen.immutable_id.as_deref()), (Bears::No, Some("AROA1")));
    assert!(survey.forecast.dependents.contains(&"1 instance profile: web".to_owned()));
    assert!(survey.forecast.dependents.contains(&"1 attached policy: ReadOnly".to_owned()));
    assert_eq!(survey.forecast.reversibility, Reversibility::Lossy);
    assert!(survey.forecast.unknowns.iter().any(|line| line.contains("functions")));
}

#[test]
fn attaching_is_exact_and_replacing_is_with_a_pre_image() {
    let attach = role(
        "AttachRolePolicy",
        json!({"RoleName": "worker", "PolicyArn": "arn:aws:iam::aws:policy/PowerUser"}),
    );
    assert_eq!(survey(&attach, answers(None)).forecast.reversibility, Reversibility::Exact);
    let put =
        role("PutRolePolicy", json!({"RoleName": "worker", "PolicyName": "own", "PolicyDocument": "{}"}));
    let over = survey(&put, answers(Some("{\"old\":1}")));
    assert_eq!(over.forecast.changes[0].before, Some(json!("{\"old\":1}")));
    assert_eq!(over.forecast.reversibility, Reversibility::Exact);
    let blind = survey(&put, |operation, arguments| match operation {
        "GetRolePolicy" => Answer::Unreadable("denied".to_owned()),
        _ => answers(None)(operation, arguments),
    });
    assert_eq!(blind.forecast.reversibility, Reversibility::None);
}

#[test]
fn unread_belongings_are_unknown() {
    let survey =
        survey(&role("DeleteRole", json!({"RoleName": "worker"})), |operation, arguments| match operation {
            "ListAttachedRolePolicies" => Answer::Unreadable("denied".to_owned()),
            _ => answers(None)(operation, arguments),
        });
    assert!(
        survey
            .forecast
            .unknowns
            .contains(&"attached policies of worker could not be read: denied".to_owned())
    );
}

#[test]
fn a_key_says_who_used_it_last() {
    let arguments = json!({"UserName": "ci", "AccessKeyId": "AKIA1"});
    let mut delete = action("iam", "DeleteAccessKey", arguments);
    delete.targets = vec![target("arn:aws:iam::111122223333:user/ci", Kind::User, "ci")];
    let with = |keys: Value| {
        move |operation: &str, _: &Value| match operation {
            "GetUser" => found(json!({"User": {"UserName": "ci", "UserId": "AIDA1"}})),
            "GetAccessKeyLastUsed" => found(
                json!({"AccessKeyLastUsed": {"LastUsedDate": "2026-02-01T00:00:00Z", "ServiceName": "s3"}}),
            ),
            "ListAccessKeys" => found(json!({ "AccessKeyMetadata": keys })),
            other => panic!("{other} was not expected"),
        }
    };
    let there = survey(&delete, with(json!([{"AccessKeyId": "AKIA1", "Status": "Active"}])));
    assert!(there.forecast.dependents[0].contains("for s3"));
    assert_eq!(there.forecast.reversibility, Reversibility::None);
    let gone = survey(&delete, with(json!([])));
    assert!(gone.forecast.changes[0].what.contains("the service will refuse"));
}

#[test]
fn a_policy_says_to_whom_it_is_attached() {
    let arn = "arn:aws:iam::111122223333:policy/deploy";
    let arguments = json!({"PolicyArn": arn, "PolicyDocument": "{}", "SetAsDefault": true});
    let mut action = having(action("iam", "CreatePolicyVersion", arguments), Effect::Privilege);
    action.targets = vec![target(arn, Kind::Policy, "deploy")];
    let survey = survey(&action, |operation, _| match operation {
        "GetPolicy" => found(json!({"Policy": {"PolicyId": "ANPA1", "DefaultVersionId": "v3", "Tags": []}})),
        "ListEntitiesForPolicy" => found(json!({
            "PolicyRoles": [{"RoleName": "a"}, {"RoleName": "b"}], "PolicyUsers": [], "PolicyGroups": [], "IsTruncated": false,
        })),
        "ListPolicyVersions" => found(json!({"Versions": [{"VersionId": "v3"}], "IsTruncated": false})),
        other => panic!("{other} was not expected"),
    });
    assert!(survey.forecast.dependents.contains(&"it is attached to 2 roles: a, b".to_owned()));
    assert_eq!(survey.forecast.reversibility, Reversibility::Exact, "the version in force is kept");
}
