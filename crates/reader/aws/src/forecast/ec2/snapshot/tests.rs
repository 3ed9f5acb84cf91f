use interlock_action::{Action, Answer, Kind, Securing};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, survey, target};

fn delete() -> Action {
    let mut action = action("ec2", "DeleteSnapshot", json!({"SnapshotId": "snap-1"}));
    action.targets =
        vec![target("arn:aws:ec2:us-east-1:111122223333:snapshot/snap-1", Kind::Snapshot, "snap-1")];
    action
}

fn answers(others: &'static [&'static str], source: bool, image: bool) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeSnapshots" if arguments.get("SnapshotIds").is_some() => found(json!({"Snapshots": [{
            "SnapshotId": "snap-1", "VolumeId": "vol-1", "VolumeSize": 8, "State": "completed", "StartTime": "t",
        }]})),
        "DescribeSnapshots" => {
            let one = |id: &&str| json!({"SnapshotId": id, "VolumeId": "vol-1", "State": "completed", "StartTime": "t"});
            found(json!({"Snapshots": others.iter().map(one).collect::<Vec<_>>()}))
        }
        "DescribeImages" => {
            found(json!({"Images": if image { json!([{"ImageId": "ami-1"}]) } else { json!([]) }}))
        }
        "DescribeVolumes" if arguments["Filters"][0]["Name"] == json!("volume-id") && source => {
            found(json!({"Volumes": [{"VolumeId": "vol-1"}]}))
        }
        "DescribeVolumes" => found(json!({"Volumes": []})),
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn others_of_the_volume_are_counted() {
    let two = survey(&delete(), answers(&["snap-1", "snap-2"], true, false));
    assert_eq!((two.forecast.recovery.before, two.forecast.recovery.after), (Some(2), Some(1)));
    assert_eq!(two.securing, Securing::Exists);
}

#[test]
fn the_last_of_a_volume_that_is_gone_is_its_last_copy() {
    let last = survey(&delete(), answers(&["snap-1"], false, true));
    assert_eq!((last.forecast.recovery.before, last.forecast.recovery.after), (Some(1), Some(0)));
    assert!(last.forecast.data_loss.iter().any(|line| line.contains("may be the last copy")));
    assert!(last.forecast.dependents.iter().any(|line| line.contains("ami-1")));
    assert!(matches!(last.securing, Securing::Impossible(_)));
}
