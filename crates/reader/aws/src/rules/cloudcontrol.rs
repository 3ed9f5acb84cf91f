//! AWS Cloud Control: one API over the resources of every service. What it does is what the service's own would do.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "cloudcontrol-underlying",
        finds: "a resource whose own service would call it privilege, network, code or the audit trail",
        shape: Shape::Setting,
        operations: &[
            ("cloudcontrol", "CreateResource"),
            ("cloudcontrol", "UpdateResource"),
            ("cloudcontrol", "DeleteResource"),
        ],
        test: underlying,
    },
    Rule {
        id: "cloudcontrol-patch",
        finds: "a patch of a resource, which may take any protection away",
        shape: Shape::GuardRemoval,
        operations: &[("cloudcontrol", "UpdateResource")],
        test: |subject| {
            let document = subject.text("PatchDocument").unwrap_or_default();
            only_if(
                !only_tags(document),
                claim(Effect::GuardRemoval, "changes settings of another service, perhaps its protections"),
            )
        },
    },
];

/// Beginnings of type names, and what their own services call a change of them.
const TYPES: [(&str, Effect); 6] = [
    ("AWS::EC2::SecurityGroup", Effect::Network),
    ("AWS::EC2::Route", Effect::Network),
    ("AWS::EC2::NetworkAcl", Effect::Network),
    ("AWS::EC2::VPC", Effect::Network),
    ("AWS::EC2::TransitGateway", Effect::Network),
    ("AWS::Route53::", Effect::Network),
];

/// Types that run nothing and grant nothing, with the properties that keep it so when one is made. Of every other type
/// nobody here knows what it does.
const PLAIN: [(&str, &[&str]); 8] = [
    (
        "AWS::SNS::Topic",
        &["TopicName", "DisplayName", "FifoTopic", "ContentBasedDeduplication", "KmsMasterKeyId"],
    ),
    (
        "AWS::SQS::Queue",
        &[
            "QueueName",
            "FifoQueue",
            "ContentBasedDeduplication",
            "DelaySeconds",
            "VisibilityTimeout",
            "MessageRetentionPeriod",
            "MaximumMessageSize",
            "ReceiveMessageWaitTimeSeconds",
            "KmsMasterKeyId",
            "SqsManagedSseEnabled",
        ],
    ),
    ("AWS::Logs::LogGroup", &["LogGroupName", "RetentionInDays", "KmsKeyId", "LogGroupClass"]),
    ("AWS::S3::Bucket", &["BucketName", "VersioningConfiguration", "BucketEncryption"]),
    (
        "AWS::DynamoDB::Table",
        &[
            "TableName",
            "AttributeDefinitions",
            "KeySchema",
            "BillingMode",
            "ProvisionedThroughput",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "SSESpecification",
            "PointInTimeRecoverySpecification",
            "DeletionProtectionEnabled",
            "TableClass",
        ],
    ),
    ("AWS::ECR::Repository", &["RepositoryName", "ImageTagMutability", "ImageScanningConfiguration"]),
    ("AWS::SSM::Parameter", &["Name", "Type", "Value", "Description", "Tier"]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName", "DashboardBody"]),
];

/// Whether the request stays within what a plain type may have. An update of one is judged by its patch.
fn is_plain(subject: &Subject<'_>, name: &str) -> bool {
    let Some((_, allowed)) = PLAIN.iter().find(|(plain, _)| *plain == name) else { return false };
    if subject.operation != "CreateResource" {
        return true;
    }
    let desired = subject.text("DesiredState").and_then(|text| serde_json::from_str(text).ok());
    let Some(serde_json::Value::Object(properties)) = desired else { return false };
    properties.keys().all(|property| property == "Tags" || allowed.contains(&property.as_str()))
}

/// Types that are the record itself: to make one is fine, to change or remove one is not.
const RECORDS: [&str; 4] = [
    "AWS::CloudTrail::",
    "AWS::Config::ConfigurationRecorder",
    "AWS::Config::DeliveryChannel",
    "AWS::GuardDuty::",
];

fn underlying(subject: &Subject<'_>) -> Vec<Claim> {
    let name = subject.text("TypeName").unwrap_or_default();
    let mut claims: Vec<Claim> = TYPES
        .iter()
        .filter(|(start, _)| name.starts_with(start))
        .map(|(_, effect)| claim(*effect, format!("changes a resource of type `{name}`")))
        .collect();
    let tags =
        subject.operation == "UpdateResource" && only_tags(subject.text("PatchDocument").unwrap_or_default());
    if !tags && !is_plain(subject, name) {
        claims.push(claim(
            Effect::Execute,
            format!("has AWS make, change or remove a `{name}`, which may run code"),
        ));
        claims.push(claim(
            Effect::Privilege,
            format!("makes, changes or removes a `{name}`, which may grant rights"),
        ));
    }
    if subject.operation != "CreateResource" && RECORDS.iter().any(|start| name.starts_with(start)) {
        claims.push(claim(
            Effect::AuditTrail,
            format!("changes or removes the record of what happened: `{name}`"),
        ));
    }
    let points = ["Snapshot", "Backup", "RecoveryPoint"];
    if subject.operation == "DeleteResource" && points.iter().any(|word| name.contains(word)) {
        claims.push(claim(Effect::RecoveryLoss, "deletes something that data could be restored from"));
    }
    claims
}

/// Whether every operation of a JSON Patch (RFC 6902) stays within tags.
fn only_tags(document: &str) -> bool {
    let Ok(serde_json::Value::Array(operations)) = serde_json::from_str(document) else { return false };
    !operations.is_empty()
        && operations.iter().all(|operation| {
            let text = |name: &str| operation.get(name).and_then(serde_json::Value::as_str);
            let within = |path: &str| path == "/Tags" || path.starts_with("/Tags/");
            text("path").is_some_and(within) && text("from").is_none_or(within)
        })
}
