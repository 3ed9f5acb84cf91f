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

/// The last one, as its record says more of it, beside these copies that Interlock made.
fn last(more: &Value, copies: &Value) -> Securing {
    let (more, copies) = (more.clone(), copies.clone());
    let survey = survey(&delete(), move |operation, arguments| {
        let filter = arguments["Filters"][0]["Name"].as_str().unwrap_or_default();
        match operation {
            "DescribeSnapshots" if filter.starts_with("tag:") => found(json!({"Snapshots": copies})),
            "DescribeSnapshots" => {
                let mut one = json!({
                    "SnapshotId": "snap-1", "VolumeId": "vol-1", "VolumeSize": 8, "State": "completed", "StartTime": "t",
                });
                one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                found(json!({"Snapshots": [one]}))
            }
            "DescribeImages" => found(json!({"Images": []})),
            _ => found(json!({"Volumes": []})),
        }
    });
    survey.securing
}

#[test]
fn the_last_one_is_copied_first_and_once() {
    let plain = json!({"Encrypted": false});
    let Securing::ByCalls { calls, proof, makes } = last(&plain, &json!([])) else {
        panic!("a copy is made")
    };
    assert_eq!((calls.len(), calls[0].operation.verb()), (1, "CopySnapshot"));
    assert_eq!(calls[0].arguments["SourceSnapshotId"], "snap-1");
    assert_eq!(calls[0].arguments["TagSpecifications"][0]["Tags"][0]["Value"], json!(makes[0]));
    assert_eq!(proof[0].2, json!("completed"));
    for (state, made) in [("pending", 0), ("completed", 0), ("error", 1)] {
        let copies = json!([{"SnapshotId": "snap-9", "State": state}]);
        let Securing::ByCalls { calls, makes: again, .. } = last(&plain, &copies) else { panic!("{state}") };
        assert_eq!((calls.len(), &again), (made, &makes), "{state}");
    }
}

#[test]
fn what_cannot_be_copied_is_said() {
    for more in [json!({"Encrypted": true}), json!({}), json!({"Encrypted": false, "StorageTier": "archive"})]
    {
        assert!(matches!(last(&more, &json!([])), Securing::Impossible(_)), "{more}");
    }
}
