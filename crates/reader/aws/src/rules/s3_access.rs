//! Amazon S3: what opens buckets and objects to others, or turns their records off.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::S3_ACCESS_BLOCK_LOOSENED;
use super::policy_document::opens;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "s3-policy-opens",
        finds: "a bucket policy that lets in others, or locks its owner out",
        shape: Shape::Setting,
        operations: &[("s3", "PutBucketPolicy")],
        test: policy_opens,
    },
    Rule {
        id: "s3-acl-opens",
        finds: "an ACL that lets in others",
        shape: Shape::Setting,
        operations: &[
            ("s3", "PutBucketAcl"),
            ("s3", "PutObjectAcl"),
            ("s3", "CreateBucket"),
            ("s3", "PutObject"),
            ("s3", "CopyObject"),
            ("s3", "CreateMultipartUpload"),
        ],
        test: acl_opens,
    },
    Rule {
        id: "s3-access-block-loosened",
        finds: "a block of public access with a flag off",
        shape: Shape::GuardRemoval,
        operations: &[("s3", "PutPublicAccessBlock"), ("s3control", "PutPublicAccessBlock")],
        test: access_block,
    },
    Rule {
        id: "s3-ownership-loosened",
        finds: "object ownership under which ACLs count again",
        shape: Shape::Setting,
        operations: &[("s3", "PutBucketOwnershipControls")],
        test: |subject| {
            only_if(
                subject.texts("OwnershipControls.Rules[].ObjectOwnership") != ["BucketOwnerEnforced"],
                claim(Effect::Privilege, "lets ACLs decide who may use the bucket's objects"),
            )
        },
    },
    Rule {
        id: "s3-logging-off",
        finds: "the bucket's access log turned off",
        shape: Shape::GuardRemoval,
        operations: &[("s3", "PutBucketLogging")],
        test: |subject| {
            only_if(
                !subject.has("BucketLoggingStatus.LoggingEnabled"),
                claim(Effect::GuardRemoval, "turns off the record of who uses the bucket"),
            )
        },
    },
];

fn policy_opens(subject: &Subject<'_>) -> Vec<Claim> {
    let opens = opens(subject.text("Policy").unwrap_or_default(), subject.account);
    let mut claims = super::resource_policy::exposures(&opens, "the bucket");
    if opens.lockout {
        claims.push(claim(
            Effect::Interrupt,
            "denies everything to everyone: only the root user could undo it",
        ));
    }
    claims
}

/// Groups that are not the account's own people. Log delivery is not among them.
const OPEN_GROUPS: [&str; 2] = ["/groups/global/AllUsers", "/groups/global/AuthenticatedUsers"];

fn acl_opens(subject: &Subject<'_>) -> Vec<Claim> {
    let mut why = Vec::new();
    if let Some(acl) =
        subject.text("ACL").filter(|acl| acl.starts_with("public-") || *acl == "authenticated-read")
    {
        why.push(format!("lets anybody in: the ACL is `{acl}`"));
    }
    for member in ["GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP"] {
        if let Some(grant) = subject.text(member) {
            let open = OPEN_GROUPS.iter().any(|group| grant.contains(group));
            if open || grant.contains("id=") || grant.contains("emailAddress=") {
                why.push(format!("lets others in: `{member}` is granted to {grant}"));
            }
        }
    }
    let owner = subject.text("AccessControlPolicy.Owner.ID");
    for grantee in subject.all("AccessControlPolicy.Grants[].Grantee") {
        let text = |name: &str| grantee.get(name).and_then(Value::as_str);
        let open = text("URI").is_some_and(|uri| OPEN_GROUPS.iter().any(|group| uri.ends_with(group)));
        let other = text("ID").is_some_and(|id| owner != Some(id)) || text("EmailAddress").is_some();
        if open {
            why.push("lets anybody in: a grant names all users".to_owned());
        } else if other {
            why.push("lets another account in: a grant names a user who is not the owner".to_owned());
        }
    }
    why.into_iter().map(|why| claim(Effect::Expose, why)).collect()
}

fn access_block(subject: &Subject<'_>) -> Vec<Claim> {
    let flags = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    // A flag that is not sent is off.
    let off = flags.iter().any(|flag| !subject.on(&format!("PublicAccessBlockConfiguration.{flag}")));
    let loosened = || vec![yes(S3_ACCESS_BLOCK_LOOSENED)];
    if !off {
        return Vec::new();
    }
    vec![
        claim_when(Effect::GuardRemoval, "takes a part of the block of public access away", loosened()),
        claim_when(Effect::Expose, "lets policies or ACLs open data to the public", loosened()),
    ]
}
