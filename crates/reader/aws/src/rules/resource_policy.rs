//! Resource policies of every service: whom they let in from outside the account.

use interlock_action::{Claim, Effect};

use super::policy_document::{Opens, opens};
use super::{Rule, Shape, claim};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "resource-policy-opens",
        finds: "a resource policy that lets in the public or another account",
        shape: Shape::Setting,
        operations: &[
            ("secretsmanager", "PutResourcePolicy"),
            ("kms", "PutKeyPolicy"),
            ("kms", "CreateKey"),
            ("kms", "ReplicateKey"),
            ("dynamodb", "PutResourcePolicy"),
            ("dynamodb", "CreateTable"),
            ("ecr", "SetRepositoryPolicy"),
            ("ecr", "PutRegistryPolicy"),
            ("ecr-public", "SetRepositoryPolicy"),
            ("efs", "PutFileSystemPolicy"),
            ("backup", "PutBackupVaultAccessPolicy"),
            ("logs", "PutResourcePolicy"),
            ("logs", "PutDestinationPolicy"),
            ("glue", "PutResourcePolicy"),
            ("glacier", "SetVaultAccessPolicy"),
            ("events", "PutPermission"),
            ("ssm", "PutResourcePolicy"),
            ("s3control", "PutAccessPointPolicy"),
            ("s3control", "PutBucketPolicy"),
            ("s3tables", "PutTableBucketPolicy"),
            ("s3tables", "PutTablePolicy"),
            ("kinesis", "PutResourcePolicy"),
            ("opensearch", "UpdateDomainConfig"),
            ("opensearch", "CreateDomain"),
            ("opensearch", "UpdateElasticsearchDomainConfig"),
            ("opensearch", "CreateElasticsearchDomain"),
            ("sqs", "SetQueueAttributes"),
            ("sqs", "CreateQueue"),
            ("sns", "CreateTopic"),
            ("sns", "SetTopicAttributes"),
            ("cloudtrail", "PutResourcePolicy"),
            ("redshift", "PutResourcePolicy"),
            ("acm-pca", "PutPolicy"),
            ("codeartifact", "PutDomainPermissionsPolicy"),
            ("codeartifact", "PutRepositoryPermissionsPolicy"),
            ("apigateway", "CreateRestApi"),
            ("vpc-lattice", "PutResourcePolicy"),
        ],
        test,
    },
    Rule {
        id: "policy-changes-rights",
        finds: "an attribute that is a policy, set by an operation that is no permission operation by name",
        shape: Shape::Setting,
        operations: &[
            ("sqs", "SetQueueAttributes"),
            ("sns", "SetTopicAttributes"),
            ("opensearch", "UpdateDomainConfig"),
            ("opensearch", "UpdateElasticsearchDomainConfig"),
        ],
        test: |subject| {
            super::only_if(
                subject.has("Attributes.Policy")
                    || subject.has("AccessPolicies")
                    || subject.has("AdvancedSecurityOptions.MasterUserOptions")
                    || subject.text("AttributeName") == Some("Policy"),
                claim(Effect::Privilege, "replaces the policy that says who may use it"),
            )
        },
    },
];

/// Where policy documents stand, in one operation or another.
const MEMBERS: [&str; 13] = [
    "ResourcePolicy",
    "Policy",
    "policy",
    "policyDocument",
    "policyText",
    "PolicyInJson",
    "policyInJson",
    "AccessPolicies",
    "accessPolicy",
    "Attributes.Policy",
    "policy.Policy",
    "resourcePolicy",
    "PolicyDocument",
];

fn test(subject: &Subject<'_>) -> Vec<Claim> {
    let mut documents: Vec<&str> = MEMBERS.into_iter().flat_map(|path| subject.texts(path)).collect();
    if subject.text("AttributeName") == Some("Policy") {
        documents.extend(subject.text("AttributeValue"));
    }
    let mut claims: Vec<Claim> = documents
        .into_iter()
        .filter(|document| !document.is_empty())
        .flat_map(|document| exposures(&opens(document, subject.account), "it"))
        .collect();
    if subject.is("events", "PutPermission") {
        match subject.text("Principal") {
            Some("*") if !subject.has("Condition") => {
                claims.push(claim(Effect::Expose, "lets anybody send events"))
            }
            Some(account) if subject.foreign(account) => {
                claims.push(claim(Effect::Expose, format!("lets account {account} send events")));
            }
            _ => {}
        }
    }
    claims
}

/// The claims that a policy's openings give.
pub(super) fn exposures(opens: &Opens, thing: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    if opens.public {
        claims.push(claim(Effect::Expose, format!("lets anybody use {thing}")));
    }
    for account in &opens.foreign {
        claims.push(claim(Effect::Expose, format!("lets `{account}` use {thing}")));
    }
    if opens.unreadable {
        claims.push(claim(Effect::Expose, "carries a policy that cannot be read, so it may let anybody in"));
    }
    claims
}
