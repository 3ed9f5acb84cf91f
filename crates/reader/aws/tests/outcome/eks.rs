//! EKS: clusters and node groups.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for cluster in entries(&bed.ok("eks", "ListClusters", json!({})), "/clusters") {
        let of = json!({ "clusterName": cluster });
        for group in entries(&bed.ok("eks", "ListNodegroups", of), "/nodegroups") {
            let which = json!({"clusterName": cluster, "nodegroupName": group});
            let record = bed.ok("eks", "DescribeNodegroup", which);
            all.add(arn("eks", &format!("nodegroup/*/{}", group.as_str().expect("a name"))), record);
        }
        let record = bed.ok("eks", "DescribeCluster", json!({ "name": cluster }));
        all.add(arn("eks", &format!("cluster/{}", cluster.as_str().expect("a name"))), record);
    }
    all
}

fn cluster(bed: &Bed, group: bool) {
    bed.ok(
        "eks",
        "CreateCluster",
        json!({
            "name": "school", "roleArn": "arn:aws:iam::123456789012:role/eks",
            "resourcesVpcConfig": {"subnetIds": ["subnet-1"]},
        }),
    );
    if group {
        bed.ok(
            "eks",
            "CreateNodegroup",
            json!({
                "clusterName": "school", "nodegroupName": "workers", "subnets": ["subnet-1"],
                "nodeRole": "arn:aws:iam::123456789012:role/node",
                "scalingConfig": {"minSize": 1, "desiredSize": 3, "maxSize": 6},
            }),
        );
    }
}

const CASES: &[Case] = &[
    Case {
        name: "a node group goes",
        forecaster: "eks/node_group",
        scene: |bed| {
            cluster(bed, true);
            let delete = json!({"clusterName": "school", "nodegroupName": "workers"});
            Scene::request("eks", "DeleteNodegroup", delete)
        },
    },
    Case {
        name: "a node group is scaled to nothing",
        forecaster: "eks/node_group",
        scene: |bed| {
            cluster(bed, true);
            Scene::request(
                "eks",
                "UpdateNodegroupConfig",
                json!({
                    "clusterName": "school", "nodegroupName": "workers",
                    "scalingConfig": {"minSize": 0, "desiredSize": 0, "maxSize": 6},
                }),
            )
        },
    },
    Case {
        name: "a cluster goes",
        forecaster: "eks/cluster",
        scene: |bed| {
            cluster(bed, false);
            Scene::request("eks", "DeleteCluster", json!({"name": "school"}))
        },
    },
    Case {
        name: "a cluster with a node group does not go",
        forecaster: "eks/cluster",
        scene: |bed| {
            cluster(bed, true);
            Scene::request("eks", "DeleteCluster", json!({"name": "school"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
