//! Data and resources that go to other accounts, or out of AWS.

use interlock_action::{Claim, Effect};

use super::facts::S3_DESTINATION_FOREIGN;
use super::{Rule, Shape, claim, claim_when, yes};
use crate::arn;
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "data-sent-elsewhere",
        finds: "a stream of data sent to another account, or out of AWS",
        shape: Shape::Setting,
        operations: &[
            ("logs", "PutSubscriptionFilter"),
            ("dynamodb", "EnableKinesisStreamingDestination"),
            ("sns", "Subscribe"),
            ("events", "PutTargets"),
            ("s3", "PutBucketNotificationConfiguration"),
            ("ecr", "PutReplicationConfiguration"),
        ],
        test: sent_elsewhere,
    },
    Rule {
        id: "export-elsewhere",
        finds: "data exported to a bucket whose owner the request does not name",
        shape: Shape::Setting,
        operations: &[
            ("ec2", "CreateStoreImageTask"),
            ("ec2", "ExportImage"),
            ("ec2", "CreateInstanceExportTask"),
            ("logs", "CreateExportTask"),
            ("elasticache", "ExportServerlessCacheSnapshot"),
        ],
        test: |_| {
            vec![claim_when(
                Effect::Exfiltrate,
                "writes data to a bucket whose owner the request does not name",
                vec![yes(S3_DESTINATION_FOREIGN)],
            )]
        },
    },
    Rule {
        id: "share-outside",
        finds: "resources shared with other accounts",
        shape: Shape::Setting,
        operations: &[
            ("ram", "AssociateResourceShare"),
            ("ram", "CreateResourceShare"),
            ("redshift", "AuthorizeSnapshotAccess"),
            ("redshift", "AuthorizeDataShare"),
        ],
        test: |subject| {
            let members = ["principals[]", "AccountWithRestoreAccess", "ConsumerIdentifier"];
            members
                .iter()
                .flat_map(|path| subject.texts(path))
                .filter(|principal| {
                    arn::account(principal).unwrap_or(principal) != subject.account.unwrap_or_default()
                })
                .map(|principal| claim(Effect::Exfiltrate, format!("shares with `{principal}`")))
                .collect()
        },
    },
];

fn sent_elsewhere(subject: &Subject<'_>) -> Vec<Claim> {
    let paths = [
        "destinationArn",
        "StreamArn",
        "Endpoint",
        "Targets[].Arn",
        "NotificationConfiguration.TopicConfigurations[].TopicArn",
        "NotificationConfiguration.QueueConfigurations[].QueueArn",
        "NotificationConfiguration.LambdaFunctionConfigurations[].LambdaFunctionArn",
    ];
    let mut claims = Vec::new();
    let arns = paths.iter().flat_map(|path| subject.texts(path)).filter(|text| text.starts_with("arn:"));
    let registries = subject.texts("replicationConfiguration.rules[].destinations[].registryId");
    for account in arns.filter_map(arn::account).chain(registries) {
        if subject.foreign(account) {
            claims.push(claim(Effect::Exfiltrate, format!("sends data to account {account}")));
        }
    }
    if let Some(protocol @ ("http" | "https" | "email" | "email-json" | "sms")) = subject.text("Protocol") {
        claims.push(claim(Effect::Exfiltrate, format!("sends every message out of AWS, by {protocol}")));
    }
    claims
}
