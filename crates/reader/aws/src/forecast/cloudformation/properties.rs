//! What a property of a resource guards: the effect that the same change has when its own service is asked for it.
//!
//! A row says in which change of the value the danger lies; a value that is not told counts as the worst. A property
//! that no row names is judged by its type ([`unnamed`]).

use interlock_action::{Bears, Effect};
use serde_json::Value;

use super::kinds;

/// A value of a property: `None` where it is not told, `Null` where the property is not there.
pub(super) type Told<'a> = Option<&'a Value>;

/// Whether a property that goes from one value to the other does what its row says.
type Weakens = fn(Told<'_>, Told<'_>) -> bool;

/// Beginning of the type, properties, effects, the changes that have them.
type Row = (&'static str, &'static [&'static str], &'static [Effect], Weakens);

use Effect::{Destroy, Expose, GuardRemoval, Interrupt, Network, Privilege, RecoveryLoss};

const ROWS: &[Row] = &[
    ("AWS::RDS::", &["DeletionProtection"], &[GuardRemoval], off),
    ("AWS::RDS::", &["BackupRetentionPeriod"], &[GuardRemoval, RecoveryLoss], less),
    ("AWS::RDS::", &["DeleteAutomatedBackups"], &[RecoveryLoss], on),
    (
        "AWS::RDS::",
        &["MultiAZ", "EnableIAMDatabaseAuthentication", "ManageMasterUserPassword", "StorageEncrypted"],
        &[GuardRemoval],
        off,
    ),
    ("AWS::RDS::", &["EnableCloudwatchLogsExports"], &[GuardRemoval], shrinks),
    ("AWS::RDS::", &["PubliclyAccessible"], &[Expose], on),
    ("AWS::RDS::", &["VPCSecurityGroups", "VpcSecurityGroupIds", "DBSecurityGroups"], &[Network], any),
    ("AWS::RDS::", &["DBSubnetGroupName", "Port", "NetworkType"], &[Network], any),
    (
        "AWS::RDS::",
        &["MasterUserPassword", "MasterUsername", "MasterUserSecret", "AssociatedRoles"],
        &[Privilege],
        any,
    ),
    ("AWS::RDS::", RDS_PLAIN, &[], any),
    ("AWS::DynamoDB::", &["DeletionProtectionEnabled"], &[GuardRemoval], off),
    ("AWS::DynamoDB::", &["PointInTimeRecoverySpecification"], &[GuardRemoval, RecoveryLoss], pitr),
    ("AWS::DynamoDB::", &["TimeToLiveSpecification"], &[Destroy], expires),
    ("AWS::DynamoDB::", &["ResourcePolicy"], &[Privilege], any),
    (
        "AWS::DynamoDB::",
        &[
            "BillingMode",
            "ProvisionedThroughput",
            "OnDemandThroughput",
            "WarmThroughput",
            "GlobalSecondaryIndexes",
            "AttributeDefinitions",
            "ContributorInsightsSpecification",
            "TableClass",
            "StreamSpecification",
            "KinesisStreamSpecification",
        ],
        &[],
        any,
    ),
    ("AWS::S3::Bucket", &["VersioningConfiguration"], &[GuardRemoval], versioning),
    ("AWS::S3::Bucket", &["PublicAccessBlockConfiguration"], &[GuardRemoval, Expose], unblocks),
    ("AWS::S3::Bucket", &["LifecycleConfiguration"], &[Destroy, RecoveryLoss], there),
    ("AWS::S3::Bucket", &["AccessControl"], &[Expose, Privilege], any),
    ("AWS::S3::Bucket", &["OwnershipControls"], &[Privilege], any),
    ("AWS::S3::Bucket", &["ReplicationConfiguration"], &[GuardRemoval, Effect::Exfiltrate], any),
    ("AWS::S3::Bucket", &["WebsiteConfiguration", "CorsConfiguration"], &[Expose], any),
    (
        "AWS::S3::Bucket",
        &["NotificationConfiguration", "AccelerateConfiguration", "MetricsConfigurations"],
        &[],
        any,
    ),
    ("AWS::Logs::LogGroup", &["RetentionInDays"], &[GuardRemoval, Destroy], retention),
    ("AWS::SQS::Queue", &["MessageRetentionPeriod"], &[Destroy], less),
    ("AWS::SQS::Queue", &["DelaySeconds", "VisibilityTimeout", "ReceiveMessageWaitTimeSeconds"], &[], any),
    ("AWS::SQS::Queue", &["MaximumMessageSize"], &[], any),
    ("AWS::Kinesis::Stream", &["RetentionPeriodHours"], &[GuardRemoval, RecoveryLoss], less),
    ("AWS::Kinesis::Stream", &["ShardCount", "StreamModeDetails"], &[], any),
    ("AWS::KMS::Key", &["KeyPolicy"], &[Privilege, GuardRemoval], any),
    ("AWS::KMS::Key", &["PendingWindowInDays"], &[GuardRemoval], less),
    ("AWS::KMS::Key", &["Description"], &[], any),
    ("AWS::EC2::Instance", &["DisableApiTermination"], &[GuardRemoval], off),
    ("AWS::EC2::Instance", &["SecurityGroupIds", "SecurityGroups", "SourceDestCheck"], &[Network], any),
    ("AWS::EC2::Instance", &["IamInstanceProfile"], &[Privilege], any),
    (
        "AWS::EC2::Instance",
        &["InstanceType", "Monitoring", "CreditSpecification", "EbsOptimized", "UserData"],
        &[],
        any,
    ),
    ("AWS::EKS::Cluster", &["Version", "UpgradePolicy"], &[], any),
    ("AWS::EKS::Cluster", &["ResourcesVpcConfig"], &[Network], any),
    ("AWS::EKS::Cluster", &["AccessConfig"], &[Privilege], any),
    (
        "AWS::EKS::Nodegroup",
        &["Version", "ReleaseVersion", "UpdateConfig", "Labels", "LaunchTemplate"],
        &[],
        any,
    ),
    // Machines go, and what only they hold.
    ("AWS::EKS::Nodegroup", &["ScalingConfig"], &[Destroy], lower),
    ("AWS::AutoScaling::AutoScalingGroup", &["DesiredCapacity", "MaxSize", "MinSize"], &[Destroy], less),
    ("AWS::ECS::Service", &["NetworkConfiguration", "LoadBalancers"], &[Network], any),
    ("AWS::ElastiCache::", &["SecurityGroupIds", "CacheSecurityGroupNames"], &[Network], any),
    ("AWS::ElastiCache::", &["SnapshotRetentionLimit"], &[GuardRemoval, RecoveryLoss], less),
    ("AWS::ElastiCache::", &["CacheNodeType", "EngineVersion"], &[], any),
    ("AWS::ElastiCache::", &["NumCacheClusters", "NumNodeGroups", "ReplicasPerNodeGroup"], &[Destroy], less),
    ("AWS::OpenSearchService::Domain", &["AccessPolicies"], &[Privilege], any),
    ("AWS::OpenSearchService::Domain", &["VPCOptions"], &[Network], any),
    ("AWS::OpenSearchService::Domain", &["ClusterConfig", "EBSOptions"], &[Destroy], lower),
    ("AWS::OpenSearchService::Domain", &["EngineVersion"], &[], any),
    ("AWS::SNS::Topic", &["KmsMasterKeyId", "DataProtectionPolicy"], &[GuardRemoval], any),
    ("AWS::EC2::Volume", &["Size", "Iops", "Throughput", "VolumeType", "AutoEnableIO"], &[], any),
    ("AWS::Lambda::Function", &["VpcConfig"], &[Network], any),
    ("AWS::Lambda::Function", &["Role"], &[Privilege], any),
    ("AWS::Lambda::Function", &["CodeSigningConfigArn"], &[GuardRemoval], any),
    // What it runs is the effect that every update has: code under another identity.
    ("AWS::Lambda::Function", &[""], &[], any),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["LoadBalancerAttributes"], &[GuardRemoval], any),
    ("AWS::ElasticLoadBalancingV2::", &["SecurityGroups", "Scheme"], &[Network], any),
    ("AWS::ElasticLoadBalancingV2::Listener", &[""], &[Network, GuardRemoval], any),
    ("AWS::EFS::FileSystem", &["FileSystemPolicy"], &[Privilege], any),
    ("AWS::EFS::FileSystem", &["ThroughputMode", "ProvisionedThroughputInMibps"], &[], any),
    // The value that is there is written over.
    ("AWS::SecretsManager::Secret", &["SecretString", "GenerateSecretString"], &[Interrupt], any),
    ("AWS::SecretsManager::Secret", &["Description"], &[], any),
    ("AWS::SSM::Parameter", &["Value"], &[Interrupt], any),
    ("AWS::SSM::Parameter", &["Description"], &[], any),
    ("AWS::ECR::Repository", &["RepositoryPolicyText"], &[Privilege], any),
    ("AWS::ECR::Repository", &["LifecyclePolicy"], &[Destroy, RecoveryLoss], there),
];

/// Settings of databases that interrupt at worst.
const RDS_PLAIN: &[&str] = &[
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "AllowMajorVersionUpgrade",
    "ApplyImmediately",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBClusterInstanceClass",
    "Description",
    "EngineVersion",
    "Iops",
    "LicenseModel",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "PromotionTier",
    "ScalingConfiguration",
    "ServerlessV2ScalingConfiguration",
    "StorageThroughput",
    "StorageType",
];

/// Beginnings of types whose whole is a way through the network.
const NETWORK: [&str; 28] = [
    "AWS::EC2::ClientVpn",
    "AWS::EC2::CustomerGateway",
    "AWS::EC2::EIPAssociation",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::GatewayRouteTableAssociation",
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkInterface",
    "AWS::EC2::PrefixList",
    "AWS::EC2::Route",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::TransitGateway",
    "AWS::EC2::VPC",
    "AWS::EC2::VPN",
    "AWS::ElasticLoadBalancing",
    "AWS::NetworkFirewall::",
    "AWS::NetworkManager::",
    "AWS::ApiGateway",
    "AWS::CloudFront::",
    "AWS::Cloud9::",
    "AWS::DirectConnect::",
    "AWS::GlobalAccelerator::",
    "AWS::RAM::",
    "AWS::RDS::DBProxy",
    "AWS::Route53",
    "AWS::VpcLattice::",
];

/// Beginnings of types whose whole is who may do what.
const IDENTITY: [&str; 9] = [
    "AWS::IAM::",
    "AWS::EKS::AccessEntry",
    "AWS::SSO::",
    "AWS::Organizations::",
    "AWS::RolesAnywhere::",
    "AWS::LakeFormation::",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Cognito::",
];

/// Beginnings of types whose whole is a guard.
const GUARDS: [&str; 17] = [
    "AWS::AccessAnalyzer::",
    "AWS::Backup::",
    "AWS::CloudTrail::",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::Config::",
    "AWS::DLM::",
    "AWS::EC2::FlowLog",
    "AWS::FMS::",
    "AWS::GuardDuty::",
    "AWS::Inspector",
    "AWS::Macie::",
    "AWS::RDS::DB", // parameter groups and the like; instances and clusters bear data.
    "AWS::SecurityHub::",
    "AWS::Shield::",
    "AWS::WAF",
];

/// Whether a type is a policy of something else: of a bucket, a queue, a secret.
fn is_policy(kind: &str) -> bool {
    kind.ends_with("Policy") && !kind.starts_with("AWS::AutoScaling") && !kind.contains("ScalingPolicy")
}

fn begins(kind: &str, list: &[&str]) -> bool {
    list.iter().any(|start| kind.starts_with(start))
}

/// What a change of a property comes to. Effects that no row names are those of the type as a whole.
pub(super) fn effects(kind: &str, property: &str, before: Told<'_>, after: Told<'_>) -> Vec<Effect> {
    let kind = like(kind);
    let row = ROWS.iter().find(|(start, names, ..)| {
        kind.starts_with(start) && (names.contains(&property) || *names == [""].as_slice())
    });
    match row {
        Some((.., effects, weakens)) if weakens(before, after) => effects.to_vec(),
        Some(_) => Vec::new(),
        None => unnamed(kind),
    }
}

/// Types that speak as another does.
fn like(kind: &str) -> &str {
    match kind {
        "AWS::DocDB::DBCluster" | "AWS::Neptune::DBCluster" => "AWS::RDS::DBCluster",
        "AWS::DocDB::DBInstance" | "AWS::Neptune::DBInstance" => "AWS::RDS::DBInstance",
        kind => kind,
    }
}

/// The worst that a change of some property of this type may be.
pub(super) fn unnamed(kind: &str) -> Vec<Effect> {
    let mut found = whole(kind);
    if kinds::bears(kind) != Bears::No && found.is_empty() {
        found.push(GuardRemoval);
    }
    found
}

/// What a resource of this type is as a whole: what adding, changing or removing one comes to beside that.
pub(super) fn whole(kind: &str) -> Vec<Effect> {
    let mut found = Vec::new();
    let guards = begins(kind, &GUARDS) && kinds::bears(kind) != Bears::Yes;
    if begins(kind, &IDENTITY) || (is_policy(kind) && !guards) {
        found.push(Privilege);
    }
    if begins(kind, &NETWORK) {
        found.push(Network);
    }
    if guards {
        found.push(GuardRemoval);
    }
    found
}

/// What adding one comes to: a guard more takes none away.
pub(super) fn added(kind: &str) -> Vec<Effect> {
    whole(kind).into_iter().filter(|effect| *effect != GuardRemoval).collect()
}

/// What removing one comes to: a policy may have denied.
pub(super) fn removed(kind: &str) -> Vec<Effect> {
    let mut found = whole(kind);
    if is_policy(kind) && !found.contains(&GuardRemoval) {
        found.push(GuardRemoval);
    }
    found
}

fn any(_: Told<'_>, _: Told<'_>) -> bool {
    true
}

/// A truth value, in a template's spelling: a text is one, too. Nothing there is false.
fn truth(value: Told<'_>) -> Option<bool> {
    match value? {
        Value::Bool(is) => Some(*is),
        Value::Null => Some(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(value: Told<'_>) -> Option<f64> {
    match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// What may have been on is not on any more.
fn off(before: Told<'_>, after: Told<'_>) -> bool {
    truth(after) != Some(true) && truth(before) != Some(false)
}

/// What may have been off is on.
fn on(before: Told<'_>, after: Told<'_>) -> bool {
    truth(after) != Some(false) && truth(before) != Some(true)
}

/// Any number within it is lower than it was, or not told.
fn lower(before: Told<'_>, after: Told<'_>) -> bool {
    match (before, after) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            was.iter().any(|(name, was)| lower(Some(was), Some(is.get(name).unwrap_or(&Value::Null))))
        }
        (Some(Value::Object(_)) | None, _) | (_, None) => true,
        // What was no number is no size.
        _ => number(before).is_some() && less(before, after),
    }
}

/// Not surely as much as before.
fn less(before: Told<'_>, after: Told<'_>) -> bool {
    match (number(before), number(after)) {
        (Some(before), Some(after)) => after < before,
        _ => true,
    }
}

/// Without one everything is kept for ever.
fn retention(before: Told<'_>, after: Told<'_>) -> bool {
    !matches!(after, Some(Value::Null)) && less(before, after)
}

/// Something of the list may be missing.
fn shrinks(before: Told<'_>, after: Told<'_>) -> bool {
    match (before, after) {
        (Some(Value::Null), _) => false,
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            before.iter().any(|one| !after.contains(one))
        }
        _ => true,
    }
}

/// There is one afterwards.
fn there(_: Told<'_>, after: Told<'_>) -> bool {
    !matches!(after, Some(Value::Null))
}

fn member<'v>(value: Told<'v>, name: &str) -> Told<'v> {
    static NOTHING: Value = Value::Null;
    value.map(|value| value.get(name).unwrap_or(&NOTHING))
}

fn pitr(before: Told<'_>, after: Told<'_>) -> bool {
    let enabled = "PointInTimeRecoveryEnabled";
    let days = |value| match member(value, "RecoveryPeriodInDays") {
        Some(Value::Null) => Some(35.0),
        days => number(days),
    };
    let shorter = match (days(before), days(after)) {
        (Some(before), Some(after)) => after < before,
        _ => true,
    };
    let (was, is) = (truth(member(before, enabled)), truth(member(after, enabled)));
    was != Some(false) && (is != Some(true) || shorter)
}

fn expires(before: Told<'_>, after: Told<'_>) -> bool {
    on(member(before, "Enabled"), member(after, "Enabled"))
        || (truth(member(after, "Enabled")) != Some(false)
            && member(before, "AttributeName") != member(after, "AttributeName"))
}

fn versioning(before: Told<'_>, after: Told<'_>) -> bool {
    let enabled = |value| member(value, "Status").and_then(Value::as_str) == Some("Enabled");
    let never = matches!(member(before, "Status"), Some(Value::Null));
    !enabled(after) && !never
}

fn unblocks(_: Told<'_>, after: Told<'_>) -> bool {
    let flags = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];
    flags.iter().any(|flag| truth(member(after, flag)) != Some(true))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(kind: &str, property: &str, before: Value, after: Value) -> Vec<Effect> {
        effects(kind, property, Some(&before), Some(&after))
    }

    #[test]
    fn turning_on_is_no_weakening() {
        let db = "AWS::RDS::DBInstance";
        assert_eq!(of(db, "DeletionProtection", json!("true"), json!("false")), [GuardRemoval]);
        assert_eq!(of(db, "DeletionProtection", json!(true), Value::Null), [GuardRemoval]);
        assert!(of(db, "DeletionProtection", json!(false), json!(true)).is_empty());
        assert!(of(db, "BackupRetentionPeriod", json!("7"), json!("14")).is_empty());
        assert_eq!(of(db, "BackupRetentionPeriod", json!(7), json!(1)), [GuardRemoval, RecoveryLoss]);
        assert_eq!(of(db, "PubliclyAccessible", json!(false), json!("true")), [Expose]);
        assert!(of(db, "DBInstanceClass", json!("a"), json!("b")).is_empty());
        let log = "AWS::Logs::LogGroup";
        assert_eq!(of(log, "RetentionInDays", Value::Null, json!(1)), [GuardRemoval, Destroy]);
        assert!(of(log, "RetentionInDays", json!(30), Value::Null).is_empty());
        let table = "AWS::DynamoDB::Table";
        let pitr =
            |on: bool, days: Value| json!({"PointInTimeRecoveryEnabled": on, "RecoveryPeriodInDays": days});
        let of_pitr = |before, after| of(table, "PointInTimeRecoverySpecification", before, after);
        assert!(of_pitr(json!(null), pitr(true, json!(null))).is_empty());
        assert!(of_pitr(pitr(true, json!(7)), pitr(true, json!(null))).is_empty());
        assert!(!of_pitr(pitr(true, json!(null)), pitr(true, json!(1))).is_empty());
        assert!(!of_pitr(pitr(true, json!(null)), Value::Null).is_empty());
        let bucket = "AWS::S3::Bucket";
        let status = |status: &str| json!({ "Status": status });
        assert_eq!(
            of(bucket, "VersioningConfiguration", status("Enabled"), status("Suspended")),
            [GuardRemoval]
        );
        assert!(of(bucket, "VersioningConfiguration", status("Suspended"), status("Enabled")).is_empty());
    }

    #[test]
    fn what_is_not_told_or_not_named_is_the_worst() {
        for (kind, property, wanted) in [
            ("AWS::RDS::DBInstance", "DeletionProtection", GuardRemoval),
            ("AWS::Neptune::DBCluster", "DeletionProtection", GuardRemoval),
            ("AWS::RDS::DBInstance", "SomethingNew", GuardRemoval),
            ("AWS::RDS::DBParameterGroup", "Parameters", GuardRemoval),
            ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification", RecoveryLoss),
            ("AWS::EC2::SecurityGroup", "SecurityGroupIngress", Network),
            ("AWS::EC2::Subnet", "MapPublicIpOnLaunch", Network),
            ("AWS::IAM::Role", "Policies", Privilege),
            ("AWS::S3::BucketPolicy", "PolicyDocument", Privilege),
            ("AWS::CloudWatch::Alarm", "AlarmActions", GuardRemoval),
            ("Custom::Anything", "Mode", GuardRemoval),
            ("AWS::S3::Bucket", "ObjectLockConfiguration", GuardRemoval),
        ] {
            assert!(effects(kind, property, None, None).contains(&wanted), "{kind} {property}");
        }
        assert!(effects("AWS::SNS::Topic", "DisplayName", None, None).is_empty());
        assert!(effects("AWS::Lambda::Function", "Timeout", None, None).is_empty());
        assert_eq!(added("AWS::EC2::SecurityGroupIngress"), [Network]);
        assert!(added("AWS::CloudWatch::Alarm").is_empty());
        assert_eq!(removed("AWS::CloudWatch::Alarm"), [GuardRemoval]);
        assert_eq!(removed("AWS::S3::BucketPolicy"), [Privilege, GuardRemoval]);
    }
}
