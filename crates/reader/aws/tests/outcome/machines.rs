//! EC2: instances, volumes, snapshots, images.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    look_at(bed, &mut all);
    all
}

fn by(prefix: &'static str, member: &'static str) -> impl Fn(&Value) -> Option<String> {
    move |one| Some(arn("ec2", &format!("{prefix}/{}", text(one, member))))
}

/// Machines and what they are made of.
pub(crate) fn look_at(bed: &Bed, all: &mut Inventory) {
    for reservation in entries(&bed.ok("ec2", "DescribeInstances", json!({})), "/Reservations") {
        for one in entries(&reservation, "/Instances") {
            if !["terminated", "shutting-down"].contains(&text(&one["State"], "Name")) {
                all.add(arn("ec2", &format!("instance/{}", text(&one, "InstanceId"))), one);
            }
        }
    }
    all.list(bed, ("ec2", "DescribeVolumes", json!({})), "/Volumes", by("volume", "VolumeId"));
    let own = json!({"OwnerIds": ["self"]});
    all.list(bed, ("ec2", "DescribeSnapshots", own), "/Snapshots", by("snapshot", "SnapshotId"));
    let image = |one: &Value| Some(format!("arn:aws:ec2:us-east-1::image/{}", text(one, "ImageId")));
    all.list(bed, ("ec2", "DescribeImages", json!({"Owners": ["self"]})), "/Images", image);
    let interfaces = ("ec2", "DescribeNetworkInterfaces", json!({}));
    all.list(bed, interfaces, "/NetworkInterfaces", by("network-interface", "NetworkInterfaceId"));
}

fn completed(bed: &Bed) -> Vec<Value> {
    let all = entries(&bed.ok("ec2", "DescribeSnapshots", json!({"OwnerIds": ["self"]})), "/Snapshots");
    all.into_iter().filter(|one| one["State"] == json!("completed")).collect()
}

/// The completed snapshots of a volume.
fn of_volume(volume: &Value) -> impl Fn(&Bed) -> Vec<String> + use<> {
    let volume = volume.clone();
    move |bed| {
        let here = completed(bed).into_iter().filter(|one| one["VolumeId"] == volume);
        here.map(|one| text(&one, "SnapshotId").to_owned()).collect()
    }
}

/// The completed snapshots of the volume that Interlock kept and that has the fewest.
pub(crate) fn least_points(bed: &Bed) -> Vec<String> {
    let mut of: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for one in completed(bed) {
        // Those of the images that moto comes with are of volumes that nobody has.
        let kept = entries(&one, "/Tags").iter().any(|tag| tag["Key"] == json!("interlock:recovery-point"));
        if kept {
            of.entry(text(&one, "VolumeId").to_owned())
                .or_default()
                .push(text(&one, "SnapshotId").to_owned());
        }
    }
    of.into_values().min_by_key(Vec::len).unwrap_or_default()
}

fn instance(bed: &Bed, more: &[(&str, Value)]) -> Value {
    let images = bed.ok("ec2", "DescribeImages", json!({}));
    let image =
        entries(&images, "/Images").into_iter().find(|one| one["RootDeviceType"] == json!("ebs")).unwrap();
    let mut run =
        json!({"ImageId": image["ImageId"], "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"});
    for (member, value) in more {
        run[*member] = value.clone();
    }
    bed.ok("ec2", "RunInstances", run)["Instances"][0]["InstanceId"].clone()
}

fn volume(bed: &Bed) -> Value {
    bed.ok("ec2", "CreateVolume", json!({"AvailabilityZone": "us-east-1a", "Size": 8}))["VolumeId"].clone()
}

fn snapshot(bed: &Bed, volume: &Value) -> Value {
    bed.ok("ec2", "CreateSnapshot", json!({ "VolumeId": volume }))["SnapshotId"].clone()
}

const CASES: &[Case] = &[
    Case {
        name: "an instance is terminated",
        forecaster: "ec2/instance",
        scene: |bed| {
            instance(bed, &[]);
            let ids = [instance(bed, &[])];
            Scene::request("ec2", "TerminateInstances", json!({ "InstanceIds": ids })).points(least_points)
        },
    },
    Case {
        name: "a protected instance is terminated",
        forecaster: "ec2/instance",
        scene: |bed| {
            let ids = [instance(bed, &[("DisableApiTermination", json!(true))])];
            Scene::request("ec2", "TerminateInstances", json!({ "InstanceIds": ids })).points(least_points)
        },
    },
    Case {
        name: "an instance is stopped",
        forecaster: "ec2/instance",
        scene: |bed| Scene::request("ec2", "StopInstances", json!({"InstanceIds": [instance(bed, &[])]})),
    },
    Case {
        name: "a volume is deleted",
        forecaster: "ec2/volume",
        scene: |bed| {
            let volume = volume(bed);
            snapshot(bed, &volume);
            Scene::request("ec2", "DeleteVolume", json!({ "VolumeId": volume })).points(of_volume(&volume))
        },
    },
    Case {
        name: "an attached volume is not deleted",
        forecaster: "ec2/volume",
        scene: |bed| {
            let (volume, instance) = (volume(bed), instance(bed, &[]));
            let attach = json!({"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdh"});
            bed.ok("ec2", "AttachVolume", attach);
            Scene::request("ec2", "DeleteVolume", json!({ "VolumeId": volume })).points(of_volume(&volume))
        },
    },
    Case {
        name: "a volume is detached",
        forecaster: "ec2/volume",
        scene: |bed| {
            let (volume, instance) = (volume(bed), instance(bed, &[]));
            let attach = json!({"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdh"});
            bed.ok("ec2", "AttachVolume", attach.clone());
            Scene::request("ec2", "DetachVolume", attach)
        },
    },
    Case {
        name: "one of two snapshots is deleted",
        forecaster: "ec2/snapshot",
        scene: |bed| {
            let volume = volume(bed);
            snapshot(bed, &volume);
            let one = snapshot(bed, &volume);
            Scene::request("ec2", "DeleteSnapshot", json!({ "SnapshotId": one })).points(of_volume(&volume))
        },
    },
    Case {
        name: "an image is deregistered",
        forecaster: "ec2/image",
        scene: |bed| {
            let make = json!({"InstanceId": instance(bed, &[]), "Name": "mine"});
            let image = bed.ok("ec2", "CreateImage", make)["ImageId"].clone();
            let record = bed.ok("ec2", "DescribeImages", json!({"ImageIds": [image]}))["Images"][0].clone();
            let of: Vec<String> = entries(&record, "/BlockDeviceMappings")
                .iter()
                .filter_map(|one| one.pointer("/Ebs/SnapshotId")?.as_str().map(str::to_owned))
                .collect();
            let there = move |bed: &Bed| {
                let all = completed(bed).into_iter().map(|one| text(&one, "SnapshotId").to_owned());
                all.filter(|one| of.contains(one)).collect()
            };
            Scene::request("ec2", "DeregisterImage", json!({ "ImageId": image })).points(there)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
