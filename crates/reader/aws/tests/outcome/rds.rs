//! RDS: instances, clusters, snapshots.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

#[test]
fn forecasts_come_true() {
    FAMILY.run();
}

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

const CASES: &[Case] = &[Case {
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
}];

const EMULATOR: &[Deviation] = &[];
