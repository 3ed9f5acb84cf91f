//! Amazon EKS: node groups that shrink, a cluster's API that opens, administrator rights in it.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::ec2_network::is_world;
use super::facts::AUTOSCALING_SIZE_LOWERED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "eks-nodes-shrunk",
        finds: "a node group scaled down, or to nothing",
        shape: Shape::Setting,
        operations: &[("eks", "UpdateNodegroupConfig")],
        test: eks_nodes,
    },
    Rule {
        id: "eks-endpoint-opened",
        finds: "a cluster's API open to the internet, or its audit log off",
        shape: Shape::Setting,
        operations: &[("eks", "UpdateClusterConfig"), ("eks", "CreateCluster")],
        test: eks_cluster,
    },
    Rule {
        id: "eks-deletion-protection-off",
        finds: "a cluster's deletion protection turned off",
        shape: Shape::GuardRemoval,
        operations: &[("eks", "UpdateClusterConfig")],
        test: |subject| {
            only_if(
                subject.off("deletionProtection"),
                claim(Effect::GuardRemoval, "lets the cluster be deleted"),
            )
        },
    },
    Rule {
        id: "eks-grants-administrator",
        finds: "administrator rights in a cluster",
        shape: Shape::Setting,
        operations: &[
            ("eks", "AssociateAccessPolicy"),
            ("eks", "CreateAccessEntry"),
            ("eks", "UpdateAccessEntry"),
        ],
        test: |subject| {
            let mut given = subject.texts("kubernetesGroups[]").into_iter().chain(subject.text("policyArn"));
            only_if(
                given.any(is_cluster_administrator),
                claim(Effect::Privilege, "gives administrator rights in the cluster"),
            )
        },
    },
];

/// Whether a group or an access policy of a cluster may do everything in it (EKS User Guide, "Review access policy
/// permissions"; Kubernetes, "Using RBAC Authorization").
pub(crate) fn is_cluster_administrator(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    ["AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy", "system:masters"].contains(&last)
}

fn eks_cluster(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    let world = subject.texts("resourcesVpcConfig.publicAccessCidrs[]").into_iter().any(is_world);
    if world
        || (subject.operation == "UpdateClusterConfig"
            && subject.on("resourcesVpcConfig.endpointPublicAccess"))
    {
        claims.push(claim(Effect::Expose, "opens the cluster's API to the internet"));
    }
    if ["resourcesVpcConfig.securityGroupIds", "resourcesVpcConfig.subnetIds"]
        .iter()
        .any(|path| subject.has(path))
        && subject.operation == "UpdateClusterConfig"
    {
        claims.push(claim(Effect::Network, "changes who can reach the cluster's API from inside"));
    }
    if subject.has("accessConfig") && subject.operation == "UpdateClusterConfig" {
        claims.push(claim(Effect::Privilege, "changes how rights in the cluster are given"));
    }
    let off = subject
        .all("logging.clusterLogging[]")
        .into_iter()
        .any(|log| log.get("enabled").and_then(Value::as_bool) == Some(false));
    if off && subject.operation == "UpdateClusterConfig" {
        claims.push(claim(Effect::GuardRemoval, "turns off logs of the cluster"));
    }
    claims
}

fn eks_nodes(subject: &Subject<'_>) -> Vec<Claim> {
    let sizes = ["scalingConfig.desiredSize", "scalingConfig.maxSize"];
    let sent: Vec<i64> = sizes.iter().filter_map(|path| subject.number(path)).collect();
    let why = "takes machines from the node group, with what runs on them";
    if sent.contains(&0) {
        return vec![claim(Effect::Interrupt, why)];
    }
    only_if(!sent.is_empty(), claim_when(Effect::Interrupt, why, vec![yes(AUTOSCALING_SIZE_LOWERED)]))
}
