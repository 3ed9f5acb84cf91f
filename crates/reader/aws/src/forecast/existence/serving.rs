//! How further kinds are looked up: ways into file systems, snapshots of caches and warehouses, and what stands in front
//! of services.

use interlock_action::Kind;

use super::rows::{
    By::{Arn, Arns, Name, Names},
    Row,
    Tags::{At, Call},
    row,
};

/// The rows.
pub(super) const ROWS: &[Row] = &[
    row("elasticfilesystem", "mount-target/", Kind::Gateway, "DescribeMountTargets", Name("MountTargetId"))
        .service("efs")
        .at("/MountTargets/0")
        .immutable(&["/MountTargetId"]),
    row("elasticfilesystem", "access-point/", Kind::Gateway, "DescribeAccessPoints", Name("AccessPointId"))
        .service("efs")
        .at("/AccessPoints/0")
        .tags(At("/Tags"))
        .immutable(&["/AccessPointId"])
        .from(&[("/FileSystemId", "elasticfilesystem", "file-system/", Kind::FileSystem)]),
    row("elasticache", "snapshot:", Kind::Snapshot, "DescribeSnapshots", Name("SnapshotName"))
        .at("/Snapshots/0")
        .tags(Call("ListTagsForResource", Arn("ResourceName"), "/TagList"))
        .from(&[
            ("/ReplicationGroupId", "elasticache", "replicationgroup:", Kind::Cluster),
            ("/CacheClusterId", "elasticache", "cluster:", Kind::Cluster),
        ]),
    row(
        "redshift",
        "snapshot:",
        Kind::DatabaseSnapshot,
        "DescribeClusterSnapshots",
        Name("SnapshotIdentifier"),
    )
    .at("/Snapshots/0")
    .tags(At("/Tags"))
    .immutable(&["/SnapshotArn", "/SnapshotCreateTime"])
    .from(&[("/ClusterIdentifier", "redshift", "cluster:", Kind::DatabaseCluster)]),
    row("memorydb", "cluster/", Kind::Cluster, "DescribeClusters", Name("ClusterName"))
        .at("/Clusters/0")
        .tags(Call("ListTags", Arn("ResourceArn"), "/TagList"))
        .immutable(&["/ARN"]),
    row("elasticloadbalancing", "listener/", Kind::Route, "DescribeListeners", Arns("ListenerArns"))
        .service("elbv2")
        .at("/Listeners/0")
        .tags(Call("DescribeTags", Arns("ResourceArns"), "/TagDescriptions/0/Tags"))
        .immutable(&["/ListenerArn"])
        .from(&[("/LoadBalancerArn", "elasticloadbalancing", "loadbalancer/", Kind::LoadBalancer)]),
    row("elasticloadbalancing", "listener-rule/", Kind::Route, "DescribeRules", Arns("RuleArns"))
        .service("elbv2")
        .at("/Rules/0")
        .tags(Call("DescribeTags", Arns("ResourceArns"), "/TagDescriptions/0/Tags"))
        .immutable(&["/RuleArn"]),
    // A classic load balancer's ARN has no further part that says of which type it is.
    classic("loadbalancer/"),
    balancer("loadbalancer/app/"),
    balancer("loadbalancer/net/"),
    balancer("loadbalancer/gwy/"),
];

const fn classic(prefix: &'static str) -> Row {
    row(
        "elasticloadbalancing",
        prefix,
        Kind::LoadBalancer,
        "DescribeLoadBalancers",
        Names("LoadBalancerNames"),
    )
    .service("elb")
    .at("/LoadBalancerDescriptions/0")
    .tags(Call("DescribeTags", Names("LoadBalancerNames"), "/TagDescriptions/0/Tags"))
    .immutable(&["/LoadBalancerName", "/CreatedTime"])
}

const fn balancer(prefix: &'static str) -> Row {
    row("elasticloadbalancing", prefix, Kind::LoadBalancer, "DescribeLoadBalancers", Arns("LoadBalancerArns"))
        .service("elbv2")
        .at("/LoadBalancers/0")
        .tags(Call("DescribeTags", Arns("ResourceArns"), "/TagDescriptions/0/Tags"))
        .immutable(&["/LoadBalancerArn"])
}
