//! Machines, clusters, functions: how many, how large, how kept.

use serde_json::json;

use super::{
    Form::{Begins, Merged, Or, Whole},
    On, Setting, listed, member, same,
};

const FEWER: &str = "what ran beyond the smaller number: others are started";
const BACKUPS: &str = "the automated backups that the shorter retention drops";

/// The rows.
pub(super) static ROWS: &[Setting] = &[
    Setting {
        name: "ec2/volume-performance",
        service: "ec2",
        operation: "ModifyVolume",
        ids: &["VolumeId"],
        how: &[],
        // A volume that grew does not shrink.
        members: &[
            member("Iops", "/Iops", Merged),
            member("Throughput", "/Throughput", Merged),
            member("VolumeType", "/VolumeType", Merged),
        ],
        whole: false,
        read: "DescribeVolumes",
        asks: |deed| listed(deed, "VolumeId", "VolumeIds"),
        record: "/Volumes/0",
        // A volume is changed once in six hours (Amazon EBS User Guide, "Modify a volume").
        terms: On::Exact(360),
    },
    Setting {
        name: "ec2/spot-fleet",
        service: "ec2",
        operation: "ModifySpotFleetRequest",
        ids: &["SpotFleetRequestId"],
        how: &[],
        members: &[
            member("TargetCapacity", "/SpotFleetRequestConfig/TargetCapacity", Merged),
            member("OnDemandTargetCapacity", "/SpotFleetRequestConfig/OnDemandTargetCapacity", Or("0")),
            member(
                "ExcessCapacityTerminationPolicy",
                "/SpotFleetRequestConfig/ExcessCapacityTerminationPolicy",
                Or("\"default\""),
            ),
        ],
        whole: false,
        read: "DescribeSpotFleetRequests",
        asks: |deed| listed(deed, "SpotFleetRequestId", "SpotFleetRequestIds"),
        record: "/SpotFleetRequestConfigs/0",
        terms: On::Unless(10, &["/TargetCapacity", "/OnDemandTargetCapacity"], FEWER),
    },
    Setting {
        name: "ec2/fleet",
        service: "ec2",
        operation: "ModifyFleet",
        ids: &["FleetId"],
        how: &[],
        members: &[
            member("TargetCapacitySpecification", "/TargetCapacitySpecification", Merged),
            member("ExcessCapacityTerminationPolicy", "/ExcessCapacityTerminationPolicy", Merged),
        ],
        whole: false,
        read: "DescribeFleets",
        asks: |deed| listed(deed, "FleetId", "FleetIds"),
        record: "/Fleets/0",
        terms: On::Unless(10, &["/TargetCapacitySpecification/TotalTargetCapacity"], FEWER),
    },
    Setting {
        name: "application-autoscaling/target",
        service: "application-autoscaling",
        operation: "RegisterScalableTarget",
        ids: &["ServiceNamespace", "ResourceId", "ScalableDimension"],
        how: &[],
        members: &[
            member("MinCapacity", "/MinCapacity", Merged),
            member("MaxCapacity", "/MaxCapacity", Merged),
            member("SuspendedState", "/SuspendedState", Merged),
        ],
        whole: false,
        read: "DescribeScalableTargets",
        asks: |deed| {
            let place = same(deed, &["ServiceNamespace", "ScalableDimension"]);
            super::with(place, listed(deed, "ResourceId", "ResourceIds"))
        },
        record: "/ScalableTargets/0",
        terms: On::Unless(5, &["/MinCapacity", "/MaxCapacity"], FEWER),
    },
    Setting {
        name: "eks/cluster-config",
        service: "eks",
        operation: "UpdateClusterConfig",
        ids: &["name"],
        how: &[],
        members: &[
            member("logging", "/logging", Whole),
            member("resourcesVpcConfig", "/resourcesVpcConfig", Merged),
            member("deletionProtection", "/deletionProtection", Or("false")),
        ],
        whole: false,
        read: "DescribeCluster",
        asks: |deed| same(deed, &["name"]),
        record: "/cluster",
        terms: On::When(
            10,
            |sent, _| {
                let set = super::list(sent, "/logging/clusterLogging").iter();
                set.into_iter().any(|one| super::at(one, "/enabled") != &json!(true))
            },
            "logs of the control plane that were not written meanwhile",
        ),
    },
    Setting {
        name: "lambda/event-source",
        service: "lambda",
        operation: "UpdateEventSourceMapping",
        ids: &["UUID"],
        how: &[],
        members: &[
            member("BatchSize", "/BatchSize", Merged),
            member("MaximumBatchingWindowInSeconds", "/MaximumBatchingWindowInSeconds", Or("0")),
            member("ParallelizationFactor", "/ParallelizationFactor", Merged),
            member("MaximumRecordAgeInSeconds", "/MaximumRecordAgeInSeconds", Merged),
            member("MaximumRetryAttempts", "/MaximumRetryAttempts", Merged),
            member("BisectBatchOnFunctionError", "/BisectBatchOnFunctionError", Merged),
            member("TumblingWindowInSeconds", "/TumblingWindowInSeconds", Merged),
            member("FunctionResponseTypes", "/FunctionResponseTypes", Or("[]")),
            member("ScalingConfig", "/ScalingConfig", Or("{}")),
        ],
        whole: false,
        read: "GetEventSourceMapping",
        asks: |deed| same(deed, &["UUID"]),
        record: "",
        terms: On::Unless(
            2,
            &["/MaximumRecordAgeInSeconds", "/MaximumRetryAttempts"],
            "records that the new limits had it drop meanwhile",
        ),
    },
    Setting {
        name: "batch/compute-environment",
        service: "batch",
        operation: "UpdateComputeEnvironment",
        ids: &["computeEnvironment"],
        how: &[],
        members: &[
            member("state", "/state", Merged),
            member("unmanagedvCpus", "/unmanagedvCpus", Merged),
            member("computeResources", "/computeResources", Merged),
            member("serviceRole", "/serviceRole", Merged),
        ],
        whole: false,
        read: "DescribeComputeEnvironments",
        asks: |deed| listed(deed, "computeEnvironment", "computeEnvironments"),
        record: "/computeEnvironments/0",
        terms: On::Unless(10, &["/computeResources/maxvCpus", "/computeResources/desiredvCpus"], FEWER),
    },
    Setting {
        name: "elasticache/group-settings",
        service: "elasticache",
        operation: "ModifyReplicationGroup",
        ids: &["ReplicationGroupId"],
        how: &["ApplyImmediately"],
        members: &[
            member("ReplicationGroupDescription", "/Description", Or("\"\"")),
            member("SnapshotRetentionLimit", "/SnapshotRetentionLimit", Or("0")),
            member("SnapshotWindow", "/SnapshotWindow", Merged),
            member("AutomaticFailoverEnabled", "/AutomaticFailover", Begins("enabl")),
            member("MultiAZEnabled", "/MultiAZ", Begins("enabl")),
            member("CacheNodeType", "/CacheNodeType", Merged),
            member("AutoMinorVersionUpgrade", "/AutoMinorVersionUpgrade", Merged),
        ],
        whole: false,
        read: "DescribeReplicationGroups",
        asks: |deed| same(deed, &["ReplicationGroupId"]),
        record: "/ReplicationGroups/0",
        terms: On::Unless(15, &["/SnapshotRetentionLimit"], BACKUPS),
    },
    Setting {
        name: "redshift/cluster-settings",
        service: "redshift",
        operation: "ModifyCluster",
        ids: &["ClusterIdentifier"],
        how: &[],
        members: &[
            member("AutomatedSnapshotRetentionPeriod", "/AutomatedSnapshotRetentionPeriod", Merged),
            member("ManualSnapshotRetentionPeriod", "/ManualSnapshotRetentionPeriod", Merged),
            member("PreferredMaintenanceWindow", "/PreferredMaintenanceWindow", Merged),
            member("AllowVersionUpgrade", "/AllowVersionUpgrade", Merged),
            member("EnhancedVpcRouting", "/EnhancedVpcRouting", Merged),
            member("PubliclyAccessible", "/PubliclyAccessible", Merged),
            member("MaintenanceTrackName", "/MaintenanceTrackName", Merged),
        ],
        whole: false,
        read: "DescribeClusters",
        asks: |deed| same(deed, &["ClusterIdentifier"]),
        record: "/Clusters/0",
        terms: On::Unless(
            15,
            &["/AutomatedSnapshotRetentionPeriod", "/ManualSnapshotRetentionPeriod"],
            BACKUPS,
        ),
    },
    Setting {
        name: "opensearch/domain-config",
        service: "opensearch",
        operation: "UpdateDomainConfig",
        ids: &["DomainName"],
        how: &[],
        members: &[
            member("ClusterConfig", "/ClusterConfig/Options", Whole),
            member("SnapshotOptions", "/SnapshotOptions/Options", Merged),
            member("AdvancedOptions", "/AdvancedOptions/Options", Merged),
            member("DomainEndpointOptions", "/DomainEndpointOptions/Options", Merged),
            member("LogPublishingOptions", "/LogPublishingOptions/Options", Merged),
            member("AutoTuneOptions", "/AutoTuneOptions/Options", Merged),
        ],
        whole: false,
        read: "DescribeDomainConfig",
        asks: |deed| same(deed, &["DomainName"]),
        record: "/DomainConfig",
        terms: On::Unless(60, &["/ClusterConfig/InstanceCount", "/ClusterConfig/WarmCount"], FEWER),
    },
    Setting {
        name: "kinesis/shards",
        service: "kinesis",
        operation: "UpdateShardCount",
        ids: &["StreamName"],
        how: &["ScalingType"],
        members: &[member("TargetShardCount", "/OpenShardCount", Merged)],
        whole: false,
        read: "DescribeStreamSummary",
        asks: |deed| same(deed, &["StreamName"]),
        record: "/StreamDescriptionSummary",
        terms: On::Lossy(10, "the shards' ids, and the ranges of keys that they had"),
    },
    Setting {
        name: "dms/task",
        service: "dms",
        operation: "ModifyReplicationTask",
        ids: &["ReplicationTaskArn"],
        how: &[],
        members: &[
            member("ReplicationTaskSettings", "/ReplicationTaskSettings", Whole),
            member("TableMappings", "/TableMappings", Whole),
            member("MigrationType", "/MigrationType", Whole),
        ],
        whole: false,
        read: "DescribeReplicationTasks",
        asks: |deed| {
            let named = super::word(&deed.arguments, "/ReplicationTaskArn");
            json!({"Filters": [{"Name": "replication-task-arn", "Values": [named]}]})
        },
        record: "/ReplicationTasks/0",
        terms: On::Exact(5),
    },
];
