//! Data stores, queues, logs, load balancing, delivery, detection: settings that lose, blind, open or cut.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{LOGS_RETENTION_LOWERED, S3_DESTINATION_FOREIGN};
use super::{Rule, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "logs-retention-lowered",
        finds: "log events kept for a shorter time",
        operations: &[("logs", "PutRetentionPolicy")],
        test: |_| {
            vec![claim_when(
                Effect::Destroy,
                "drops log events that are older than the new retention",
                vec![yes(LOGS_RETENTION_LOWERED)],
            )]
        },
    },
    Rule {
        id: "data-sent-elsewhere",
        finds: "a stream of data sent to another account, or out of AWS",
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
        id: "elasticache-no-final-snapshot",
        finds: "a cache deleted without a final snapshot",
        operations: &[
            ("elasticache", "DeleteReplicationGroup"),
            ("elasticache", "DeleteCacheCluster"),
            ("elasticache", "DeleteServerlessCache"),
            ("memorydb", "DeleteCluster"),
        ],
        test: |subject| {
            let kept =
                ["FinalSnapshotIdentifier", "FinalSnapshotName"].iter().any(|member| subject.has(member));
            only_if(
                !kept && !subject.on("RetainPrimaryCluster"),
                claim(Effect::RecoveryLoss, "deletes the cache without keeping a snapshot of its data"),
            )
        },
    },
    Rule {
        id: "elasticache-guard-off",
        finds: "snapshots or fail-over of a cache turned off",
        operations: &[("elasticache", "ModifyReplicationGroup"), ("elasticache", "ModifyCacheCluster")],
        test: |subject| {
            only_if(
                subject.number("SnapshotRetentionLimit") == Some(0)
                    || subject.off("AutomaticFailoverEnabled"),
                claim(Effect::GuardRemoval, "turns snapshots or fail-over off"),
            )
        },
    },
    Rule {
        id: "redshift-no-final-snapshot",
        finds: "a warehouse deleted without a final snapshot",
        operations: &[("redshift", "DeleteCluster")],
        test: |subject| {
            only_if(
                subject.on("SkipFinalClusterSnapshot") || !subject.has("FinalClusterSnapshotIdentifier"),
                claim(Effect::RecoveryLoss, "deletes the warehouse without keeping a final snapshot"),
            )
        },
    },
    Rule {
        id: "redshift-weakened",
        finds: "a warehouse without snapshots, with a public address, or with another password",
        operations: &[("redshift", "ModifyCluster")],
        test: redshift,
    },
    Rule {
        id: "backup-off",
        finds: "backups turned off, or kept for a shorter time",
        operations: &[
            ("efs", "PutBackupPolicy"),
            ("backup", "UpdateRecoveryPointLifecycle"),
            ("backup", "UpdateBackupPlan"),
            ("fsx", "UpdateFileSystem"),
        ],
        test: backup,
    },
    Rule {
        id: "queue-loses-messages",
        finds: "messages kept for a shorter time",
        operations: &[("sqs", "SetQueueAttributes")],
        test: |subject| {
            only_if(
                subject.has("Attributes.MessageRetentionPeriod"),
                claim(Effect::Destroy, "may drop messages that are older than the new retention"),
            )
        },
    },
    Rule {
        id: "load-balancer-protection-off",
        finds: "a load balancer's deletion protection or access log turned off",
        operations: &[("elbv2", "ModifyLoadBalancerAttributes")],
        test: |subject| {
            let off = subject.all("Attributes[]").into_iter().any(|attribute| {
                let text = |name: &str| attribute.get(name).and_then(Value::as_str).unwrap_or_default();
                ["deletion_protection.enabled", "access_logs.s3.enabled"].contains(&text("Key"))
                    && text("Value") == "false"
            });
            only_if(
                off,
                claim(Effect::GuardRemoval, "lets the load balancer be deleted, or turns its log off"),
            )
        },
    },
    Rule {
        id: "listener-changed",
        finds: "other destinations, or no encryption, for a listener",
        operations: &[("elbv2", "ModifyListener"), ("elbv2", "ModifyRule")],
        test: |subject| {
            let members = ["DefaultActions", "Actions", "Certificates", "Protocol"];
            only_if(
                members.iter().any(|member| subject.has(member)),
                claim(Effect::Network, "sends the listener's traffic elsewhere"),
            )
        },
    },
    Rule {
        id: "parent-changed",
        finds: "a new part of something that is there, which changes it",
        operations: &[
            ("elbv2", "CreateRule"),
            ("elbv2", "CreateListener"),
            ("lambda", "CreateEventSourceMapping"),
            ("route53", "CreateHostedZone"),
            ("ecs", "CreateService"),
            ("ecs", "CreateTaskSet"),
            ("ec2", "CreateTrafficMirrorSession"),
            ("ec2", "CreateFlowLogs"),
        ],
        test: parent,
    },
    Rule {
        id: "distribution-off",
        finds: "a distribution or accelerator turned off",
        operations: &[("cloudfront", "UpdateDistribution"), ("globalaccelerator", "UpdateAccelerator")],
        test: |subject| {
            only_if(
                subject.off("DistributionConfig.Enabled") || subject.off("Enabled"),
                claim(Effect::Interrupt, "turns off what users reach the service by"),
            )
        },
    },
    Rule {
        id: "alarm-blinded",
        finds: "an alarm that tells nobody",
        operations: &[("cloudwatch", "PutMetricAlarm"), ("cloudwatch", "PutCompositeAlarm")],
        test: |subject| {
            only_if(
                subject.off("ActionsEnabled"),
                claim(Effect::GuardRemoval, "keeps the alarm from telling anybody"),
            )
        },
    },
    Rule {
        id: "alarm-acts",
        finds: "an alarm that does more than tell somebody",
        operations: &[("cloudwatch", "PutMetricAlarm"), ("cloudwatch", "PutCompositeAlarm")],
        test: alarm_acts,
    },
    Rule {
        id: "detector-off",
        finds: "threat detection or the record of configuration turned off by an update",
        operations: &[("guardduty", "UpdateDetector"), ("config", "PutConfigurationRecorder")],
        test: |subject| {
            only_if(
                subject.off("Enable") || subject.off("ConfigurationRecorder.recordingGroup.allSupported"),
                claim(Effect::AuditTrail, "turns off detection, or records less"),
            )
        },
    },
    Rule {
        id: "rule-disabled",
        finds: "a schedule or event rule turned off",
        operations: &[("events", "PutRule"), ("scheduler", "UpdateSchedule")],
        test: |subject| {
            only_if(
                subject.text("State") == Some("DISABLED"),
                claim(Effect::Interrupt, "stops what the rule sets off"),
            )
        },
    },
    Rule {
        id: "images-expire",
        finds: "a lifecycle policy under which images expire",
        operations: &[("ecr", "PutLifecyclePolicy")],
        test: |_| vec![claim(Effect::Destroy, "lets images expire, later and without a further request")],
    },
    Rule {
        id: "share-outside",
        finds: "resources shared with other accounts",
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
                    principal.split(':').nth(4).unwrap_or(principal) != subject.account.unwrap_or_default()
                })
                .map(|principal| claim(Effect::Exfiltrate, format!("shares with `{principal}`")))
                .collect()
        },
    },
    Rule {
        id: "user-pool-reset",
        finds: "a user pool's protection turned off",
        operations: &[("cognito-idp", "UpdateUserPool")],
        test: |subject| {
            only_if(
                subject.text("DeletionProtection") == Some("INACTIVE"),
                claim(Effect::GuardRemoval, "lets the user pool, with every user, be deleted"),
            )
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
    for account in arns.filter_map(|arn| arn.split(':').nth(4)).chain(registries) {
        if subject.foreign(account) {
            claims.push(claim(Effect::Exfiltrate, format!("sends data to account {account}")));
        }
    }
    if let Some(protocol @ ("http" | "https" | "email" | "email-json" | "sms")) = subject.text("Protocol") {
        claims.push(claim(Effect::Exfiltrate, format!("sends every message out of AWS, by {protocol}")));
    }
    claims
}

fn parent(subject: &Subject<'_>) -> Vec<Claim> {
    let (effect, why) = match subject.operation {
        "CreateRule" | "CreateListener" => {
            (Effect::Network, "decides where traffic of the load balancer goes")
        }
        "CreateHostedZone" if !subject.has("VPC") => return Vec::new(),
        "CreateHostedZone" => (Effect::Network, "decides what names mean inside the network"),
        "CreateEventSourceMapping" => {
            (Effect::Execute, "has the function take what the queue or stream holds, under its own role")
        }
        "CreateTrafficMirrorSession" => (Effect::Exfiltrate, "copies the traffic of a network interface"),
        "CreateFlowLogs" => (Effect::Update, "records the traffic of a network"),
        _ => (Effect::Execute, "runs containers in the cluster, under the task's role"),
    };
    vec![claim(effect, why)]
}

/// An alarm's actions are carried out by CloudWatch, whenever its state is what the request's author makes it.
fn alarm_acts(subject: &Subject<'_>) -> Vec<Claim> {
    let lists = ["AlarmActions[]", "OKActions[]", "InsufficientDataActions[]"];
    let mut claims: Vec<Claim> = Vec::new();
    for action in lists.iter().flat_map(|path| subject.texts(path)) {
        let service = action.split(':').nth(2).unwrap_or_default();
        let words = action.to_ascii_lowercase();
        let on_machine = ["automate", "swf"].contains(&service);
        let effects: &[Effect] = match service {
            "sns" => &[],
            _ if on_machine && words.contains("terminate") => &[Effect::Destroy, Effect::Execute],
            _ if on_machine => &[Effect::Interrupt, Effect::Execute],
            _ => &[Effect::Execute],
        };
        for effect in effects {
            if !claims.iter().any(|claim| claim.effect == *effect) {
                claims.push(claim(*effect, format!("has the alarm carry out `{action}`")));
            }
        }
    }
    claims
}

fn redshift(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    if subject.number("AutomatedSnapshotRetentionPeriod") == Some(0) {
        claims
            .push(claim(Effect::RecoveryLoss, "turns automated snapshots off, and deletes those there are"));
    }
    if subject.on("PubliclyAccessible") {
        claims.push(claim(Effect::Expose, "gives the warehouse a public address"));
    }
    if subject.has("MasterUserPassword") {
        claims.push(claim(Effect::Privilege, "changes the administrator's password"));
    }
    claims
}

fn backup(subject: &Subject<'_>) -> Vec<Claim> {
    match subject.operation {
        "PutBackupPolicy" => only_if(
            subject.text("BackupPolicy.Status").is_some_and(|status| status.starts_with("DISABL")),
            claim(Effect::GuardRemoval, "turns the file system's backups off"),
        ),
        "UpdateRecoveryPointLifecycle" => only_if(
            subject.has("Lifecycle.DeleteAfterDays"),
            claim(Effect::RecoveryLoss, "lets a recovery point expire, perhaps earlier"),
        ),
        "UpdateBackupPlan" => {
            vec![claim(Effect::GuardRemoval, "replaces the plan by which backups are made")]
        }
        _ => {
            let members =
                ["WindowsConfiguration", "LustreConfiguration", "OntapConfiguration", "OpenZFSConfiguration"];
            let zero = members
                .iter()
                .any(|member| subject.number(&format!("{member}.AutomaticBackupRetentionDays")) == Some(0));
            only_if(
                zero,
                claim(Effect::RecoveryLoss, "turns automatic backups off, and deletes those there are"),
            )
        }
    }
}
