//! EBS snapshots and machine images.
//!
//! A deleted snapshot is gone unless a Recycle Bin rule keeps it (not looked at). A snapshot that an image is made of is
//! refused until the image is deregistered. What counts is whether the volume it was taken of has another one. Of the last one
//! Interlock makes a copy first, where it is not encrypted: the copy of an encrypted one takes a presigned request (Amazon EC2
//! API Reference, "CopySnapshot"). Reads: DescribeSnapshots of it, of its volume and of its copy, DescribeImages that use it,
//! DescribeVolumes made from it and of its source, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, flag, listed, number, or_dash, text},
        draft::Draft,
        existence, words,
    },
    id_of, ids, ours, points,
};

const IMAGES: &str = "ec2 images of the snapshot";
const MADE: &str = "ec2 volumes of the snapshot";
const COPY: &str = "ec2 copy of the snapshot";
const SOURCE: &str = "ec2 source of the snapshot";

/// The forecaster of deletions of snapshots.
pub(in crate::forecast) struct Snapshot;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let snapshot = ids(action, "SnapshotId", "SnapshotIds").into_iter().next()?;
    Some((snapshot, id_of(action, Kind::Snapshot, "snapshot", snapshot)))
}

impl Look for Snapshot {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && action.operation.verb() == "DeleteSnapshot" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((snapshot, id)) = subject(action) else { return Vec::new() };
        let one = json!({ "SnapshotIds": [snapshot] });
        let filter = |name: &str, value: &str| json!([{"Name": name, "Values": [value]}]);
        let images =
            json!({"Owners": ["self"], "Filters": filter("block-device-mapping.snapshot-id", snapshot)});
        let made = json!({ "Filters": filter("snapshot-id", snapshot) });
        let mut reads = vec![
            crate::call::read(action, existence::live_key(&id), "ec2", "DescribeSnapshots", one),
            crate::call::read(action, IMAGES, "ec2", "DescribeImages", images),
            crate::call::read(action, MADE, "ec2", "DescribeVolumes", made),
        ];
        if let Live::Found(record) = existence::of(action, so_far, &id)
            && let Some(volume) = text(record, "/VolumeId")
        {
            reads.push(points::read(action, volume));
            let source = json!({ "Filters": filter("volume-id", volume) });
            reads.push(crate::call::read(action, SOURCE, "ec2", "DescribeVolumes", source));
            reads.extend(points::key_reads(action, so_far, volume));
            let look = copies(&copy_name(action, snapshot, record));
            reads.push(crate::call::read(action, COPY, "ec2", "DescribeSnapshots", look));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((snapshot, id)) = subject(action) else { return };
        match existence::of(action, answers, &id) {
            Live::Found(record) => found(action, answers, snapshot, &id, record, draft),
            Live::Absent => {}
            Live::Unread(why) => {
                draft.unread(action, (&format!("snapshot {snapshot}"), &id, Kind::Snapshot), &why);
                draft.lose_unread(
                    &format!("snapshot {snapshot}"),
                    format!("snapshot {snapshot}: how much it holds could not be read"),
                    &why,
                );
            }
        }
    }
}

/// The name of the copy: the value of its tag. The service chooses its id.
fn copy_name(action: &Action, snapshot: &str, record: &Value) -> String {
    let parts = json!([action.account, action.region, snapshot, record.get("StartTime")]);
    let digest =
        interlock_action::digest_of("interlock snapshot copy v1", &parts).map(|digest| digest.short());
    let digits: String = digest.unwrap_or_default().chars().take(8).collect();
    format!("{}{snapshot}-{digits}", super::super::OWN)
}

fn copies(name: &str) -> Value {
    let filter = format!("tag:{}", interlock_action::POINT);
    json!({"Filters": [{"Name": filter, "Values": [name]}], "OwnerIds": ["self"]})
}

/// Makes a copy, unless one is there, or is being made.
fn copied(action: &Action, answers: &Answers, snapshot: &str, record: &Value) -> Securing {
    let last =
        |why: &str| Securing::Impossible(format!("it is the last known snapshot of its volume; {why}"));
    if flag(record, "/Encrypted") != Some(false) {
        return last("an encrypted one is not copied");
    }
    if text(record, "/StorageTier") == Some("archive") {
        return last("one in the archive is not copied");
    }
    let have = listed(answers, COPY, "Snapshots");
    if !have.complete() {
        return last("whether there is a copy could not be read");
    }
    let name = copy_name(action, snapshot, record);
    let fails = |one: &Value| text(one, "/State") == Some("error");
    let tags = json!([{
        "ResourceType": "snapshot",
        "Tags": [{"Key": interlock_action::POINT, "Value": name}, {"Key": "Name", "Value": name}],
    }]);
    let make = json!({
        "SourceSnapshotId": snapshot,
        "SourceRegion": action.region,
        "Description": format!("recovery point: copy of {snapshot}, made by interlock before its deletion"),
        "TagSpecifications": tags,
    });
    let calls = if have.entries().iter().all(|one| fails(one)) {
        vec![crate::call::call(action, "ec2", "CopySnapshot", make)]
    } else {
        Vec::new()
    };
    let look = crate::call::call(action, "ec2", "DescribeSnapshots", copies(&name));
    let proof = (look, "/Snapshots/0/State".to_owned(), json!("completed"));
    Securing::ByCalls { calls, proof: vec![proof], makes: vec![name] }
}

fn found(
    action: &Action,
    answers: &Answers,
    snapshot: &str,
    id: &TargetId,
    record: &Value,
    draft: &mut Draft,
) {
    let volume = or_dash(record, "/VolumeId");
    let size = number(record, "/VolumeSize").map(|gib| format!("{gib} GiB"));
    let at = or_dash(record, "/StartTime");
    let sized = size.clone().unwrap_or_else(|| "size unknown".to_owned());
    draft.observe(id, Observed { data: Bears::Yes, size, ..Observed::default() });
    draft.bind(id.as_str(), json!({"StartTime": at, "VolumeId": volume}));
    let what = format!("snapshot {snapshot} ({sized}) of {volume} as of {at} is deleted");
    draft.change(id, Kind::Snapshot, Effect::RecoveryLoss, what);

    let images = listed(answers, IMAGES, "Images");
    draft.gap(images.gap(&format!("images that use {snapshot}")));
    let names: Vec<&str> = images.entries().iter().filter_map(|image| text(image, "/ImageId")).collect();
    if !names.is_empty() {
        let names = words::some(&names, 5);
        draft.depend(format!("images {names} are made of it: the service will refuse"));
    }
    let made = listed(answers, MADE, "Volumes");
    draft.gap(made.gap(&format!("volumes made from {snapshot}")));
    let names: Vec<&str> = made.entries().iter().filter_map(|volume| text(volume, "/VolumeId")).collect();
    if !names.is_empty() {
        draft.depend(format!("volumes {} were made from it, and stay", words::some(&names, 5)));
    }
    let source = listed(answers, SOURCE, "Volumes");
    if source.complete() && source.entries().is_empty() {
        draft.lose(format!("{volume} itself is gone: this may be the last copy of its {sized} as of {at}"));
    }
    draft.gap(source.gap(&format!("the volume {volume}")));
    let tally = points::count(answers, volume, |one| one != snapshot, draft);
    draft.reversibility = Reversibility::None;
    let how = if tally.survives() {
        Securing::Exists
    } else {
        draft.lose(format!("the last known snapshot of {volume}, {sized} as of {at}"));
        draft.unknown("whether a Recycle Bin rule would keep the snapshot was not looked at");
        copied(action, answers, snapshot, record)
    };
    if matches!(how, Securing::ByCalls { .. }) {
        draft.reversibility = Reversibility::FromRecoveryPoint;
    }
    draft.secure(how);
    draft.tally(tally);
}

#[cfg(test)]
mod tests;
