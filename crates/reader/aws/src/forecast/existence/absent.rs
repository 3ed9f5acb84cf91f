//! How each service says that there is no such thing.
//!
//! Codes as they stand on the wire; where botocore's model names the shape differently, both are listed. A code that is
//! not listed leaves the answer unreadable: a creation is proved by a *known* not-found answer, never by a refusal.

use interlock_action::Operation;

const CODES: &[(&str, &[&str])] = &[
    (
        "rds",
        &[
            "DBInstanceNotFound",
            "DBInstanceNotFoundFault",
            "DBClusterNotFoundFault",
            "DBClusterNotFound",
            "DBSnapshotNotFound",
            "DBSnapshotNotFoundFault",
            "DBClusterSnapshotNotFoundFault",
            "DBSubnetGroupNotFoundFault",
            "DBParameterGroupNotFound",
            "DBParameterGroupNotFoundFault",
            "DBClusterParameterGroupNotFound",
            "DBInstanceAutomatedBackupNotFound",
        ],
    ),
    ("dynamodb", &["ResourceNotFoundException", "TableNotFoundException", "BackupNotFoundException"]),
    (
        "s3",
        &[
            "404",
            "NotFound",
            "NoSuchBucket",
            "NoSuchKey",
            "NoSuchVersion",
            "NoSuchTagSet",
            "NoSuchBucketPolicy",
            "NoSuchLifecycleConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            "ObjectLockConfigurationNotFoundError",
            "NoSuchObjectLockConfiguration",
            "ServerSideEncryptionConfigurationNotFoundError",
            "OwnershipControlsNotFoundError",
            "ReplicationConfigurationNotFoundError",
            "NoSuchCORSConfiguration",
        ],
    ),
    (
        "ec2",
        &[
            "InvalidInstanceID.NotFound",
            "InvalidVolume.NotFound",
            "InvalidSnapshot.NotFound",
            "InvalidGroup.NotFound",
            "InvalidVpcID.NotFound",
            "InvalidSubnetID.NotFound",
            "InvalidAMIID.NotFound",
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidRouteTableID.NotFound",
            "InvalidInternetGatewayID.NotFound",
            "NatGatewayNotFound",
            "InvalidNatGatewayID.NotFound",
            "InvalidNetworkAclID.NotFound",
            "InvalidVpcEndpointId.NotFound",
            "InvalidVpcPeeringConnectionID.NotFound",
            "InvalidAllocationID.NotFound",
            "InvalidKeyPair.NotFound",
            "InvalidLaunchTemplateId.NotFound",
            "InvalidLaunchTemplateName.NotFoundException",
        ],
    ),
    ("iam", &["NoSuchEntity", "NoSuchEntityException"]),
    ("secretsmanager", &["ResourceNotFoundException"]),
    ("kms", &["NotFoundException"]),
    ("ssm", &["ParameterNotFound", "InvalidResourceId"]),
    ("logs", &["ResourceNotFoundException"]),
    ("sqs", &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"]),
    ("sns", &["NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"]),
    ("kinesis", &["ResourceNotFoundException"]),
    ("ecs", &["ClusterNotFoundException", "ServiceNotFoundException"]),
    ("lambda", &["ResourceNotFoundException"]),
    ("eks", &["ResourceNotFoundException"]),
    ("elbv2", &["LoadBalancerNotFound", "TargetGroupNotFound", "ListenerNotFound", "RuleNotFound"]),
    ("elb", &["LoadBalancerNotFound", "AccessPointNotFound"]),
    ("elasticache", &["CacheClusterNotFound", "ReplicationGroupNotFoundFault", "SnapshotNotFoundFault"]),
    ("redshift", &["ClusterNotFound", "ClusterSnapshotNotFound"]),
    ("memorydb", &["ClusterNotFoundFault", "SnapshotNotFoundFault"]),
    (
        "efs",
        &[
            "FileSystemNotFound",
            "MountTargetNotFound",
            "AccessPointNotFound",
            "ReplicationNotFound",
            "PolicyNotFound",
        ],
    ),
    ("backup", &["ResourceNotFoundException"]),
    ("ecr", &["RepositoryNotFoundException", "ImageNotFoundException", "LifecyclePolicyNotFoundException"]),
    ("opensearch", &["ResourceNotFoundException"]),
    ("route53", &["NoSuchHostedZone"]),
    ("events", &["ResourceNotFoundException"]),
    ("cloudtrail", &["TrailNotFoundException", "EventDataStoreNotFoundException"]),
    ("acm", &["ResourceNotFoundException"]),
    ("cloudfront", &["NoSuchDistribution"]),
    ("cognito-idp", &["ResourceNotFoundException"]),
    ("stepfunctions", &["StateMachineDoesNotExist", "ResourceNotFound"]),
    ("cloudformation", &["ChangeSetNotFound", "ChangeSetNotFoundException", "StackSetNotFoundException"]),
    ("glue", &["EntityNotFoundException"]),
    ("scheduler", &["ResourceNotFoundException"]),
    ("keyspaces", &["ResourceNotFoundException"]),
    ("timestream-write", &["ResourceNotFoundException"]),
    ("docdb-elastic", &["ResourceNotFoundException"]),
    ("dsql", &["ResourceNotFoundException"]),
    ("transfer", &["ResourceNotFoundException"]),
    ("apprunner", &["ResourceNotFoundException"]),
    ("pipes", &["NotFoundException"]),
    ("mq", &["NotFoundException"]),
    ("kafka", &["NotFoundException"]),
    ("apigateway", &["NotFoundException"]),
    ("apigatewayv2", &["NotFoundException"]),
    ("appsync", &["NotFoundException"]),
];

/// Whether an error answer to one of the forecasters' reads says that there is no such thing. `message` is looked at for
/// CloudFormation only, which has no code for it.
pub fn says_absent(operation: &Operation, status: u16, code: &str, message: &str) -> bool {
    // JSON services may prefix the code with a namespace, and suffix it with a URL.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    let service = match operation.service() {
        "docdb" | "neptune" => "rds",
        service => service,
    };
    if service == "s3" && operation.verb().starts_with("Head") {
        // A HEAD has no body to carry a code.
        return status == 404;
    }
    if service == "cloudformation" && code == "ValidationError" {
        return operation.verb() == "DescribeStacks" && message.ends_with("does not exist");
    }
    CODES.iter().any(|(have, codes)| *have == service && codes.contains(&code))
}
