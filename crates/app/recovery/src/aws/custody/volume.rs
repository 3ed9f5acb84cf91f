//! Snapshots of volumes, and copies of snapshots. They are found by the name that their mark carries: the service chooses their ids.
//!
//! Depends on the key that it is encrypted with. Drill: a volume is made of it in the first zone that is there, attached to
//! nothing; compared by size, origin and key. What stands on it is not mounted and not looked at. Reads: DescribeSnapshots,
//! DescribeVolumes, DescribeAvailabilityZones.

use interlock_action::{Answers, Read, Step};
use interlock_flow::custody::{Restored, Scratch, Sight};
use serde_json::{Value, json};

use super::{
    super::way::{found, list, wait, wanted},
    At, Kind, POINT, compare, goes, made_for, marked, text,
};

/// The kind.
pub(super) struct Volume;

/// What the name of a snapshot of a volume begins with.
const OF_VOLUME: &str = "interlock-vol-";

fn look(at: &At<'_>) -> Value {
    json!({"Filters": [{"Name": format!("tag:{POINT}"), "Values": [at.kept.id]}], "OwnerIds": ["self"]})
}

fn snapshot<'a>(at: &At<'_>, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "ec2", "DescribeSnapshots", &look(at))?;
    Ok(answer.and_then(|answer| list(answer, "/Snapshots").first()))
}

fn copies(scratch: &Scratch) -> Value {
    json!({"Filters": [{"Name": format!("tag:{POINT}"), "Values": [scratch.name]}]})
}

fn zones() -> Value {
    json!({"Filters": [{"Name": "state", "Values": ["available"]}]})
}

fn copied<'a>(scratch: &Scratch, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "ec2", "DescribeVolumes", &copies(scratch))?;
    let volumes = answer.map_or(&[][..], |answer| list(answer, "/Volumes"));
    Ok(volumes.iter().find(|volume| text(volume, "/State") != Some("deleted")))
}

/// Whether this is the copy of that drill.
fn is_copy(scratch: &Scratch, copy: &Value) -> Result<(), String> {
    let own = marked(copy, "/Tags") == Some(&scratch.name);
    made_for(scratch, Some(own), text(copy, "/CreateTime"))
}

const COMPARED: &[(&str, &str)] = &[
    ("/VolumeSize", "/Size"),
    ("/SnapshotId", "/SnapshotId"),
    ("/Encrypted", "/Encrypted"),
    ("/KmsKeyId", "/KmsKeyId"),
];

impl Kind for Volume {
    fn is(&self, kept: &interlock_flow::custody::Kept) -> bool {
        // Whichever service's call it was made before: groups, stacks and fleets end instances, too.
        [OF_VOLUME, "interlock-snap-"].iter().any(|start| kept.id.starts_with(start))
    }

    fn reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        vec![at.read("ec2", "DescribeSnapshots", look(at))]
    }

    fn see(&self, at: &At<'_>, answers: &Answers) -> Result<Sight, String> {
        let Some(record) = snapshot(at, answers)? else { return Ok(Sight::default()) };
        let id = text(record, "/SnapshotId").ok_or("the snapshot has no id")?;
        let (region, account) = (at.kept.region.as_deref(), at.kept.account.as_ref());
        let arns = region.zip(account).map(|(region, account)| {
            // Services differ on whether a snapshot's ARN names its account.
            [account.as_str(), ""].map(|account| format!("arn:aws:ec2:{region}:{account}:snapshot/{id}"))
        });
        Ok(Sight {
            there: true,
            ready: text(record, "/State") == Some("completed"),
            ids: std::iter::once(id.to_owned()).chain(arns.into_iter().flatten()).collect(),
            // A copy of a snapshot names any volume (Amazon EC2 API Reference, `CopySnapshot`).
            of: text(record, "/VolumeId").filter(|_| at.kept.id.starts_with(OF_VOLUME)).map(str::to_owned),
            depends: text(record, "/KmsKeyId").map(Into::into).into_iter().collect(),
            size: record.get("VolumeSize").map(|size| format!("{size} GiB")),
        })
    }

    fn copy_reads(&self, at: &At<'_>, scratch: &Scratch, _so_far: &Answers) -> Vec<Read> {
        let volumes = at.read("ec2", "DescribeVolumes", copies(scratch));
        vec![volumes, at.read("ec2", "DescribeAvailabilityZones", zones())]
    }

    fn restore(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Restored, String> {
        let record = snapshot(at, answers)?.ok_or("the snapshot is not there")?;
        let name = format!("make volume {} of {}", scratch.name, at.kept.id);
        match copied(scratch, answers)? {
            None => {
                let zones = wanted(answers, "ec2", "DescribeAvailabilityZones", &zones())?;
                let zone = list(zones, "/AvailabilityZones").first().and_then(|zone| text(zone, "/ZoneName"));
                let tags = [(POINT, &scratch.name), ("Name", &scratch.name)];
                let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
                let arguments = json!({
                    "SnapshotId": record.get("SnapshotId"),
                    "AvailabilityZone": zone.ok_or("there is no zone to make a volume in")?,
                    "TagSpecifications": [{"ResourceType": "volume", "Tags": tags}],
                });
                Ok(Restored::Not(at.step(name, "ec2", "CreateVolume", arguments)))
            }
            Some(copy) if text(copy, "/State") == Some("available") => {
                is_copy(scratch, copy)?;
                Ok(Restored::Ready(compare(record, copy, COMPARED)))
            }
            Some(_) => Ok(Restored::Not(wait(name))),
        }
    }

    fn remove(&self, at: &At<'_>, scratch: &Scratch, answers: &Answers) -> Result<Option<Step>, String> {
        let name = format!("remove volume {}", scratch.name);
        Ok(match copied(scratch, answers)? {
            None => None,
            Some(copy) if text(copy, "/State") == Some("deleting") => Some(wait(name)),
            Some(copy) => {
                is_copy(scratch, copy)?;
                let id = text(copy, "/VolumeId").ok_or("the volume has no id")?;
                Some(at.step(name, "ec2", "DeleteVolume", json!({ "VolumeId": id })))
            }
        })
    }

    fn origin_reads(&self, at: &At<'_>, so_far: &Answers) -> Vec<Read> {
        let volume = snapshot(at, so_far).ok().flatten().and_then(|record| text(record, "/VolumeId"));
        volume.map(|id| at.read("ec2", "DescribeVolumes", json!({ "VolumeIds": [id] }))).into_iter().collect()
    }

    fn stands(&self, at: &At<'_>, answers: &Answers) -> Result<bool, String> {
        let record = snapshot(at, answers)?.ok_or("the snapshot is not there")?;
        let id = text(record, "/VolumeId").ok_or("the snapshot names no volume")?;
        let answer = found(answers, "ec2", "DescribeVolumes", &json!({ "VolumeIds": [id] }))?;
        // No later volume has the id.
        let there = |volume: &Value| text(volume, "/VolumeId") == Some(id) && !goes(volume);
        Ok(answer.is_some_and(|answer| list(answer, "/Volumes").iter().any(there)))
    }

    fn purge_reads(&self, at: &At<'_>, _so_far: &Answers) -> Vec<Read> {
        by_id(at.seen).map(|look| at.read("ec2", "DescribeSnapshots", look)).into_iter().collect()
    }

    /// Whoever takes the mark off a snapshot has not removed it: what was seen is looked for by its id, too.
    fn purge(&self, at: &At<'_>, answers: &Answers) -> Result<Option<Step>, String> {
        let marked = snapshot(at, answers)?;
        let unmarked =
            by_id(at.seen).map(|look| found(answers, "ec2", "DescribeSnapshots", &look)).transpose()?;
        let unmarked = unmarked.flatten().and_then(|answer| list(answer, "/Snapshots").first());
        let Some(record) = marked.or(unmarked) else { return Ok(None) };
        let id = text(record, "/SnapshotId").ok_or("the snapshot has no id")?;
        let name = format!("remove the snapshot {id}");
        Ok(Some(at.step(name, "ec2", "DeleteSnapshot", json!({ "SnapshotId": id }))))
    }
}

/// The read of a snapshot by the id under which it was seen.
fn by_id(ids: &[String]) -> Option<Value> {
    let id = ids.iter().find(|id| id.starts_with("snap-"))?;
    Some(json!({"SnapshotIds": [id], "OwnerIds": ["self"]}))
}
