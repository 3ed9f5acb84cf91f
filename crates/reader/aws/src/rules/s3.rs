//! Amazon S3: what overwrites, expires or deletes objects, or makes them unreadable.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{
    S3_BUCKET_VERSIONED, S3_DESTINATION_FOREIGN, S3_LIFECYCLE_EXPIRES_MORE, S3_NOTIFICATION_DROPPED,
    S3_OBJECT_EXISTS, S3_OBJECT_LOCK_WEAKENED,
};
use super::{Rule, Shape, claim, claim_when, no, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "s3-lifecycle-expires",
        finds: "a lifecycle rule that expires objects or old versions",
        shape: Shape::FullReplace { difference: S3_LIFECYCLE_EXPIRES_MORE },
        operations: &[("s3", "PutBucketLifecycleConfiguration"), ("s3", "PutBucketLifecycle")],
        test: lifecycle_expires,
    },
    Rule {
        id: "s3-versioning-suspended",
        finds: "versioning, or its second factor, turned off",
        shape: Shape::GuardRemoval,
        operations: &[("s3", "PutBucketVersioning")],
        test: |subject| {
            only_if(
                subject.text("VersioningConfiguration.Status") != Some("Enabled")
                    || subject.text("VersioningConfiguration.MFADelete") == Some("Disabled"),
                claim(
                    Effect::GuardRemoval,
                    "later overwrites and deletes in the bucket can no longer be taken back",
                ),
            )
        },
    },
    Rule {
        id: "s3-delete-version",
        finds: "the deletion of an object's version, which leaves nothing",
        shape: Shape::Setting,
        operations: &[("s3", "DeleteObject"), ("s3", "DeleteObjects")],
        test: delete_version,
    },
    Rule {
        id: "s3-delete-unversioned",
        finds: "the deletion of an object where no old version is kept",
        shape: Shape::Setting,
        operations: &[("s3", "DeleteObject"), ("s3", "DeleteObjects")],
        test: delete_unversioned,
    },
    Rule {
        id: "s3-overwrite",
        finds: "a write over an object that may exist",
        shape: Shape::FullReplace { difference: S3_OBJECT_EXISTS },
        operations: &[
            ("s3", "PutObject"),
            ("s3", "CopyObject"),
            ("s3", "CompleteMultipartUpload"),
            ("s3", "RenameObject"),
        ],
        test: overwrite,
    },
    Rule {
        id: "s3-foreign-bucket",
        finds: "data written to a bucket that the request says is another account's",
        shape: Shape::Setting,
        operations: &[
            ("s3", "PutObject"),
            ("s3", "CopyObject"),
            ("s3", "CreateMultipartUpload"),
            ("s3", "UploadPart"),
            ("s3", "UploadPartCopy"),
            ("s3", "CompleteMultipartUpload"),
        ],
        test: foreign_bucket,
    },
    Rule {
        id: "s3-foreign-key",
        finds: "encryption with a key that the account does not hold",
        shape: Shape::Setting,
        operations: &[
            ("s3", "PutBucketEncryption"),
            ("s3", "PutObject"),
            ("s3", "CopyObject"),
            ("s3", "CreateMultipartUpload"),
            ("s3", "UpdateObjectEncryption"),
        ],
        test: foreign_key,
    },
    Rule {
        id: "s3-replication-elsewhere",
        finds: "replication to a bucket that is not the account's own",
        shape: Shape::Setting,
        operations: &[("s3", "PutBucketReplication")],
        test: replication,
    },
    Rule {
        id: "s3-object-lock",
        finds: "a default retention that nobody can shorten, or a weaker one",
        shape: Shape::GuardRemoval,
        operations: &[("s3", "PutObjectLockConfiguration")],
        test: object_lock,
    },
    Rule {
        id: "s3-retention-bypassed",
        finds: "a retention that is bypassed, or a legal hold that is lifted",
        shape: Shape::GuardRemoval,
        operations: &[
            ("s3", "PutObjectRetention"),
            ("s3", "PutObjectLegalHold"),
            ("s3", "DeleteObject"),
            ("s3", "DeleteObjects"),
        ],
        test: |subject| {
            only_if(
                subject.on("BypassGovernanceRetention")
                    || (subject.operation == "PutObjectLegalHold"
                        && subject.text("LegalHold.Status") != Some("ON")),
                claim(
                    Effect::GuardRemoval,
                    "objects that were held for a time can be deleted before it is over",
                ),
            )
        },
    },
    Rule {
        id: "s3-notification-replaced",
        finds: "a notification configuration that replaces the present one",
        shape: Shape::FullReplace { difference: S3_NOTIFICATION_DROPPED },
        operations: &[("s3", "PutBucketNotificationConfiguration"), ("s3", "PutBucketNotification")],
        test: |_| {
            vec![claim_when(
                Effect::Interrupt,
                "replaces every notification of the bucket: what is not listed stops",
                vec![yes(S3_NOTIFICATION_DROPPED)],
            )]
        },
    },
];

fn lifecycle_expires(subject: &Subject<'_>) -> Vec<Claim> {
    let enabled = |rule: &&Value| rule.get("Status").and_then(Value::as_str) != Some("Disabled");
    let rules: Vec<&Value> =
        subject.all("LifecycleConfiguration.Rules[]").into_iter().filter(enabled).collect();
    let expires = |rule: &&Value| {
        rule.get("Expiration")
            .is_some_and(|expiration| expiration.get("Days").or(expiration.get("Date")).is_some())
    };
    let drops_versions = |rule: &&Value| rule.get("NoncurrentVersionExpiration").is_some();
    let mut claims = Vec::new();
    if rules.iter().any(expires) {
        claims.push(claim_when(
            Effect::Destroy,
            "lets objects of the bucket expire, later and without a further request",
            vec![yes(S3_LIFECYCLE_EXPIRES_MORE)],
        ));
    }
    if rules.iter().any(drops_versions) {
        claims.push(claim_when(
            Effect::RecoveryLoss,
            "lets old versions expire that objects could be restored from",
            vec![yes(S3_LIFECYCLE_EXPIRES_MORE)],
        ));
    }
    claims
}

fn versions(subject: &Subject<'_>) -> bool {
    subject.has("VersionId") || !subject.all("Delete.Objects[].VersionId").is_empty()
}

fn delete_version(subject: &Subject<'_>) -> Vec<Claim> {
    if !versions(subject) {
        return Vec::new();
    }
    vec![
        claim(Effect::Destroy, "deletes a version for good"),
        claim(Effect::RecoveryLoss, "deletes a version that the object could be restored from"),
    ]
}

fn delete_unversioned(subject: &Subject<'_>) -> Vec<Claim> {
    let plain = match subject.operation {
        "DeleteObject" => !subject.has("VersionId"),
        _ => subject.all("Delete.Objects[]").iter().any(|object| object.get("VersionId").is_none()),
    };
    only_if(
        plain,
        claim_when(
            Effect::Destroy,
            "deletes an object for good, unless the bucket keeps versions",
            vec![yes(S3_OBJECT_EXISTS), no(S3_BUCKET_VERSIONED)],
        ),
    )
}

fn overwrite(subject: &Subject<'_>) -> Vec<Claim> {
    let member = if subject.operation == "RenameObject" { "DestinationIfNoneMatch" } else { "IfNoneMatch" };
    if subject.text(member) == Some("*") {
        return Vec::new();
    }
    vec![
        claim_when(
            Effect::Destroy,
            "overwrites an object, whose content is lost unless the bucket keeps versions",
            vec![yes(S3_OBJECT_EXISTS), no(S3_BUCKET_VERSIONED)],
        ),
        claim_when(Effect::Update, "puts new content in the place of an object", vec![yes(S3_OBJECT_EXISTS)]),
    ]
}

fn foreign_bucket(subject: &Subject<'_>) -> Vec<Claim> {
    let owner = subject.text("ExpectedBucketOwner").filter(|owner| subject.foreign(owner));
    let point = subject.text("Bucket").and_then(account_of).filter(|account| subject.foreign(account));
    match owner.or(point) {
        Some(account) => {
            vec![claim(Effect::Exfiltrate, format!("writes data to a bucket of account {account}"))]
        }
        None => Vec::new(),
    }
}

/// The account in an ARN.
fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)).filter(|account| !account.is_empty())
}

fn foreign_key(subject: &Subject<'_>) -> Vec<Claim> {
    let default =
        "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID";
    let mut claims = Vec::new();
    for account in [default, "SSEKMSKeyId", "ObjectEncryption.SSEKMS.KMSKeyArn"]
        .into_iter()
        .flat_map(|path| subject.texts(path))
        .filter_map(account_of)
    {
        if subject.foreign(account) {
            claims.push(claim(
                Effect::RecoveryLoss,
                format!("encrypts with a key of account {account}, without which nothing can be read again"),
            ));
        }
    }
    if subject.operation == "CopyObject"
        && (subject.has("SSECustomerKey") || subject.has("SSECustomerAlgorithm"))
    {
        claims.push(claim(
            Effect::RecoveryLoss,
            "encrypts with a key that only the sender holds, without which nothing can be read again",
        ));
    }
    claims
}

fn replication(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for destination in subject.all("ReplicationConfiguration.Rules[].Destination") {
        match destination.get("Account").and_then(Value::as_str) {
            Some(account) if subject.foreign(account) => {
                claims.push(claim(
                    Effect::Exfiltrate,
                    format!("copies every object to a bucket of account {account}"),
                ));
            }
            Some(_) => {}
            None => claims.push(claim_when(
                Effect::Exfiltrate,
                "copies every object to a bucket whose owner the request does not name",
                vec![yes(S3_DESTINATION_FOREIGN)],
            )),
        }
    }
    claims
}

fn object_lock(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = vec![claim_when(
        Effect::GuardRemoval,
        "makes the bucket's default retention weaker, or takes it away",
        vec![yes(S3_OBJECT_LOCK_WEAKENED)],
    )];
    if subject.text("ObjectLockConfiguration.Rule.DefaultRetention.Mode") == Some("COMPLIANCE") {
        claims.push(claim(
            Effect::Interrupt,
            "keeps new objects from being changed or deleted by anybody, the root user included, until the time is over",
        ));
    }
    claims
}
