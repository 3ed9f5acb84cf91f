//! EFS, ElastiCache, MemoryDB, Redshift.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn alive(status: &'static str, id: &'static str) -> impl Fn(&Value) -> Option<String> {
    move |entry| (text(entry, status) != "deleting").then(|| text(entry, id).to_owned())
}

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let systems =
        all.list(bed, ("efs", "DescribeFileSystems", json!({})), "/FileSystems", named("FileSystemArn"));
    for system in systems {
        let of = json!({"FileSystemId": system["FileSystemId"]});
        let mounts = ("efs", "DescribeMountTargets", of);
        let id = |one: &Value| {
            Some(arn("elasticfilesystem", &format!("mount-target/{}", text(one, "MountTargetId"))))
        };
        all.list(bed, mounts, "/MountTargets", id);
    }
    all.list(bed, ("efs", "DescribeAccessPoints", json!({})), "/AccessPoints", named("AccessPointArn"));
    let interfaces = ("ec2", "DescribeNetworkInterfaces", json!({}));
    let interface =
        |one: &Value| Some(arn("ec2", &format!("network-interface/{}", text(one, "NetworkInterfaceId"))));
    all.list(bed, interfaces, "/NetworkInterfaces", interface);
    let clusters = ("elasticache", "DescribeCacheClusters", json!({}));
    all.list(bed, clusters, "/CacheClusters", alive("CacheClusterStatus", "ARN"));
    let groups = ("elasticache", "DescribeReplicationGroups", json!({}));
    all.list(bed, groups, "/ReplicationGroups", alive("Status", "ARN"));
    all.list(bed, ("elasticache", "DescribeSnapshots", json!({})), "/Snapshots", named("ARN"));
    all.list(bed, ("memorydb", "DescribeClusters", json!({})), "/Clusters", named("ARN"));
    all.list(bed, ("memorydb", "DescribeSnapshots", json!({})), "/Snapshots", named("ARN"));
    let warehouse =
        |one: &Value| Some(arn("redshift", &format!("cluster:{}", text(one, "ClusterIdentifier"))));
    all.list(bed, ("redshift", "DescribeClusters", json!({})), "/Clusters", warehouse);
    let snapshot =
        |one: &Value| Some(arn("redshift", &format!("snapshot:{}", text(one, "SnapshotIdentifier"))));
    all.list(bed, ("redshift", "DescribeClusterSnapshots", json!({})), "/Snapshots", snapshot);
    all
}

/// Snapshots that a service lists of a store.
fn snapshots(
    [service, verb, member, id]: [&'static str; 4],
    of: &'static str,
) -> impl Fn(&Bed) -> Vec<String> {
    move |bed| {
        let all = entries(&bed.ok(service, verb, json!({})), "/Snapshots").into_iter();
        let here = all.filter(|one| one.pointer(member).and_then(Value::as_str) == Some(of));
        here.map(|one| text(&one, id).to_owned()).collect()
    }
}

const OF_CACHE: [&str; 4] = ["elasticache", "DescribeSnapshots", "/CacheClusterId", "ARN"];
const OF_GROUP: [&str; 4] = ["elasticache", "DescribeSnapshots", "/ReplicationGroupId", "ARN"];
const OF_MEMORY: [&str; 4] = ["memorydb", "DescribeSnapshots", "/ClusterConfiguration/Name", "ARN"];
const OF_WAREHOUSE: [&str; 4] =
    ["redshift", "DescribeClusterSnapshots", "/ClusterIdentifier", "SnapshotIdentifier"];

fn file_system(bed: &Bed) -> Value {
    bed.ok(
        "efs",
        "CreateFileSystem",
        json!({"CreationToken": "t", "Tags": [{"Key": "env", "Value": "prod"}]}),
    )["FileSystemId"]
        .clone()
}

fn mount(bed: &Bed, system: &Value) -> Value {
    let subnets = bed.ok("ec2", "DescribeSubnets", json!({}));
    let subnet = subnets["Subnets"][0]["SubnetId"].clone();
    bed.ok("efs", "CreateMountTarget", json!({"FileSystemId": system, "SubnetId": subnet}))["MountTargetId"]
        .clone()
}

fn cache(bed: &Bed, name: &str, engine: &str) {
    let create = json!({
        "CacheClusterId": name, "Engine": engine, "CacheNodeType": "cache.t3.micro", "NumCacheNodes": 1,
    });
    bed.ok("elasticache", "CreateCacheCluster", create);
}

fn warehouse(bed: &Bed) {
    bed.ok("redshift", "CreateCluster", json!({
        "ClusterIdentifier": "w", "NodeType": "ra3.large", "MasterUsername": "root", "ClusterType": "multi-node",
        "MasterUserPassword": "Not-a-real-1", "NumberOfNodes": 2,
    }));
    bed.ok(
        "redshift",
        "CreateClusterSnapshot",
        json!({"ClusterIdentifier": "w", "SnapshotIdentifier": "mine"}),
    );
}

const CASES: &[Case] = &[
    Case {
        name: "a file system is deleted",
        forecaster: "efs/file_system",
        scene: |bed| {
            let system = file_system(bed);
            bed.ok("efs", "CreateAccessPoint", json!({"ClientToken": "a", "FileSystemId": system}));
            Scene::request("efs", "DeleteFileSystem", json!({ "FileSystemId": system }))
        },
    },
    Case {
        name: "a mounted file system is not deleted",
        forecaster: "efs/file_system",
        scene: |bed| {
            let system = file_system(bed);
            mount(bed, &system);
            Scene::request("efs", "DeleteFileSystem", json!({ "FileSystemId": system }))
        },
    },
    Case {
        name: "a mount target is deleted",
        forecaster: "efs/mount_target",
        scene: |bed| {
            let mount = mount(bed, &file_system(bed));
            Scene::request("efs", "DeleteMountTarget", json!({ "MountTargetId": mount }))
        },
    },
    Case {
        name: "an access point is deleted",
        forecaster: "efs/access_point",
        scene: |bed| {
            let create = json!({"ClientToken": "a", "FileSystemId": file_system(bed)});
            let point = bed.ok("efs", "CreateAccessPoint", create)["AccessPointId"].clone();
            Scene::request("efs", "DeleteAccessPoint", json!({ "AccessPointId": point }))
        },
    },
    Case {
        name: "a cache is deleted",
        forecaster: "elasticache/cache_cluster",
        scene: |bed| {
            cache(bed, "c", "redis");
            cache(bed, "other", "redis");
            bed.ok("elasticache", "CreateSnapshot", json!({"CacheClusterId": "c", "SnapshotName": "mine"}));
            let delete = json!({"CacheClusterId": "c"});
            Scene::request("elasticache", "DeleteCacheCluster", delete).points(snapshots(OF_CACHE, "c"))
        },
    },
    Case {
        name: "a memcached cache is deleted",
        forecaster: "elasticache/cache_cluster",
        scene: |bed| {
            cache(bed, "c", "memcached");
            let delete = json!({"CacheClusterId": "c"});
            Scene::request("elasticache", "DeleteCacheCluster", delete).points(snapshots(OF_CACHE, "c"))
        },
    },
    Case {
        name: "a replication group is deleted",
        forecaster: "elasticache/replication_group",
        scene: |bed| {
            bed.ok(
                "elasticache",
                "CreateReplicationGroup",
                json!({
                    "ReplicationGroupId": "g", "ReplicationGroupDescription": "d", "Engine": "redis",
                    "CacheNodeType": "cache.t3.micro", "NumCacheClusters": 2,
                }),
            );
            bed.ok(
                "elasticache",
                "CreateSnapshot",
                json!({"ReplicationGroupId": "g", "SnapshotName": "mine"}),
            );
            let delete = json!({"ReplicationGroupId": "g"});
            Scene::request("elasticache", "DeleteReplicationGroup", delete).points(snapshots(OF_GROUP, "g"))
        },
    },
    Case {
        name: "a cache's snapshot is deleted",
        forecaster: "elasticache/snapshot",
        scene: |bed| {
            cache(bed, "c", "redis");
            for name in ["mine", "yours"] {
                bed.ok("elasticache", "CreateSnapshot", json!({"CacheClusterId": "c", "SnapshotName": name}));
            }
            let delete = json!({"SnapshotName": "mine"});
            Scene::request("elasticache", "DeleteSnapshot", delete).points(snapshots(OF_CACHE, "c"))
        },
    },
    Case {
        name: "a memory database is deleted",
        forecaster: "memorydb/cluster",
        scene: |bed| {
            let create = json!({"ClusterName": "m", "NodeType": "db.t4g.small", "ACLName": "open-access"});
            bed.ok("memorydb", "CreateCluster", create);
            let delete = json!({"ClusterName": "m"});
            Scene::request("memorydb", "DeleteCluster", delete).points(snapshots(OF_MEMORY, "m"))
        },
    },
    Case {
        name: "a warehouse is deleted, and none of it was to be kept",
        forecaster: "redshift/cluster",
        scene: |bed| {
            warehouse(bed);
            let delete = json!({"ClusterIdentifier": "w", "SkipFinalClusterSnapshot": true});
            Scene::request("redshift", "DeleteCluster", delete).points(snapshots(OF_WAREHOUSE, "w"))
        },
    },
    Case {
        name: "a warehouse is paused",
        forecaster: "redshift/cluster",
        scene: |bed| {
            warehouse(bed);
            Scene::request("redshift", "PauseCluster", json!({"ClusterIdentifier": "w"}))
        },
    },
    Case {
        name: "a warehouse's last snapshot is deleted",
        forecaster: "redshift/snapshot",
        scene: |bed| {
            warehouse(bed);
            let delete = json!({"SnapshotIdentifier": "mine"});
            Scene::request("redshift", "DeleteClusterSnapshot", delete).points(snapshots(OF_WAREHOUSE, "w"))
        },
    },
];

/// moto deletes caches without the final snapshot that the request asks for.
const NO_FINAL: &str = "AWS makes the final snapshot that the request names; moto leaves it out";
/// moto has no recovery points of AWS Backup.
const NO_BACKUP: &str = "moto has no recovery points of AWS Backup (ListRecoveryPointsByResource)";
/// moto has no replication of file systems.
const NO_REPLICATION: &str = "moto has no replication of file systems (DescribeReplicationConfigurations)";

const fn but(case: &'static str, says: &'static str, why: &'static str) -> Deviation {
    Deviation { case, says, why }
}

const EMULATOR: &[Deviation] = &[
    but("a file system is deleted", "`backups of", NO_BACKUP),
    but("a file system is deleted", "`efs replication` could not be read", NO_REPLICATION),
    but(
        "a file system is deleted",
        "access-point/",
        "AWS deletes its access points with it; moto keeps them",
    ),
    but("a mounted file system is not deleted", "`backups of", NO_BACKUP),
    but("a mounted file system is not deleted", "`efs replication` could not be read", NO_REPLICATION),
    but("a cache is deleted", "recovery points after: forecast 2, really 1", NO_FINAL),
    but("a cache is deleted", "does not survive", NO_FINAL),
    but("a cache is deleted", "was not made", NO_FINAL),
    but(
        "a replication group is deleted",
        "recovery points before: forecast 0, really 1",
        "AWS tells when a snapshot was taken; moto does not, and it may be of an earlier group",
    ),
    but("a replication group is deleted", "does not survive", NO_FINAL),
    but("a replication group is deleted", "was not made", NO_FINAL),
    but(
        "a replication group is deleted",
        "cluster:g-001",
        "AWS lists a group's nodes as caches; moto does not",
    ),
];
