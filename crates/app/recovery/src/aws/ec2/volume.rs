//! An EBS volume that is deleted: created again from the snapshot that Interlock took of it.
//!
//! Kept: size, type, speed, encryption, zone and tags; the data is in the snapshot. Back: a volume is created from it, with
//! a tag that says which one it restores. Compared: all that is kept. Lost: the id.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        Way, at, busy, call, found, is, list, only, read, standing, step, tags, text, token, wait, what,
        with, word,
    },
    gone::{Things, made_for, tagged},
};

/// The way.
pub(super) struct Volume;

const VOLUMES: Things =
    Things { describe: "DescribeVolumes", ids: "VolumeIds", filters: "Filters", list: "/Volumes" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/VolumeId").filter(|_| is(deed, "ec2", &["DeleteVolume"]))
}

fn snapshots(volume: &str) -> Value {
    json!({"Filters": [{"Name": "volume-id", "Values": [volume]}], "OwnerIds": ["self"]})
}

/// What of a volume is kept; speeds only where they can be chosen.
pub(super) fn specification(volume: &Value) -> Value {
    let mut members = vec!["Size", "VolumeType", "Encrypted", "KmsKeyId"];
    match word(volume, "/VolumeType") {
        Some("gp3") => members.extend(["Iops", "Throughput"]),
        Some("io1" | "io2") => members.push("Iops"),
        _ => {}
    }
    only(volume, &members)
}

/// The newest complete snapshot of a volume that was taken for this deed.
pub(super) fn newest<'a>(deed: &Deed, snapshots: &'a [Value], volume: &str) -> Option<&'a str> {
    let own = |one: &&Value| {
        word(one, "/State") == Some("completed")
            && word(one, "/VolumeId") == Some(volume)
            && made_for(deed, one)
    };
    let newest = snapshots.iter().filter(own).max_by_key(|one| word(one, "/StartTime"));
    newest.and_then(|one| word(one, "/SnapshotId"))
}

impl Way for Volume {
    fn name(&self) -> &'static str {
        "ec2/volume"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some() && !deed.points.is_empty()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = VOLUMES.reads(deed, id);
        reads.push(read(deed, "ec2", "DescribeSnapshots", snapshots(id)));
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the volume is not named")?;
        let there =
            |one: &Value| matches!(word(one, "/State"), Some("creating" | "available" | "in-use" | "error"));
        let volume = VOLUMES.current(deed, answers, id, there)?;
        let taken = found(answers, "ec2", "DescribeSnapshots", &snapshots(id))?;
        let snapshot = newest(deed, taken.map_or(&[], |taken| list(taken, "/Snapshots")), id);
        let Some(volume) = volume else { return Ok(standing(Value::Null, json!({"snapshot": snapshot}))) };
        let more = only(volume, &["AvailabilityZone", "MultiAttachEnabled"]);
        let is = with(specification(volume), with(more, json!({"Tags": tags(at(volume, "/Tags"))})));
        let working = word(volume, "/State") == Some("creating");
        Ok(standing(is, json!({"snapshot": snapshot, "busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["the volume's id", "what was written after the snapshot"];
        (!what(before).is_null()).then(|| Terms::from_recovery_point(10, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the volume is not named")?;
        let waits = wait("wait for the volume");
        if busy(now) {
            return Ok(vec![waits]);
        }
        if !what(now).is_null() {
            return Err("the volume that stands in its place is another".to_owned());
        }
        let snapshot =
            word(now, "/handle/snapshot").ok_or("there is no snapshot of it that Interlock took")?;
        let mut was = what(before).clone();
        let tags = was.as_object_mut().and_then(|was| was.shift_remove("Tags")).unwrap_or_default();
        let more = json!({
            "SnapshotId": snapshot,
            "TagSpecifications": tagged(deed, "volume", &tags, id),
            "ClientToken": token(deed, "volume"),
        });
        let name = format!("create {id} again from its snapshot");
        Ok(vec![step(name, call(deed, "ec2", "CreateVolume", with(was, more))), waits])
    }
}
