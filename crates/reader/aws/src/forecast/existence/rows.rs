//! How each kind of thing is looked up: one row a kind.
//!
//! Read operations and their members are botocore's. A row that is missing here costs an unknown, never a guess.

use interlock_action::Kind;

use super::origin::Origin;

/// How the describe call is told which thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A member that takes the name.
    Name(&'static str),
    /// A member that takes a list of names.
    Names(&'static str),
    /// A member that takes a list of ids, which begin so; and the one that takes a list of names.
    Ids(&'static str, &'static str, &'static str),
    /// A member that takes the ARN.
    Arn(&'static str),
    /// A member that takes a list of ARNs.
    Arns(&'static str),
    /// Members that take the two parts of the name, parted by the first slash.
    Parts(&'static str, &'static str),
    /// The same, the second in a list.
    PartsList(&'static str, &'static str),
    /// Parameter filters: the request's member, which is also the filter's key.
    Filter(&'static str),
    /// A member that takes the name, and the request's member of what it is in, where it says so.
    Within(&'static str, &'static str),
    /// The names of alarms, of either kind: a service that is not asked for the second tells of the first alone.
    Alarms,
    /// The address of a queue, and which of its attributes.
    Queue(&'static [&'static str]),
    /// As the request names it, by the first of these members that it has; else by name under `as_member`.
    Sent {
        /// The describe call's member.
        as_member: &'static str,
        /// The request's members.
        from: &'static [&'static str],
    },
}

/// Where the tags are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    /// Nobody looks.
    Unread,
    /// In the record, at this pointer.
    At(&'static str),
    /// By another call, told by `by`, at this pointer of its answer.
    Call(&'static str, By, &'static str),
}

/// Where the name stands by which people call what has only an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// It has none but in its ARN and its tags.
    ByArn,
    /// In the record, at this pointer.
    At(&'static str),
    /// In another call's list: the list's pointer, and the member of its entries.
    Listed(&'static str, By, &'static str, &'static str),
}

/// One kind of thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The service of its ARNs.
    pub(super) arn: &'static str,
    /// What precedes the name in its ARNs' resource part.
    pub(super) prefix: &'static str,
    /// What a target of it is.
    pub(super) kind: Kind,
    /// The service whose calls look it up.
    pub(super) service: &'static str,
    /// The describe call.
    pub(super) describe: &'static str,
    /// How it is told which.
    pub(super) by: By,
    /// Where the record stands in the answer.
    pub(super) record: &'static str,
    /// Where it stands if not there.
    pub(super) other: Option<&'static str>,
    /// Where its tags are.
    pub(super) tags: Tags,
    /// Pointers into the record that together make an id which no later thing of the name will have. Nothing that
    /// changes in the thing's life, and nothing that it will have only later.
    pub(super) immutable: &'static [&'static str],
    /// What such an id is followed by once the service tells it: the id is one without it.
    pub(super) since: Option<&'static str>,
    /// The id's listing, where the record has none: it is the value of the last member in the entry that carries the
    /// name in the one before.
    pub(super) listing: Option<(&'static str, By, &'static str, &'static str, &'static str)>,
    /// Listings whose entry must carry the name, because the call matches prefixes: the entry's member.
    pub(super) exact: Option<&'static str>,
    /// Where the record names what the thing comes from.
    pub(super) origins: &'static [Origin],
    /// What people call it.
    pub(super) called: Called,
}

pub(super) const fn row(
    arn: &'static str,
    prefix: &'static str,
    kind: Kind,
    describe: &'static str,
    by: By,
) -> Row {
    Row {
        arn,
        prefix,
        kind,
        service: arn,
        describe,
        by,
        record: "",
        other: None,
        tags: Tags::Unread,
        immutable: &[],
        since: None,
        listing: None,
        exact: None,
        origins: &[],
        called: Called::ByArn,
    }
}

impl Row {
    pub(super) const fn service(mut self, service: &'static str) -> Self {
        self.service = service;
        self
    }
    pub(super) const fn at(mut self, record: &'static str) -> Self {
        self.record = record;
        self
    }
    pub(super) const fn or_at(mut self, record: &'static str) -> Self {
        self.other = Some(record);
        self
    }
    pub(super) const fn tags(mut self, tags: Tags) -> Self {
        self.tags = tags;
        self
    }
    pub(super) const fn immutable(mut self, fields: &'static [&'static str]) -> Self {
        self.immutable = fields;
        self
    }
    pub(super) const fn since(mut self, pointer: &'static str) -> Self {
        self.since = Some(pointer);
        self
    }
    pub(super) const fn listed(
        mut self,
        operation: &'static str,
        by: By,
        [entries, name, id]: [&'static str; 3],
    ) -> Self {
        self.listing = Some((operation, by, entries, name, id));
        self
    }
    pub(super) const fn from(mut self, origins: &'static [Origin]) -> Self {
        self.origins = origins;
        self
    }
    pub(super) const fn called(mut self, called: Called) -> Self {
        self.called = called;
        self
    }
    pub(super) const fn exact(mut self, member: &'static str) -> Self {
        self.exact = Some(member);
        self
    }
}

use By::{Alarms, Arn, Arns, Filter, Ids, Name, Names, Parts, PartsList, Queue, Sent, Within};
use Tags::{At, Call};

/// The rows. Of several that fit an ARN the longest prefix counts.
pub(super) const ROWS: &[Row] = &[
    // RDS, DocumentDB, Neptune
    row("rds", "db:", Kind::Database, "DescribeDBInstances", Name("DBInstanceIdentifier"))
        .at("/DBInstances/0")
        .tags(At("/TagList"))
        .immutable(&["/DbiResourceId"])
        .since("/InstanceCreateTime")
        .from(&[
            ("/DBClusterIdentifier", "rds", "cluster:", Kind::DatabaseCluster),
            ("/ReadReplicaSourceDBInstanceIdentifier", "rds", "db:", Kind::Database),
        ]),
    row("rds", "cluster:", Kind::DatabaseCluster, "DescribeDBClusters", Name("DBClusterIdentifier"))
        .at("/DBClusters/0")
        .tags(At("/TagList"))
        .immutable(&["/DbClusterResourceId"])
        .since("/ClusterCreateTime")
        .from(&[("/ReplicationSourceIdentifier", "rds", "cluster:", Kind::DatabaseCluster)]),
    row("rds", "snapshot:", Kind::DatabaseSnapshot, "DescribeDBSnapshots", Name("DBSnapshotIdentifier"))
        .at("/DBSnapshots/0")
        .tags(At("/TagList"))
        .immutable(&["/DBSnapshotArn", "/SnapshotCreateTime"])
        .from(&[
            ("/DBInstanceIdentifier", "rds", "db:", Kind::Database),
            ("/SourceDBSnapshotIdentifier", "rds", "snapshot:", Kind::DatabaseSnapshot),
        ]),
    row(
        "rds",
        "cluster-snapshot:",
        Kind::DatabaseSnapshot,
        "DescribeDBClusterSnapshots",
        Name("DBClusterSnapshotIdentifier"),
    )
    .at("/DBClusterSnapshots/0")
    .tags(At("/TagList"))
    .immutable(&["/DBClusterSnapshotArn", "/SnapshotCreateTime"])
    .from(&[
        ("/DBClusterIdentifier", "rds", "cluster:", Kind::DatabaseCluster),
        ("/SourceDBClusterSnapshotArn", "rds", "cluster-snapshot:", Kind::DatabaseSnapshot),
    ]),
    row("rds", "subgrp:", Kind::Other, "DescribeDBSubnetGroups", Name("DBSubnetGroupName"))
        .at("/DBSubnetGroups/0")
        .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList")),
    row("rds", "pg:", Kind::ParameterGroup, "DescribeDBParameterGroups", Name("DBParameterGroupName"))
        .at("/DBParameterGroups/0")
        .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList")),
    row(
        "rds",
        "cluster-pg:",
        Kind::ParameterGroup,
        "DescribeDBClusterParameterGroups",
        Name("DBClusterParameterGroupName"),
    )
    .at("/DBClusterParameterGroups/0")
    .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList")),
    // DynamoDB
    row("dynamodb", "table/", Kind::Table, "DescribeTable", Name("TableName"))
        .at("/Table")
        .tags(Call("ListTagsOfResource", Arn("ResourceArn"), "/Tags"))
        .immutable(&["/TableId", "/CreationDateTime"])
        .from(&[("/RestoreSummary/SourceTableArn", "dynamodb", "table/", Kind::Table)]),
    // S3; objects have their own forecaster. Only a HEAD says that nobody has the name; the listing says since when one
    // of the own account has.
    row("s3", "", Kind::Bucket, "HeadBucket", Name("Bucket"))
        .tags(Call("GetBucketTagging", Name("Bucket"), "/TagSet"))
        .listed("ListBuckets", Name("Prefix"), ["/Buckets", "Name", "CreationDate"]),
    // EC2
    row("ec2", "instance/", Kind::Instance, "DescribeInstances", Names("InstanceIds"))
        .at("/Reservations/0/Instances/0")
        .tags(At("/Tags"))
        .immutable(&["/InstanceId"]),
    row("ec2", "volume/", Kind::Volume, "DescribeVolumes", Names("VolumeIds"))
        .at("/Volumes/0")
        .tags(At("/Tags"))
        .immutable(&["/VolumeId"])
        .from(&[("/SnapshotId", "ec2", "snapshot/", Kind::Snapshot)]),
    row("ec2", "snapshot/", Kind::Snapshot, "DescribeSnapshots", Names("SnapshotIds"))
        .at("/Snapshots/0")
        .tags(At("/Tags"))
        .immutable(&["/SnapshotId"])
        .from(&[("/VolumeId", "ec2", "volume/", Kind::Volume)]),
    row(
        "ec2",
        "security-group/",
        Kind::SecurityGroup,
        "DescribeSecurityGroups",
        Ids("sg-", "GroupIds", "GroupNames"),
    )
    .at("/SecurityGroups/0")
    .tags(At("/Tags"))
    .immutable(&["/GroupId"]),
    row("ec2", "vpc/", Kind::Network, "DescribeVpcs", Names("VpcIds"))
        .at("/Vpcs/0")
        .tags(At("/Tags"))
        .immutable(&["/VpcId"]),
    row("ec2", "subnet/", Kind::Subnet, "DescribeSubnets", Names("SubnetIds"))
        .at("/Subnets/0")
        .tags(At("/Tags"))
        .immutable(&["/SubnetId"]),
    row("ec2", "image/", Kind::Image, "DescribeImages", Names("ImageIds"))
        .at("/Images/0")
        .tags(At("/Tags"))
        .immutable(&["/ImageId"])
        .from(&[
            ("/SourceInstanceId", "ec2", "instance/", Kind::Instance),
            ("/BlockDeviceMappings/0/Ebs/SnapshotId", "ec2", "snapshot/", Kind::Snapshot),
        ]),
    row(
        "ec2",
        "network-interface/",
        Kind::NetworkInterface,
        "DescribeNetworkInterfaces",
        Names("NetworkInterfaceIds"),
    )
    .at("/NetworkInterfaces/0")
    .tags(At("/TagSet"))
    .immutable(&["/NetworkInterfaceId"]),
    row("ec2", "route-table/", Kind::Route, "DescribeRouteTables", Names("RouteTableIds"))
        .at("/RouteTables/0")
        .tags(At("/Tags"))
        .immutable(&["/RouteTableId"]),
    row("ec2", "internet-gateway/", Kind::Gateway, "DescribeInternetGateways", Names("InternetGatewayIds"))
        .at("/InternetGateways/0")
        .tags(At("/Tags"))
        .immutable(&["/InternetGatewayId"]),
    row("ec2", "natgateway/", Kind::Gateway, "DescribeNatGateways", Names("NatGatewayIds"))
        .at("/NatGateways/0")
        .tags(At("/Tags"))
        .immutable(&["/NatGatewayId"]),
    row("ec2", "network-acl/", Kind::Network, "DescribeNetworkAcls", Names("NetworkAclIds"))
        .at("/NetworkAcls/0")
        .tags(At("/Tags"))
        .immutable(&["/NetworkAclId"]),
    row("ec2", "vpc-endpoint/", Kind::Network, "DescribeVpcEndpoints", Names("VpcEndpointIds"))
        .at("/VpcEndpoints/0")
        .tags(At("/Tags"))
        .immutable(&["/VpcEndpointId"]),
    row(
        "ec2",
        "vpc-peering-connection/",
        Kind::Network,
        "DescribeVpcPeeringConnections",
        Names("VpcPeeringConnectionIds"),
    )
    .at("/VpcPeeringConnections/0")
    .tags(At("/Tags"))
    .immutable(&["/VpcPeeringConnectionId"]),
    row(
        "ec2",
        "elastic-ip/",
        Kind::Other,
        "DescribeAddresses",
        Ids("eipalloc-", "AllocationIds", "PublicIps"),
    )
    .at("/Addresses/0")
    .tags(At("/Tags"))
    .immutable(&["/AllocationId"]),
    row("ec2", "key-pair/", Kind::KeyPair, "DescribeKeyPairs", Ids("key-", "KeyPairIds", "KeyNames"))
        .at("/KeyPairs/0")
        .tags(At("/Tags"))
        .immutable(&["/KeyPairId"]),
    row(
        "ec2",
        "launch-template/",
        Kind::Other,
        "DescribeLaunchTemplates",
        Ids("lt-", "LaunchTemplateIds", "LaunchTemplateNames"),
    )
    .at("/LaunchTemplates/0")
    .tags(At("/Tags"))
    .immutable(&["/LaunchTemplateId"]),
    // IAM: names stand behind paths
    row("iam", "role/", Kind::Role, "GetRole", Name("RoleName"))
        .at("/Role")
        .tags(At("/Tags"))
        .immutable(&["/RoleId"]),
    row("iam", "user/", Kind::User, "GetUser", Name("UserName"))
        .at("/User")
        .tags(At("/Tags"))
        .immutable(&["/UserId"]),
    row("iam", "group/", Kind::Group, "GetGroup", Name("GroupName")).at("/Group").immutable(&["/GroupId"]),
    row("iam", "policy/", Kind::Policy, "GetPolicy", Arn("PolicyArn"))
        .at("/Policy")
        .tags(At("/Tags"))
        .immutable(&["/PolicyId"]),
    row("iam", "instance-profile/", Kind::InstanceProfile, "GetInstanceProfile", Name("InstanceProfileName"))
        .at("/InstanceProfile")
        .tags(At("/Tags"))
        .immutable(&["/InstanceProfileId"]),
    // Secrets, keys, parameters
    row(
        "secretsmanager",
        "secret:",
        Kind::Secret,
        "DescribeSecret",
        Sent { as_member: "SecretId", from: &["SecretId", "Name"] },
    )
    .tags(At("/Tags"))
    .immutable(&["/ARN"]),
    row("kms", "key/", Kind::Key, "DescribeKey", Name("KeyId"))
        .at("/KeyMetadata")
        .tags(Call("ListResourceTags", Name("KeyId"), "/Tags"))
        .immutable(&["/KeyId"])
        .called(Called::Listed("ListAliases", Name("KeyId"), "/Aliases", "AliasName")),
    row("kms", "alias/", Kind::Alias, "DescribeKey", Sent { as_member: "KeyId", from: &["AliasName"] })
        .at("/KeyMetadata"),
    row("ssm", "parameter/", Kind::Other, "DescribeParameters", Filter("Name"))
        .at("/Parameters/0")
        .tags(Call("ListTagsForResource", Name("ResourceId"), "/TagList")),
    // Logs, queues, topics, streams
    row("logs", "log-group:", Kind::LogGroup, "DescribeLogGroups", Name("logGroupNamePrefix"))
        .at("/logGroups")
        .exact("logGroupName")
        .tags(Call("ListTagsLogGroup", Name("logGroupName"), "/tags"))
        .immutable(&["/creationTime"]),
    row("sqs", "", Kind::Queue, "GetQueueAttributes", Queue(&["QueueArn", "CreatedTimestamp"]))
        .at("/Attributes")
        .immutable(&["/QueueArn", "/CreatedTimestamp"]),
    row("sns", "", Kind::Topic, "GetTopicAttributes", Arn("TopicArn")).at("/Attributes").tags(Call(
        "ListTagsForResource",
        Arn("ResourceArn"),
        "/Tags",
    )),
    row("kinesis", "stream/", Kind::Stream, "DescribeStreamSummary", Name("StreamName"))
        .at("/StreamDescriptionSummary")
        .tags(Call("ListTagsForStream", Name("StreamName"), "/Tags"))
        .immutable(&["/StreamCreationTimestamp"]),
    // Compute
    row("ecs", "cluster/", Kind::Cluster, "DescribeClusters", Names("clusters"))
        .at("/clusters/0")
        .tags(Call("ListTagsForResource", Arn("resourceArn"), "/tags")),
    row("ecs", "service/", Kind::Service, "DescribeServices", PartsList("cluster", "services"))
        .at("/services/0")
        .tags(Call("ListTagsForResource", Arn("resourceArn"), "/tags"))
        .immutable(&["/createdAt"])
        .from(&[("/clusterArn", "ecs", "cluster/", Kind::Cluster)]),
    // What describes a function hands out its environment variables.
    row("lambda", "function:", Kind::Function, "GetFunctionConcurrency", Name("FunctionName")).tags(Call(
        "ListTags",
        Arn("Resource"),
        "/Tags",
    )),
    row("eks", "cluster/", Kind::Cluster, "DescribeCluster", Name("name"))
        .at("/cluster")
        .tags(At("/tags"))
        .immutable(&["/createdAt"]),
    row("eks", "nodegroup/", Kind::Other, "DescribeNodegroup", Parts("clusterName", "nodegroupName"))
        .at("/nodegroup")
        .tags(At("/tags"))
        .immutable(&["/createdAt"])
        .from(&[("/clusterName", "eks", "cluster/", Kind::Cluster)]),
    row(
        "autoscaling",
        "autoScalingGroup:",
        Kind::Other,
        "DescribeAutoScalingGroups",
        Names("AutoScalingGroupNames"),
    )
    .at("/AutoScalingGroups/0")
    .tags(At("/Tags"))
    .immutable(&["/AutoScalingGroupARN", "/CreatedTime"]),
    row("cloudformation", "stack/", Kind::Stack, "DescribeStacks", Name("StackName"))
        .at("/Stacks/0")
        .tags(At("/Tags"))
        .immutable(&["/StackId"]),
    row("elasticloadbalancing", "targetgroup/", Kind::Other, "DescribeTargetGroups", Arns("TargetGroupArns"))
        .service("elbv2")
        .at("/TargetGroups/0")
        .tags(Call("DescribeTags", Arns("ResourceArns"), "/TagDescriptions/0/Tags"))
        .immutable(&["/TargetGroupArn"]),
    // Other stores
    row("elasticache", "cluster:", Kind::Cluster, "DescribeCacheClusters", Name("CacheClusterId"))
        .at("/CacheClusters/0")
        .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList"))
        .immutable(&["/CacheClusterCreateTime"]),
    row(
        "elasticache",
        "replicationgroup:",
        Kind::Cluster,
        "DescribeReplicationGroups",
        Name("ReplicationGroupId"),
    )
    .at("/ReplicationGroups/0")
    .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList"))
    .immutable(&["/ReplicationGroupCreateTime"]),
    row("redshift", "cluster:", Kind::Cluster, "DescribeClusters", Name("ClusterIdentifier"))
        .at("/Clusters/0")
        .tags(At("/Tags"))
        .immutable(&["/ClusterNamespaceArn"])
        .since("/ClusterCreateTime"),
    row("elasticfilesystem", "file-system/", Kind::FileSystem, "DescribeFileSystems", Name("FileSystemId"))
        .service("efs")
        .at("/FileSystems/0")
        .tags(At("/Tags"))
        .immutable(&["/FileSystemId"]),
    row("ecr", "repository/", Kind::Other, "DescribeRepositories", Names("repositoryNames"))
        .at("/repositories/0")
        .tags(Call("ListTagsForResource", Arn("resourceArn"), "/tags"))
        .immutable(&["/createdAt"]),
    row("es", "domain/", Kind::Cluster, "DescribeDomain", Name("DomainName"))
        .service("opensearch")
        .at("/DomainStatus")
        .tags(Call("ListTags", Arn("ARN"), "/TagList")),
    // Names, alarms, schedules, trails
    row("route53", "hostedzone/", Kind::Dns, "GetHostedZone", Name("Id"))
        .at("/HostedZone")
        .tags(Call("ListTagsForResource", Name("ResourceId"), "/ResourceTagSet/Tags"))
        .immutable(&["/Id"])
        .called(Called::At("/Name")),
    row("cloudwatch", "alarm:", Kind::Alarm, "DescribeAlarms", Alarms)
        .at("/MetricAlarms/0")
        .or_at("/CompositeAlarms/0")
        .tags(Call("ListTagsForResource", Arn("ResourceARN"), "/Tags")),
    row("events", "rule/", Kind::Schedule, "DescribeRule", Within("Name", "EventBusName")).tags(Call(
        "ListTagsForResource",
        Arn("ResourceARN"),
        "/Tags",
    )),
    row("cloudtrail", "trail/", Kind::Trail, "GetTrail", Name("Name")).at("/Trail"),
    row("acm", "certificate/", Kind::Other, "DescribeCertificate", Arn("CertificateArn"))
        .at("/Certificate")
        .tags(Call("ListTagsForCertificate", Arn("CertificateArn"), "/Tags"))
        .immutable(&["/CertificateArn"])
        .called(Called::At("/DomainName")),
    row("cloudfront", "distribution/", Kind::Other, "GetDistributionConfig", Name("Id"))
        .at("/DistributionConfig")
        .tags(Call("ListTagsForResource", Arn("Resource"), "/Tags/Items")),
    row("cognito-idp", "userpool/", Kind::Other, "DescribeUserPool", Name("UserPoolId"))
        .at("/UserPool")
        .tags(At("/UserPoolTags"))
        .immutable(&["/Id"])
        .called(Called::At("/Name")),
    row("apigateway", "/restapis/", Kind::Other, "GetRestApi", Name("restApiId"))
        .tags(At("/tags"))
        .immutable(&["/id"])
        .called(Called::At("/name")),
    row("apigateway", "/apis/", Kind::Other, "GetApi", Name("ApiId"))
        .service("apigatewayv2")
        .tags(At("/Tags"))
        .immutable(&["/ApiId"])
        .called(Called::At("/Name")),
    row("appsync", "", Kind::Other, "GetGraphqlApi", Name("apiId"))
        .at("/graphqlApi")
        .tags(At("/tags"))
        .immutable(&["/apiId"])
        .called(Called::At("/name")),
    row("states", "stateMachine:", Kind::Other, "DescribeStateMachine", Arn("stateMachineArn"))
        .service("stepfunctions")
        .tags(Call("ListTagsForResource", Arn("resourceArn"), "/tags"))
        .immutable(&["/creationDate"]),
];
