//! What an action falls on beside what its own members name: the thing that a new part is put into or made of, the machine
//! that an alarm acts on, the service behind a scalable target, the bucket that a write sends to.

use interlock_action::Relation;

use super::{arn, ec2};
use crate::effect::Subject;
use crate::rules::{buckets, restored_over};

/// Operations that make a part of something that is there and named: the whole is changed by it.
const PARENTS: [(&str, &str, &str, &str); 28] = [
    ("elbv2", "CreateRule", "ListenerArn", "elasticloadbalancing:{r}:{a}:listener/{}"),
    ("elbv2", "CreateListener", "LoadBalancerArn", "elasticloadbalancing:{r}:{a}:loadbalancer/{}"),
    ("lambda", "CreateEventSourceMapping", "EventSourceArn", "lambda:{r}:{a}:event-source/{}"),
    ("route53", "CreateHostedZone", "VPC.VPCId", "ec2:{r}:{a}:vpc/{}"),
    ("ecs", "CreateService", "cluster", "ecs:{r}:{a}:cluster/{}"),
    ("ecs", "CreateTaskSet", "cluster", "ecs:{r}:{a}:cluster/{}"),
    ("ec2", "CreateTrafficMirrorSession", "NetworkInterfaceId", "ec2:{r}:{a}:network-interface/{}"),
    ("ec2", "CreateFlowLogs", "ResourceIds[]", "ec2:{r}:{a}:resource/{}"),
    ("transfer", "CreateUser", "ServerId", "transfer:{r}:{a}:server/{}"),
    ("transfer", "CreateAccess", "ServerId", "transfer:{r}:{a}:server/{}"),
    ("transfer", "ImportSshPublicKey", "ServerId", "transfer:{r}:{a}:server/{}"),
    ("efs", "CreateAccessPoint", "FileSystemId", "elasticfilesystem:{r}:{a}:file-system/{}"),
    ("verifiedpermissions", "CreatePolicy", "policyStoreId", "verifiedpermissions::{a}:policy-store/{}"),
    ("apigatewayv2", "CreateRoute", "ApiId", "apigateway:{r}::/apis/{}"),
    ("apigatewayv2", "CreateApiMapping", "ApiId", "apigateway:{r}::/apis/{}"),
    ("apigateway", "CreateBasePathMapping", "restApiId", "apigateway:{r}::/restapis/{}"),
    ("storagegateway", "CreateStorediSCSIVolume", "GatewayARN", "storagegateway:{r}:{a}:gateway/{}"),
    ("redshift", "BatchModifyClusterSnapshots", "SnapshotIdentifierList[]", "redshift:{r}:{a}:snapshot:{}"),
    ("efs", "CreateMountTarget", "FileSystemId", "elasticfilesystem:{r}:{a}:file-system/{}"),
    ("ec2", "RunInstances", "NetworkInterfaces[].NetworkInterfaceId", INTERFACE),
    ("ec2", "RequestSpotInstances", "LaunchSpecification.NetworkInterfaces[].NetworkInterfaceId", INTERFACE),
    (
        "elasticache",
        "CreateReplicationGroup",
        "GlobalReplicationGroupId",
        "elasticache::{a}:globalreplicationgroup:{}",
    ),
    ("elasticache", "CreateReplicationGroup", "PrimaryClusterId", "elasticache:{r}:{a}:cluster:{}"),
    ("elasticache", "CreateCacheCluster", "ReplicationGroupId", "elasticache:{r}:{a}:replicationgroup:{}"),
    ("memorydb", "CreateCluster", "MultiRegionClusterName", "memorydb::{a}:multiregioncluster/{}"),
    ("rds", "CreateDBCluster", "GlobalClusterIdentifier", "rds::{a}:global-cluster:{}"),
    ("dynamodb", "CreateTable", "GlobalTableSourceArn", "dynamodb:{r}:{a}:table/{}"),
    ("acm-pca", "IssueCertificate", "CertificateAuthorityArn", "acm-pca:{r}:{a}:certificate-authority/{}"),
];

/// Members that name what something is made of, where its own service's names do not say so: a copy is what it is a copy of.
const SOURCES: [(&str, &str, &str, &str); 12] = [
    ("dynamodb", "ImportTable", "S3BucketSource.S3Bucket", BUCKET),
    ("ec2", "CreateRestoreImageTask", "Bucket", BUCKET),
    ("ec2", "ImportSnapshot", "DiskContainer.UserBucket.S3Bucket", BUCKET),
    ("ec2", "ImportImage", "DiskContainers[].UserBucket.S3Bucket", BUCKET),
    ("rds", "RestoreDBClusterFromS3", "S3BucketName", BUCKET),
    ("rds", "RestoreDBInstanceFromS3", "S3BucketName", BUCKET),
    (
        "neptune-graph",
        "RestoreGraphFromSnapshot",
        "snapshotIdentifier",
        "neptune-graph:{r}:{a}:graph-snapshot/{}",
    ),
    ("fsx", "CreateVolume", "OpenZFSConfiguration.OriginSnapshot.SnapshotARN", "fsx:{r}:{a}:snapshot/{}"),
    (
        "elasticache",
        "CreateServerlessCache",
        "SnapshotArnsToRestore[]",
        "elasticache:{r}:{a}:serverlesscachesnapshot:{}",
    ),
    ("storagegateway", "CreateCachediSCSIVolume", "SnapshotId", EBS_SNAPSHOT),
    ("storagegateway", "CreateStorediSCSIVolume", "SnapshotId", EBS_SNAPSHOT),
    (
        "lightsail",
        "CreateRelationalDatabaseFromSnapshot",
        "sourceRelationalDatabaseName",
        "lightsail:{r}:{a}:RelationalDatabase/{}",
    ),
];

const INTERFACE: &str = "ec2:{r}:{a}:network-interface/{}";
const BUCKET: &str = "s3:::{}";
const EBS_SNAPSHOT: &str = "ec2:{r}::snapshot/{}";

/// Service, operation and member of every row, for the test that each names something in the catalogue.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    PARENTS.iter().chain(&SOURCES).map(|(service, operation, member, _)| (*service, *operation, *member))
}

/// Whether the operation makes something and acts on a parent beside.
pub(super) fn has_parent(subject: &Subject<'_>) -> bool {
    PARENTS.iter().any(|(service, operation, ..)| subject.is(service, operation))
}

/// The further ARNs of a mutation, and the parts they play.
pub(super) fn further(subject: &Subject<'_>) -> Vec<(String, Relation)> {
    let mut found = Vec::new();
    let parents = PARENTS.iter().map(|row| (row, Relation::Acts));
    let all = parents.chain(SOURCES.iter().map(|row| (row, Relation::Source)));
    for ((_, _, member, template), relation) in
        all.filter(|((service, operation, ..), _)| subject.is(service, operation))
    {
        for value in subject.texts(member) {
            let own = ec2::template(value).filter(|_| subject.service == "ec2" && relation == Relation::Acts);
            // A table's stream is read: the table is what is meant.
            let value = value.split("/stream/").next().unwrap_or(value);
            found.push((arn::fill(subject, own.as_deref().unwrap_or(template), value), relation));
        }
    }
    if subject.service == "cloudwatch" {
        alarm(subject, &mut found);
    }
    if let Some(id) = scaled(subject) {
        found.push((id, Relation::Acts));
    }
    for (template, value) in restored_over(subject) {
        found.push((arn::fill(subject, template, value), Relation::Acts));
    }
    if subject.is("elasticbeanstalk", "DeleteApplication") && subject.on("TerminateEnvByForce") {
        let application = subject.text("ApplicationName").unwrap_or("*");
        let template = "elasticbeanstalk:{r}:{a}:environment/{}/*";
        found.push((arn::fill(subject, template, application), Relation::Acts));
    }
    let sent = buckets(subject).into_iter();
    found
        .extend(sent.map(|bucket| (format!("arn:{}:s3:::{bucket}", subject.partition()), Relation::Reaches)));
    found
}

/// What the actions of an alarm fall on: the instance that it watches, or what they name.
fn alarm(subject: &Subject<'_>, found: &mut Vec<(String, Relation)>) {
    let lists = ["AlarmActions[]", "OKActions[]", "InsufficientDataActions[]"];
    for action in lists.iter().flat_map(|path| subject.texts(path)) {
        let Some(parts) = arn::Arn::parse(action) else { continue };
        if !["automate", "swf"].contains(&parts.service) {
            found.push((action.to_owned(), Relation::Reaches));
            continue;
        }
        let paths = ["Dimensions[].Value", "Metrics[].MetricStat.Metric.Dimensions[].Value"];
        for value in paths.iter().flat_map(|path| subject.texts(path)).filter(|value| value.starts_with("i-"))
        {
            found.push((arn::fill(subject, "ec2:{r}:{a}:instance/{}", value), Relation::Acts));
        }
    }
}

/// What Application Auto Scaling scales, by its own service's ARN; the group that a policy's ARN names.
fn scaled(subject: &Subject<'_>) -> Option<String> {
    if subject.service == "autoscaling" {
        let (_, rest) = subject.text("PolicyName")?.split_once("autoScalingGroupName/")?;
        let group = rest.split(":policyName/").next()?;
        let template = "autoscaling:{r}:{a}:autoScalingGroup:*:autoScalingGroupName/{}";
        return Some(arn::fill(subject, template, group));
    }
    if subject.service != "application-autoscaling" {
        return None;
    }
    let id = subject.text("ResourceId")?;
    let mut parts = id.split(['/', ':']);
    let (kind, name) = (parts.next()?, parts.next()?);
    let id = match subject.text("ServiceNamespace")? {
        "ecs" => format!("ecs:{{r}}:{{a}}:{id}"),
        "dynamodb" => format!("dynamodb:{{r}}:{{a}}:table/{name}"),
        "rds" | "neptune" => format!("rds:{{r}}:{{a}}:cluster:{name}"),
        "ec2" => format!("ec2:{{r}}:{{a}}:{id}"),
        "elasticmapreduce" => format!("elasticmapreduce:{{r}}:{{a}}:cluster/{name}"),
        "lambda" => format!("lambda:{{r}}:{{a}}:function:{name}"),
        "elasticache" => format!("elasticache:{{r}}:{{a}}:replicationgroup:{name}"),
        "sagemaker" => format!("sagemaker:{{r}}:{{a}}:{kind}/{name}"),
        _ => return None,
    };
    Some(arn::fill(subject, &id, ""))
}
