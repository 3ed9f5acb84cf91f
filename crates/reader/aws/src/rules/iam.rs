//! AWS IAM and STS: administrator rights, who may take on a role, keys and limits.

use interlock_action::{Claim, Effect};

use super::policy_document::{administrator, opens};
use super::resource_policy::exposures;
use super::{Rule, Shape, claim, only_if};
use crate::arn;
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "iam-grants-administrator",
        finds: "a policy document that gives administrator rights, or the means to take them",
        shape: Shape::Setting,
        operations: &[
            ("iam", "CreatePolicy"),
            ("iam", "CreatePolicyVersion"),
            ("iam", "PutRolePolicy"),
            ("iam", "PutUserPolicy"),
            ("iam", "PutGroupPolicy"),
            ("sso-admin", "PutInlinePolicyToPermissionSet"),
        ],
        test: |subject| {
            let document = subject.text("PolicyDocument").or_else(|| subject.text("InlinePolicy"));
            only_if(
                document.is_some_and(administrator),
                claim(Effect::Privilege, "gives administrator rights, or the means to take them"),
            )
        },
    },
    Rule {
        id: "iam-attaches-administrator",
        finds: "a managed policy that gives administrator rights",
        shape: Shape::Setting,
        operations: &[
            ("iam", "AttachRolePolicy"),
            ("iam", "AttachUserPolicy"),
            ("iam", "AttachGroupPolicy"),
            ("sso-admin", "AttachManagedPolicyToPermissionSet"),
        ],
        test: attaches,
    },
    Rule {
        id: "iam-policy-version",
        finds: "a policy's new text, in force at once for everyone who has it",
        shape: Shape::Setting,
        operations: &[("iam", "CreatePolicyVersion")],
        test: |subject| {
            only_if(
                subject.on("SetAsDefault"),
                claim(Effect::Privilege, "changes at once what everyone who has the policy may do"),
            )
        },
    },
    Rule {
        id: "iam-trust-opens",
        finds: "a role that others may take on",
        shape: Shape::Setting,
        operations: &[("iam", "UpdateAssumeRolePolicy"), ("iam", "CreateRole")],
        test: trust,
    },
    Rule {
        id: "iam-key-off",
        finds: "an access key turned off",
        shape: Shape::Setting,
        operations: &[("iam", "UpdateAccessKey")],
        test: |subject| {
            only_if(
                subject.text("Status") != Some("Active"),
                claim(Effect::Interrupt, "turns the key off: programs that use it fail at once"),
            )
        },
    },
    Rule {
        id: "iam-password-set",
        finds: "a person's password set by another",
        shape: Shape::Setting,
        operations: &[("iam", "UpdateLoginProfile"), ("iam", "CreateLoginProfile")],
        test: |subject| {
            only_if(
                subject.has("Password"),
                claim(Effect::Privilege, "sets a person's password: whoever knows it can sign in"),
            )
        },
    },
    Rule {
        id: "sts-role-elsewhere",
        finds: "a role of another account taken on",
        shape: Shape::Setting,
        operations: &[
            ("sts", "AssumeRole"),
            ("sts", "AssumeRoleWithSAML"),
            ("sts", "AssumeRoleWithWebIdentity"),
        ],
        test: |subject| {
            let account = subject.text("RoleArn").and_then(arn::account).unwrap_or_default();
            only_if(
                subject.account != Some(account),
                claim(Effect::Privilege, format!("takes on a role of account {account}")),
            )
        },
    },
];

/// AWS's own policies that amount to administrator rights.
const ADMINISTRATOR_POLICIES: [&str; 6] = [
    "/AdministratorAccess",
    "/IAMFullAccess",
    "/PowerUserAccess",
    "/AdministratorAccess-Amplify",
    "/AdministratorAccess-AWSElasticBeanstalk",
    "/AWSOrganizationsFullAccess",
];

/// Whether a managed policy amounts to administrator rights, by its name.
pub(crate) fn is_administrator(arn: &str) -> bool {
    ADMINISTRATOR_POLICIES.iter().any(|policy| arn.ends_with(policy))
}

fn attaches(subject: &Subject<'_>) -> Vec<Claim> {
    let arn = subject.text("PolicyArn").or_else(|| subject.text("ManagedPolicyArn")).unwrap_or_default();
    only_if(is_administrator(arn), claim(Effect::Privilege, format!("gives administrator rights by `{arn}`")))
}

fn trust(subject: &Subject<'_>) -> Vec<Claim> {
    let document = subject.text("PolicyDocument").or_else(|| subject.text("AssumeRolePolicyDocument"));
    exposures(&opens(document.unwrap_or_default(), subject.account), "the role and all it may do")
}
