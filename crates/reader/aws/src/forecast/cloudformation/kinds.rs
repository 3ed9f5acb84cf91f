//! Resource types of templates: whether they bear data, and by which call of its own service each is deleted.

use interlock_action::{Action, Bears, Kind, Relation, Target, TargetId};
use serde_json::{Value, json};

use crate::catalogue::Catalogue;

/// How a physical id becomes the parameters of the deletion.
pub(super) type Arguments = fn(&str) -> Value;

/// Types whose own service's forecaster knows what is lost with them.
const DELETED_BY: [(&str, &str, &str, Arguments); 30] = [
    (
        "AWS::RDS::DBInstance",
        "rds",
        "DeleteDBInstance",
        |id| json!({"DBInstanceIdentifier": id, "SkipFinalSnapshot": true}),
    ),
    (
        "AWS::RDS::DBCluster",
        "rds",
        "DeleteDBCluster",
        |id| json!({"DBClusterIdentifier": id, "SkipFinalSnapshot": true}),
    ),
    ("AWS::DynamoDB::Table", "dynamodb", "DeleteTable", |id| json!({ "TableName": id })),
    ("AWS::DynamoDB::GlobalTable", "dynamodb", "DeleteTable", |id| json!({ "TableName": id })),
    ("AWS::S3::Bucket", "s3", "DeleteBucket", |id| json!({ "Bucket": id })),
    ("AWS::EC2::Volume", "ec2", "DeleteVolume", |id| json!({ "VolumeId": id })),
    ("AWS::EC2::Instance", "ec2", "TerminateInstances", |id| json!({ "InstanceIds": [id] })),
    // CloudFormation does not ask whether instances are protected.
    (
        "AWS::AutoScaling::AutoScalingGroup",
        "autoscaling",
        "DeleteAutoScalingGroup",
        |id| json!({"AutoScalingGroupName": id, "ForceDelete": true}),
    ),
    ("AWS::EFS::FileSystem", "efs", "DeleteFileSystem", |id| json!({ "FileSystemId": id })),
    (
        "AWS::ElastiCache::ReplicationGroup",
        "elasticache",
        "DeleteReplicationGroup",
        |id| json!({ "ReplicationGroupId": id }),
    ),
    (
        "AWS::ElastiCache::CacheCluster",
        "elasticache",
        "DeleteCacheCluster",
        |id| json!({ "CacheClusterId": id }),
    ),
    (
        "AWS::Redshift::Cluster",
        "redshift",
        "DeleteCluster",
        |id| json!({"ClusterIdentifier": id, "SkipFinalClusterSnapshot": true}),
    ),
    ("AWS::KMS::Key", "kms", "ScheduleKeyDeletion", |id| json!({"KeyId": id, "PendingWindowInDays": 30})),
    (
        "AWS::SecretsManager::Secret",
        "secretsmanager",
        "DeleteSecret",
        |id| json!({"SecretId": id, "ForceDeleteWithoutRecovery": true}),
    ),
    ("AWS::SSM::Parameter", "ssm", "DeleteParameter", |id| json!({ "Name": id })),
    ("AWS::SQS::Queue", "sqs", "DeleteQueue", |id| json!({ "QueueUrl": id })),
    ("AWS::Kinesis::Stream", "kinesis", "DeleteStream", |id| json!({ "StreamName": id })),
    ("AWS::Logs::LogGroup", "logs", "DeleteLogGroup", |id| json!({ "logGroupName": id })),
    ("AWS::ECR::Repository", "ecr", "DeleteRepository", |id| json!({"repositoryName": id, "force": true})),
    ("AWS::OpenSearchService::Domain", "opensearch", "DeleteDomain", |id| json!({ "DomainName": id })),
    ("AWS::Elasticsearch::Domain", "opensearch", "DeleteDomain", |id| json!({ "DomainName": id })),
    ("AWS::Lambda::Function", "lambda", "DeleteFunction", |id| json!({ "FunctionName": id })),
    ("AWS::EKS::Cluster", "eks", "DeleteCluster", |id| json!({ "name": id })),
    ("AWS::EKS::Nodegroup", "eks", "DeleteNodegroup", |id| {
        let (cluster, group) = id.split_once('/').unwrap_or((id, id));
        json!({"clusterName": cluster, "nodegroupName": group})
    }),
    ("AWS::Backup::BackupVault", "backup", "DeleteBackupVault", |id| json!({ "BackupVaultName": id })),
    ("AWS::CloudTrail::Trail", "cloudtrail", "DeleteTrail", |id| json!({ "Name": id })),
    (
        "AWS::CloudTrail::EventDataStore",
        "cloudtrail",
        "DeleteEventDataStore",
        |id| json!({ "EventDataStore": id }),
    ),
    (
        "AWS::Config::ConfigurationRecorder",
        "config",
        "DeleteConfigurationRecorder",
        |id| json!({ "ConfigurationRecorderName": id }),
    ),
    (
        "AWS::Config::DeliveryChannel",
        "config",
        "DeleteDeliveryChannel",
        |id| json!({ "DeliveryChannelName": id }),
    ),
    ("AWS::CloudFormation::Stack", "cloudformation", "DeleteStack", |id| json!({ "StackName": id })),
];

/// The call that deletes the thing of its own, as it is judged.
pub(super) fn deletion(action: &Action, kind: &str, physical: &str) -> Option<Action> {
    let (_, service, operation, arguments) = DELETED_BY.iter().find(|(name, ..)| *name == kind)?;
    judged(action, service, operation, &arguments(physical))
}

/// A call of another service, as it is judged.
pub(super) fn judged(action: &Action, service: &str, operation: &str, arguments: &Value) -> Option<Action> {
    let service = Catalogue::get().service(service)?;
    let operation = service.operation(operation)?;
    let account = action.account.as_ref().map(|account| account.as_str());
    Some(crate::judge(&service, operation, action.region.as_deref(), account, arguments))
}

/// Types that bear data and whose deletion nobody here looks into: the Terraform provider's stateful types, by the names
/// that templates use.
const BEAR: [&str; 44] = [
    "AWS::ACMPCA::CertificateAuthority",
    "AWS::AmazonMQ::Broker",
    "AWS::Athena::WorkGroup",
    "AWS::Backup::LogicallyAirGappedBackupVault",
    "AWS::Cassandra::Table",
    "AWS::CloudFront::KeyValueStore",
    "AWS::Cognito::UserPool",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBInstance",
    "AWS::DocDBElastic::Cluster",
    "AWS::DSQL::Cluster",
    "AWS::EC2::EC2Fleet",
    "AWS::EC2::Snapshot",
    "AWS::EC2::SpotFleet",
    "AWS::ECR::PublicRepository",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::EMR::Cluster",
    "AWS::Events::Archive",
    "AWS::FSx::FileSystem",
    "AWS::FSx::Snapshot",
    "AWS::FSx::Volume",
    "AWS::KMS::ReplicaKey",
    "AWS::KinesisVideo::Stream",
    "AWS::Lightsail::Bucket",
    "AWS::Lightsail::Database",
    "AWS::Lightsail::Disk",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::MemoryDB::Cluster",
    "AWS::Neptune::DBCluster",
    "AWS::Neptune::DBInstance",
    "AWS::NeptuneGraph::Graph",
    "AWS::OpenSearchServerless::Collection",
    "AWS::PaymentCryptography::Key",
    "AWS::QLDB::Ledger",
    "AWS::QuickSight::Analysis",
    "AWS::RDS::GlobalCluster",
    "AWS::RedshiftServerless::Namespace",
    "AWS::Route53::HostedZone",
    "AWS::S3Express::DirectoryBucket",
    "AWS::S3Tables::Table",
    "AWS::SDB::Domain",
    "AWS::SageMaker::Domain",
    "AWS::Timestream::Table",
];

/// What types begin with that hold nothing that could be lost. What bears data is named above, and comes first.
const EMPTY: [&str; 50] = [
    "AWS::ApiGateway",
    "AWS::AppConfig::",
    "AWS::ApplicationAutoScaling::",
    "AWS::AutoScaling",
    "AWS::Backup::BackupPlan",
    "AWS::Backup::BackupSelection",
    "AWS::CDK::",
    "AWS::CertificateManager::",
    "AWS::CloudFormation::Macro",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFront::",
    "AWS::CloudWatch::",
    "AWS::CodeBuild::",
    "AWS::CodeDeploy::",
    "AWS::CodePipeline::",
    "AWS::Config::",
    "AWS::EC2::",
    "AWS::ECS::",
    "AWS::EFS::AccessPoint",
    "AWS::EFS::MountTarget",
    "AWS::EKS::",
    "AWS::ElastiCache::ParameterGroup",
    "AWS::ElastiCache::SubnetGroup",
    "AWS::ElasticLoadBalancing",
    "AWS::Events::",
    "AWS::GuardDuty::",
    "AWS::IAM::",
    "AWS::KMS::Alias",
    "AWS::KinesisFirehose::",
    "AWS::Lambda::",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::ResourcePolicy",
    "AWS::Logs::SubscriptionFilter",
    "AWS::Pipes::",
    "AWS::RDS::DBClusterParameterGroup",
    "AWS::RDS::DBParameterGroup",
    "AWS::RDS::DBProxy",
    "AWS::RDS::DBSubnetGroup",
    "AWS::RDS::OptionGroup",
    "AWS::Redshift::ClusterParameterGroup",
    "AWS::Redshift::ClusterSubnetGroup",
    "AWS::Route53::RecordSet",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::",
    "AWS::SecretsManager::RotationSchedule",
    "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::StepFunctions::",
    "AWS::WAFv2::",
];

/// Whether a resource of the type bears data, as far as the type tells. A type that is not listed is unknown: what it
/// holds, or what a custom resource does when it goes, nobody here knows.
pub(super) fn bears(kind: &str) -> Bears {
    let own = DELETED_BY.iter().any(|(name, ..)| *name == kind);
    if own || BEAR.contains(&kind) {
        return Bears::Yes;
    }
    if EMPTY.iter().any(|start| kind.starts_with(start)) { Bears::No } else { Bears::Unknown }
}

/// Types that are part of the record of what happened.
pub(super) fn records(kind: &str) -> bool {
    const RECORD: [&str; 6] = [
        "AWS::CloudTrail::",
        "AWS::Config::ConfigurationRecorder",
        "AWS::Config::DeliveryChannel",
        "AWS::GuardDuty::Detector",
        "AWS::GuardDuty::Master",
        "AWS::SecurityLake::",
    ];
    RECORD.iter().any(|start| kind.starts_with(start))
}

/// A part of the record that the action falls on.
pub(super) fn part_of_the_record(action: &Action, id: TargetId) -> Target {
    Target {
        id,
        kind: Kind::Trail,
        name: None,
        account: action.account.clone(),
        region: action.region.clone(),
        relation: Relation::Acts,
        data: Bears::No,
        environment: None,
    }
}

/// Types of which CloudFormation itself takes a final snapshot where the template says nothing else (CloudFormation
/// User Guide, "DeletionPolicy attribute"). Of an instance it holds only outside a cluster, which the id does not tell.
pub(super) fn snapshot_by_default(kind: &str) -> bool {
    kind == "AWS::RDS::DBCluster"
}

/// Types that take `Snapshot`; of others the word means nothing.
pub(super) fn takes_snapshot(kind: &str) -> bool {
    const TAKE: [&str; 9] = [
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
        "AWS::MemoryDB::Cluster",
    ];
    TAKE.contains(&kind)
}

#[cfg(test)]
mod tests {
    use interlock_action::Bears;
    use serde_json::json;

    use super::{bears, deletion};
    use crate::forecast::{name_of, testing::action};

    #[test]
    fn what_has_instances_bears_what_they_hold() {
        let group = "AWS::AutoScaling::AutoScalingGroup";
        for kind in [group, "AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet", "AWS::CloudFront::KeyValueStore"] {
            assert_eq!(bears(kind), Bears::Yes, "{kind}");
        }
        assert_eq!(bears("AWS::AutoScaling::LaunchConfiguration"), Bears::No);
        let stack = action("cloudformation", "DeleteStack", json!({"StackName": "s"}));
        let deletion = deletion(&stack, group, "web").unwrap();
        assert_eq!(name_of(&deletion), "autoscaling/group");
        assert_eq!(deletion.arguments["ForceDelete"], json!(true), "protected instances go, too");
    }
}
