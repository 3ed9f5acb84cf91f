//! Machine images.
//!
//! Deregistering an image leaves the snapshots it is made of, unless the request deletes them too; an image can be
//! registered again from them, under another id. Where they go too, Interlock makes a copy of the image first, which has
//! snapshots of its own. Running instances go on; Auto Scaling groups and launch templates that name the image can start
//! none any more (not looked at). Reads: DescribeImages of it and of its copy, DescribeSnapshots of what it is made of,
//! kms:DescribeKey, DescribeInstances of the image.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, listed, text},
        draft::Draft,
        existence, keys,
        tally::Tally,
    },
    behind, discovered, id_of, ids, ours, points,
};

const COPY: &str = "ec2 copy of the image";
const INSTANCES: &str = "ec2 instances of the image";
const SNAPSHOTS: &str = "ec2 snapshots of the image";

/// The forecaster of deregistered images.
pub(in crate::forecast) struct Image;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let image = ids(action, "ImageId", "ImageIds").into_iter().next()?;
    Some((image, id_of(action, Kind::Image, "image", image)))
}

/// The snapshots that an image is made of.
fn snapshots(record: &Value) -> Vec<&str> {
    let mappings = entries(record, "/BlockDeviceMappings").iter();
    mappings.filter_map(|one| text(one, "/Ebs/SnapshotId")).collect()
}

/// Counts those that are there, completed, and whose key is.
fn count(answers: &Answers, snapshots: &[&str], image: &str, too: bool, draft: &mut Draft) -> Tally {
    let mut tally = Tally::default();
    if snapshots.is_empty() {
        return tally;
    }
    let there = listed(answers, SNAPSHOTS, "Snapshots");
    draft.gap(there.gap(&format!("snapshots of image {image}")));
    if !there.complete() {
        tally.partial();
    }
    for snapshot in snapshots {
        let what = format!("snapshot {snapshot} of image {image}");
        let record = there.entries().iter().find(|one| text(one, "/SnapshotId") == Some(*snapshot));
        match record.map(|record| (text(record, "/State"), points::key_of(record))) {
            Some((Some("completed"), key)) => {
                keys::count(answers, key, (*snapshot, what), !too, (&mut tally, draft));
            }
            Some(_) => tally.uncounted(*snapshot, format!("{what}: not completed, not counted")),
            None => tally.uncounted(*snapshot, format!("{what}: not found, not counted")),
        }
    }
    tally
}

/// The snapshots that go with an image are acted on like it.
fn go(action: &Action, answers: &Answers, snapshots: &[&str], image: &str, draft: &mut Draft) {
    let there = listed(answers, SNAPSHOTS, "Snapshots");
    for snapshot in snapshots {
        let target = discovered(action, Kind::Snapshot, "snapshot", snapshot);
        let record = there.entries().iter().find(|one| text(one, "/SnapshotId") == Some(*snapshot));
        let tags = record.and_then(|record| existence::tag_map(record.get("Tags")));
        draft.observe(&target.id, Observed { data: Bears::Yes, tags, ..Observed::default() });
        let what = format!("snapshot {snapshot} of image {image} is deleted with it");
        draft.change(&target.id, Kind::Snapshot, Effect::RecoveryLoss, what);
        draft.discover(target);
    }
}

/// Whether its snapshots go with it.
fn takes_all(action: &Action) -> bool {
    flag(&action.arguments, "/DeleteAssociatedSnapshots") == Some(true)
}

/// The name of the copy: its own, and the value of its tag. The service chooses its id.
fn copy_name(action: &Action, image: &str, record: &Value) -> String {
    let parts = json!([action.account, action.region, image, record.get("CreationDate")]);
    let digest = interlock_action::digest_of("interlock image copy v1", &parts).map(|digest| digest.short());
    let digits: String = digest.unwrap_or_default().chars().take(8).collect();
    format!("{}{image}-{digits}", super::super::OWN)
}

fn copies(name: &str) -> Value {
    let filter = format!("tag:{}", interlock_action::POINT);
    json!({"Filters": [{"Name": filter, "Values": [name]}], "Owners": ["self"]})
}

/// Makes a copy with snapshots of its own, unless one is there, or is being made.
fn copied(action: &Action, answers: &Answers, image: &str, record: &Value) -> Securing {
    let have = listed(answers, COPY, "Images");
    if !have.complete() {
        return Securing::Impossible(format!("whether there is a copy of image {image} could not be read"));
    }
    let name = copy_name(action, image, record);
    let tags = json!([{"Key": interlock_action::POINT, "Value": name}, {"Key": "Name", "Value": name}]);
    let tags: Value =
        ["image", "snapshot"].iter().map(|kind| json!({"ResourceType": kind, "Tags": tags})).collect();
    let make = json!({
        "SourceImageId": image,
        "SourceRegion": action.region,
        "Name": name,
        "Description": format!("recovery point: copy of {image}, made by interlock before it is deregistered"),
        "TagSpecifications": tags,
    });
    let calls = if have.entries().is_empty() {
        vec![crate::call::call(action, "ec2", "CopyImage", make)]
    } else {
        Vec::new()
    };
    let look = crate::call::call(action, "ec2", "DescribeImages", copies(&name));
    let proof = (look, "/Images/0/State".to_owned(), json!("available"));
    Securing::ByCalls { calls, proof: vec![proof], makes: vec![name] }
}

impl Look for Image {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && action.operation.verb() == "DeregisterImage" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((image, id)) = subject(action) else { return Vec::new() };
        let copy = match existence::of(action, so_far, &id) {
            Live::Found(record) if takes_all(action) => {
                let look = copies(&copy_name(action, image, record));
                Some(crate::call::read(action, COPY, "ec2", "DescribeImages", look))
            }
            _ => None,
        };
        let by = json!({"Filters": [{"Name": "image-id", "Values": [image]}]});
        let one = json!({ "ImageIds": [image] });
        let mut reads = vec![
            crate::call::read(action, existence::live_key(&id), "ec2", "DescribeImages", one),
            crate::call::read(action, INSTANCES, "ec2", "DescribeInstances", by),
        ];
        let of = existence::of(action, so_far, &id).found().map(snapshots).unwrap_or_default();
        if !of.is_empty() {
            let by = json!({"Filters": [{"Name": "snapshot-id", "Values": of}]});
            reads.push(crate::call::read(action, SNAPSHOTS, "ec2", "DescribeSnapshots", by));
        }
        let there = listed(so_far, SNAPSHOTS, "Snapshots");
        reads.extend(keys::reads(action, there.entries().iter().filter_map(|one| points::key_of(one))));
        reads.extend(copy);
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((image, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unknown(format!("image {image} could not be read: {why}"));
                draft.lose_unread(
                    &format!("image {image}"),
                    format!("image {image}: what it is made of could not be read"),
                    &why,
                );
                return;
            }
        };
        let name = text(record, "/Name").unwrap_or(image);
        let too = takes_all(action);
        let snapshots = snapshots(record);
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        draft.bind(id.as_str(), json!({"CreationDate": record.get("CreationDate"), "snapshots": snapshots}));
        let with = if too { "with its snapshots" } else { "its snapshots stay" };
        draft.change(
            &id,
            Kind::Image,
            Effect::Destroy,
            format!("image {name} ({image}) is deregistered, {with}"),
        );
        let tally = count(answers, &snapshots, name, too, draft);
        if too {
            go(action, answers, &snapshots, name, draft);
        }
        behind::instances(answers, INSTANCES, "started from it", draft);
        draft.unknown("whether launch templates or Auto Scaling groups name the image was not looked at");
        draft.reversibility = if too { Reversibility::None } else { Reversibility::Lossy };
        let how = if tally.survives() {
            Securing::Exists
        } else {
            draft.lose(format!("image {name} and what it is made of"));
            if too {
                copied(action, answers, image, record)
            } else {
                Securing::Impossible(format!("nothing that image {name} is made of can be restored from"))
            }
        };
        if matches!(how, Securing::ByCalls { .. }) {
            draft.reversibility = Reversibility::FromRecoveryPoint;
        }
        draft.secure(how);
        draft.tally(tally);
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Kind, Securing};
    use serde_json::json;

    use crate::forecast::testing::{action, found, survey, target};

    #[test]
    fn snapshots_of_an_image_stay_unless_they_are_asked_to_go() {
        let deregister = |too: bool, state: &str| {
            let arguments = json!({"ImageId": "ami-1", "DeleteAssociatedSnapshots": too});
            let mut action = action("ec2", "DeregisterImage", arguments);
            action.targets = vec![target("arn:aws:ec2:us-east-1::image/ami-1", Kind::Image, "ami-1")];
            survey(&action, |operation, arguments| match operation {
                "DescribeImages" if arguments.get("Filters").is_some() => found(json!({"Images": []})),
                "DescribeImages" => found(json!({"Images": [{
                    "ImageId": "ami-1", "Name": "web", "Tags": [],
                    "BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}],
                }]})),
                "DescribeSnapshots" => found(json!({"Snapshots": [
                    {"SnapshotId": "snap-1", "State": "completed", "Encrypted": true, "KmsKeyId": "k1",
                        "Tags": [{"Key": interlock_action::POINT, "Value": "interlock-vol-1-1a2b"}]},
                ]})),
                "DescribeKey" => found(json!({"KeyMetadata": {"KeyState": state}})),
                _ => found(json!({"Reservations": []})),
            })
        };
        assert_eq!(deregister(false, "Enabled").securing, Securing::Exists);
        let closed = deregister(false, "PendingDeletion");
        assert_eq!((closed.forecast.recovery.before, closed.forecast.recovery.after), (Some(0), Some(0)));
        assert!(matches!(closed.securing, Securing::Impossible(_)), "its key goes: it restores nothing");
        let gone = deregister(true, "Enabled");
        assert_eq!((gone.forecast.recovery.before, gone.forecast.recovery.after), (Some(1), Some(0)));
        let snapshot = &gone.discovered[0];
        assert_eq!(snapshot.id.as_str(), "arn:aws:ec2:us-east-1:111122223333:snapshot/snap-1");
        let tags = gone.observed[&snapshot.id].tags.as_ref().unwrap();
        assert!(tags.contains_key(interlock_action::POINT), "it is judged like one that is named");
        assert!(deregister(false, "Enabled").discovered.is_empty());
        let Securing::ByCalls { calls, proof, makes } = gone.securing else { panic!("a copy is made first") };
        assert_eq!((calls.len(), calls[0].operation.verb()), (1, "CopyImage"));
        assert_eq!((&calls[0].arguments["Name"], &proof[0].2), (&json!(makes[0]), &json!("available")));
    }
}
