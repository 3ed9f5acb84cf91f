//! IAM: roles, users, policies, access keys, instance profiles.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for role in all.list(bed, ("iam", "ListRoles", json!({})), "/Roles", named("Arn")) {
        let of = json!({"RoleName": role["RoleName"]});
        let attached = bed.ok("iam", "ListAttachedRolePolicies", of);
        for one in entries(&attached, "/AttachedPolicies") {
            all.add(format!("{}#{}", text(&role, "Arn"), text(&one, "PolicyName")), one);
        }
    }
    for user in all.list(bed, ("iam", "ListUsers", json!({})), "/Users", named("Arn")) {
        let keys = bed.ok("iam", "ListAccessKeys", json!({"UserName": user["UserName"]}));
        for one in entries(&keys, "/AccessKeyMetadata") {
            all.add(format!("{}#{}", text(&user, "Arn"), text(&one, "AccessKeyId")), one);
        }
    }
    all.list(bed, ("iam", "ListPolicies", json!({"Scope": "Local"})), "/Policies", named("Arn"));
    all.list(bed, ("iam", "ListInstanceProfiles", json!({})), "/InstanceProfiles", named("Arn"));
    all
}

fn document() -> String {
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn role(bed: &Bed) {
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    bed.ok("iam", "CreateRole", json!({"RoleName": "worker", "AssumeRolePolicyDocument": trust}));
}

fn policy(bed: &Bed) -> Value {
    let create = json!({"PolicyName": "look", "PolicyDocument": document()});
    bed.ok("iam", "CreatePolicy", create)["Policy"]["Arn"].clone()
}

fn user(bed: &Bed) -> Value {
    bed.ok("iam", "CreateUser", json!({"UserName": "ci"}));
    bed.ok("iam", "CreateAccessKey", json!({"UserName": "ci"}))["AccessKey"]["AccessKeyId"].clone()
}

const CASES: &[Case] = &[
    Case {
        name: "a role is deleted",
        forecaster: "iam/role",
        scene: |bed| {
            role(bed);
            Scene::request("iam", "DeleteRole", json!({"RoleName": "worker"}))
        },
    },
    Case {
        name: "a role with a policy is not deleted",
        forecaster: "iam/role",
        scene: |bed| {
            role(bed);
            bed.ok("iam", "AttachRolePolicy", json!({"RoleName": "worker", "PolicyArn": policy(bed)}));
            Scene::request("iam", "DeleteRole", json!({"RoleName": "worker"}))
        },
    },
    Case {
        name: "a user is deleted",
        forecaster: "iam/user",
        scene: |bed| {
            bed.ok("iam", "CreateUser", json!({"UserName": "ci"}));
            Scene::request("iam", "DeleteUser", json!({"UserName": "ci"}))
        },
    },
    Case {
        name: "a policy is deleted",
        forecaster: "iam/policy",
        scene: |bed| Scene::request("iam", "DeletePolicy", json!({"PolicyArn": policy(bed)})),
    },
    Case {
        name: "an access key is deleted",
        forecaster: "iam/access_key",
        scene: |bed| {
            let delete = json!({"UserName": "ci", "AccessKeyId": user(bed)});
            Scene::request("iam", "DeleteAccessKey", delete)
        },
    },
    Case {
        name: "an access key is turned off",
        forecaster: "iam/access_key",
        scene: |bed| {
            let off = json!({"UserName": "ci", "AccessKeyId": user(bed), "Status": "Inactive"});
            Scene::request("iam", "UpdateAccessKey", off)
        },
    },
    Case {
        name: "an instance profile is deleted",
        forecaster: "iam/instance_profile",
        scene: |bed| {
            bed.ok("iam", "CreateInstanceProfile", json!({"InstanceProfileName": "web"}));
            Scene::request("iam", "DeleteInstanceProfile", json!({"InstanceProfileName": "web"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
