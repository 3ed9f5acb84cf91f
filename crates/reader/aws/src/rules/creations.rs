//! Creations that are more than that by what they are told: they join what is there, take something from it, open it, or
//! cannot be taken back for years.

use interlock_action::{Claim, Effect};

use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

/// What starts machines as the request says, and not as a template does.
const MACHINES: [(&str, &str); 3] =
    [("ec2", "RunInstances"), ("ec2", "RequestSpotInstances"), ("ec2", "RequestSpotFleet")];

const DISTRIBUTIONS: [(&str, &str); 2] =
    [("cloudfront", "CreateDistribution"), ("cloudfront", "CreateDistributionWithTags")];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "creation-joins",
        finds: "a new member of a group of databases, caches or tables that is there",
        shape: Shape::Setting,
        operations: &[
            ("elasticache", "CreateReplicationGroup"),
            ("elasticache", "CreateCacheCluster"),
            ("memorydb", "CreateCluster"),
            ("rds", "CreateDBCluster"),
            ("docdb", "CreateDBCluster"),
            ("neptune", "CreateDBCluster"),
            ("dynamodb", "CreateTable"),
        ],
        test: joins,
    },
    Rule {
        id: "creation-takes-over",
        finds: "something new that answers under an address, or for the names, of what is there",
        shape: Shape::Setting,
        operations: &[DISTRIBUTIONS[0], DISTRIBUTIONS[1], MACHINES[0], MACHINES[1], MACHINES[2]],
        test: takes_over,
    },
    Rule {
        id: "creation-runs",
        finds: "a new distribution that has functions run for each request",
        shape: Shape::Setting,
        operations: &DISTRIBUTIONS,
        test: |subject| {
            let members = [
                "LambdaFunctionAssociations.Items[].LambdaFunctionARN",
                "FunctionAssociations.Items[].FunctionARN",
            ];
            let runs = |member: &&str| {
                let of = |behaviour: &str| {
                    !subject.texts(&format!("{}.{behaviour}.{member}", root(subject))).is_empty()
                };
                of("DefaultCacheBehavior") || of("CacheBehaviors.Items[]")
            };
            only_if(members.iter().any(runs), claim(Effect::Execute, "has functions run for each request"))
        },
    },
    Rule {
        id: "creation-opens",
        finds: "data that is there, reached by everybody through what is made",
        shape: Shape::Setting,
        operations: &[
            DISTRIBUTIONS[0],
            DISTRIBUTIONS[1],
            ("neptune-graph", "CreateGraph"),
            ("neptune-graph", "CreateGraphUsingImportTask"),
            ("neptune-graph", "RestoreGraphFromSnapshot"),
            ("imagebuilder", "CreateDistributionConfiguration"),
            ("imagebuilder", "UpdateDistributionConfiguration"),
        ],
        test: opens,
    },
    Rule {
        id: "snapshot-in-a-machine",
        finds: "a machine that reads what a snapshot holds",
        shape: Shape::Setting,
        operations: &[MACHINES[0], MACHINES[1], MACHINES[2], ("lightsail", "CreateInstancesFromSnapshot")],
        test: |subject| {
            let reads = match subject.service {
                "ec2" => launches(subject, "BlockDeviceMappings[].Ebs.SnapshotId"),
                _ => subject.has("userData"),
            };
            only_if(reads, claim(Effect::SensitiveRead, "has a machine read what the snapshot holds"))
        },
    },
    Rule {
        id: "disk-erased",
        finds: "a volume that is made on a disk without keeping what is on it",
        shape: Shape::Setting,
        operations: &[("storagegateway", "CreateStorediSCSIVolume")],
        test: |subject| {
            only_if(
                !subject.on("PreserveExistingData"),
                claim(Effect::Destroy, "erases what the gateway's disk holds"),
            )
        },
    },
    Rule {
        id: "creation-binds",
        finds: "something that is bought, or that nobody can delete for years",
        shape: Shape::Setting,
        operations: &[
            ("redshift", "RestoreFromClusterSnapshot"),
            ("fsx", "CreateVolume"),
            ("fsx", "CreateVolumeFromBackup"),
        ],
        test: |subject| {
            let mut claims = Vec::new();
            if subject.has("TargetReservedNodeOfferingId") {
                claims.push(claim(Effect::Update, "buys reserved nodes"));
            }
            if subject.text("OntapConfiguration.SnaplockConfiguration.SnaplockType") == Some("COMPLIANCE") {
                claims.push(claim(Effect::Update, "keeps anybody from deleting it before its files expire"));
            }
            claims
        },
    },
];

/// Where the configuration of a distribution stands.
fn root(subject: &Subject<'_>) -> &'static str {
    match subject.operation {
        "CreateDistributionWithTags" => "DistributionConfigWithTags.DistributionConfig",
        _ => "DistributionConfig",
    }
}

/// Whether a machine that the request starts has this.
fn launches(subject: &Subject<'_>, member: &str) -> bool {
    let within = match subject.operation {
        "RequestSpotInstances" => "LaunchSpecification.",
        "RequestSpotFleet" => "SpotFleetRequestConfig.LaunchSpecifications[].",
        _ => "",
    };
    !subject.texts(&format!("{within}{member}")).is_empty()
}

fn joins(subject: &Subject<'_>) -> Vec<Claim> {
    let groups = [
        "GlobalReplicationGroupId",
        "PrimaryClusterId",
        "ReplicationGroupId",
        "MultiRegionClusterName",
        "GlobalClusterIdentifier",
        "GlobalTableSourceArn",
    ];
    // A group that is made is named by the same member.
    let own = |member: &&&str| **member != "ReplicationGroupId" || subject.operation == "CreateCacheCluster";
    let named = groups.iter().filter(own).find_map(|member| subject.text(member));
    named
        .filter(|group| !group.is_empty())
        .map(|group| claim(Effect::Update, format!("joins `{group}`, which is changed by it")))
        .into_iter()
        .collect()
}

fn takes_over(subject: &Subject<'_>) -> Vec<Claim> {
    match subject.service {
        "ec2" => only_if(
            launches(subject, "NetworkInterfaces[].NetworkInterfaceId"),
            claim(Effect::Network, "answers under the addresses of a network interface that is there"),
        ),
        _ => only_if(
            !subject.texts(&format!("{}.Aliases.Items[]", root(subject))).is_empty(),
            claim(Effect::Network, "answers for names that may lead elsewhere now"),
        ),
    }
}

fn opens(subject: &Subject<'_>) -> Vec<Claim> {
    match subject.service {
        "cloudfront" => {
            let path = format!("{}.Origins.Items[].S3OriginConfig.OriginAccessIdentity", root(subject));
            let identity = subject.texts(&path).into_iter().find(|identity| !identity.is_empty());
            let why = |identity| format!("lets everybody read what `{identity}` may read");
            identity.map(|identity| claim(Effect::Expose, why(identity))).into_iter().collect()
        }
        "neptune-graph" => {
            only_if(subject.on("publicConnectivity"), claim(Effect::Expose, "lets everybody reach the graph"))
        }
        _ => images(subject),
    }
}

/// Who else gets the images that are distributed.
fn images(subject: &Subject<'_>) -> Vec<Claim> {
    const OF: &str = "distributions[].amiDistributionConfiguration";
    let mut claims = Vec::new();
    if !subject.texts(&format!("{OF}.launchPermission.userGroups[]")).is_empty() {
        claims.push(claim(Effect::Expose, "lets everybody launch the images"));
    }
    let accounts = [format!("{OF}.launchPermission.userIds[]"), format!("{OF}.targetAccountIds[]")];
    let foreign =
        accounts.iter().flat_map(|path| subject.texts(path)).find(|account| subject.foreign(account));
    claims.extend(
        foreign.map(|account| claim(Effect::Exfiltrate, format!("hands the images to account {account}"))),
    );
    claims
}
