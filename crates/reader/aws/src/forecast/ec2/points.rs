//! The recovery points of volumes: their snapshots, if completed and with a key that is there.

use interlock_action::{Action, Answers, Call, Read, TargetId};
use serde_json::{Value, json};

use super::super::{
    answer::{Listed, flag, listed, text},
    draft::Draft,
    keys,
    tally::Tally,
};

/// The key of the read of a volume's snapshots.
pub(super) fn snapshots_key(volume: &str) -> String {
    format!("ec2 snapshots {volume}")
}

/// The read of a volume's snapshots, of this account.
pub(super) fn read(action: &Action, volume: &str) -> Read {
    let arguments = json!({"Filters": [{"Name": "volume-id", "Values": [volume]}], "OwnerIds": ["self"]});
    crate::call::read(action, snapshots_key(volume), "ec2", "DescribeSnapshots", arguments)
}

/// The reads of the keys that the snapshots need.
pub(super) fn key_reads(action: &Action, so_far: &Answers, volume: &str) -> Vec<Read> {
    let snapshots = listed(so_far, &snapshots_key(volume), "Snapshots");
    keys::reads(action, snapshots.entries().iter().filter_map(|snapshot| key_of(snapshot)))
}

/// The key that a snapshot is closed with.
pub(super) fn key_of(snapshot: &Value) -> Option<&str> {
    text(snapshot, "/KmsKeyId").filter(|_| flag(snapshot, "/Encrypted") == Some(true))
}

/// Whether Interlock made it.
fn own(snapshot: &Value) -> bool {
    tag(snapshot, interlock_action::POINT).is_some()
}

/// The value of a tag.
pub(super) fn tag<'a>(thing: &'a Value, key: &str) -> Option<&'a str> {
    let tags = thing.get("Tags")?.as_array()?;
    tags.iter().find(|tag| text(tag, "/Key") == Some(key)).and_then(|tag| text(tag, "/Value"))
}

/// Counts a volume's snapshots.
pub(super) fn count(
    answers: &Answers,
    volume: &str,
    survives: impl Fn(&str) -> bool,
    draft: &mut Draft,
) -> Tally {
    let snapshots = listed(answers, &snapshots_key(volume), "Snapshots");
    let mut tally = if snapshots.complete() { Tally::default() } else { Tally::unread() };
    draft.gap(snapshots.gap(&format!("snapshots of {volume}")));
    for snapshot in snapshots.entries() {
        let id = text(snapshot, "/SnapshotId").unwrap_or("?");
        let at = text(snapshot, "/StartTime").unwrap_or("an unknown time");
        let what = format!("snapshot {id} of {volume}, {at}");
        if text(snapshot, "/State") != Some("completed") {
            tally.uncounted(id, format!("{what}: not completed, not counted"));
            continue;
        }
        keys::count(answers, key_of(snapshot), (id, what), survives(id), (&mut tally, draft));
    }
    tally
}

/// Ids of the snapshots that an approval is bound to: all but Interlock's own.
pub(super) fn lasting(answers: &Answers, volume: &str) -> Value {
    let snapshots = listed(answers, &snapshots_key(volume), "Snapshots");
    let mut ids: Vec<&str> = snapshots
        .entries()
        .iter()
        .filter(|snapshot| !own(snapshot))
        .filter_map(|snapshot| text(snapshot, "/SnapshotId"))
        .collect();
    ids.sort_unstable();
    json!(ids)
}

/// The call that takes a snapshot of a volume, its proof, and the name that it goes by: the value of its tag, which no
/// earlier snapshot of the volume has. The snapshot's id is not known before.
pub(super) fn by_snapshot(
    action: &Action,
    answers: &Answers,
    volume: &str,
    record: &Value,
) -> (Call, (Call, String, Value), String) {
    let snapshots: Listed<'_> = listed(answers, &snapshots_key(volume), "Snapshots");
    // Their number says less: it comes back when one of them is removed, and with it the name of one that stays.
    let earlier = snapshots.entries().iter().filter(|snapshot| own(snapshot));
    let mut earlier: Vec<&str> = earlier.filter_map(|snapshot| text(snapshot, "/SnapshotId")).collect();
    earlier.sort_unstable();
    let parts = json!([action.account, action.region, volume, record.get("CreateTime"), earlier]);
    let name = super::super::own_name("interlock volume snapshot v1", volume, &parts);
    let tags = json!([{
        "ResourceType": "snapshot",
        "Tags": [{"Key": interlock_action::POINT, "Value": name}, {"Key": "Name", "Value": name}],
    }]);
    let make = json!({
        "VolumeId": volume,
        "Description": format!("recovery point of {volume}, made by interlock before its deletion"),
        "TagSpecifications": tags,
    });
    let filter = format!("tag:{}", interlock_action::POINT);
    let look = json!({"Filters": [{"Name": filter, "Values": [name]}], "OwnerIds": ["self"]});
    let proof = (
        crate::call::call(action, "ec2", "DescribeSnapshots", look),
        "/Snapshots/0/State".to_owned(),
        json!("completed"),
    );
    (crate::call::call(action, "ec2", "CreateSnapshot", make), proof, name)
}

/// The key of the read of a volume's record: that of the target, so that it is asked once.
pub(super) fn volume_read(action: &Action, id: &TargetId, volume: &str) -> Read {
    let arguments = json!({ "VolumeIds": [volume] });
    crate::call::read(action, super::super::existence::live_key(id), "ec2", "DescribeVolumes", arguments)
}
