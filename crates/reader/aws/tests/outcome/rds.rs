//! RDS: instances, clusters, snapshots.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    all.list(bed, ("rds", "DescribeDBInstances", json!({})), "/DBInstances", named("DBInstanceArn"));
    all.list(bed, ("rds", "DescribeDBClusters", json!({})), "/DBClusters", named("DBClusterArn"));
    all.list(bed, ("rds", "DescribeDBSnapshots", json!({})), "/DBSnapshots", named("DBSnapshotArn"));
    let snapshots = ("rds", "DescribeDBClusterSnapshots", json!({}));
    all.list(bed, snapshots, "/DBClusterSnapshots", named("DBClusterSnapshotArn"));
    let parameters = ("rds", "DescribeDBParameterGroups", json!({}));
    all.list(bed, parameters, "/DBParameterGroups", named("DBParameterGroupArn"));
    all
}

fn database(bed: &Bed, name: &str, more: &[(&str, Value)]) {
    let mut create = json!({
        "DBInstanceIdentifier": name, "Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
        "MasterUsername": "root", "MasterUserPassword": "not-a-real-one", "BackupRetentionPeriod": 7,
    });
    for (member, value) in more {
        create[*member] = value.clone();
    }
    bed.ok("rds", "CreateDBInstance", create);
}

fn snapshots_of(name: &'static str) -> impl Fn(&Bed) -> Vec<String> {
    move |bed| {
        let answer = bed.ok("rds", "DescribeDBSnapshots", json!({}));
        let of = entries(&answer, "/DBSnapshots").into_iter();
        of.filter(|one| text(one, "DBInstanceIdentifier") == name)
            .map(|one| text(&one, "DBSnapshotArn").to_owned())
            .collect()
    }
}

fn cluster_snapshots(bed: &Bed) -> Vec<String> {
    let answer = bed.ok("rds", "DescribeDBClusterSnapshots", json!({}));
    let all = entries(&answer, "/DBClusterSnapshots").into_iter();
    all.filter(|one| text(one, "DBClusterIdentifier") == "campus")
        .map(|one| text(&one, "DBClusterSnapshotArn").to_owned())
        .collect()
}

const CASES: &[Case] = &[
    Case {
        name: "an instance with two snapshots is deleted, with none asked for",
        forecaster: "rds/instance",
        scene: |bed| {
            database(bed, "school", &[]);
            database(bed, "other", &[]);
            let snapshot = json!({"DBInstanceIdentifier": "school", "DBSnapshotIdentifier": "mine"});
            bed.ok("rds", "CreateDBSnapshot", snapshot);
            let delete = json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true});
            Scene::request("rds", "DeleteDBInstance", delete).points(snapshots_of("school"))
        },
    },
    Case {
        name: "a protected instance is not deleted",
        forecaster: "rds/instance",
        scene: |bed| {
            database(bed, "school", &[("DeletionProtection", json!(true))]);
            let delete = json!({"DBInstanceIdentifier": "school", "SkipFinalSnapshot": true});
            Scene::request("rds", "DeleteDBInstance", delete).points(snapshots_of("school"))
        },
    },
    Case {
        name: "deletion protection is turned off",
        forecaster: "rds/instance",
        scene: |bed| {
            database(bed, "school", &[("DeletionProtection", json!(true))]);
            let off = json!({"DBInstanceIdentifier": "school", "DeletionProtection": false});
            Scene::request("rds", "ModifyDBInstance", off)
        },
    },
    Case {
        name: "an instance is stopped",
        forecaster: "rds/instance",
        scene: |bed| {
            database(bed, "school", &[]);
            Scene::request("rds", "StopDBInstance", json!({"DBInstanceIdentifier": "school"}))
        },
    },
    Case {
        name: "a cluster is deleted, with no snapshot asked for",
        forecaster: "rds/cluster",
        scene: |bed| {
            let create = json!({
                "DBClusterIdentifier": "campus", "Engine": "aurora-postgresql", "MasterUsername": "root",
                "MasterUserPassword": "not-a-real-one",
            });
            bed.ok("rds", "CreateDBCluster", create);
            let delete = json!({"DBClusterIdentifier": "campus", "SkipFinalSnapshot": true});
            Scene::request("rds", "DeleteDBCluster", delete).points(cluster_snapshots)
        },
    },
    Case {
        name: "one of two snapshots is deleted",
        forecaster: "rds/snapshot",
        scene: |bed| {
            database(bed, "school", &[("BackupRetentionPeriod", json!(0))]);
            for name in ["mine", "yours"] {
                let snapshot = json!({"DBInstanceIdentifier": "school", "DBSnapshotIdentifier": name});
                bed.ok("rds", "CreateDBSnapshot", snapshot);
            }
            let delete = json!({"DBSnapshotIdentifier": "mine"});
            Scene::request("rds", "DeleteDBSnapshot", delete).points(snapshots_of("school"))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
