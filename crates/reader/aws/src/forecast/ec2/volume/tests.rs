use interlock_action::{Action, Answer, Kind, Securing, TargetId};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:ec2:us-east-1:111122223333:volume/vol-1";

fn delete() -> Action {
    let mut action = action("ec2", "DeleteVolume", json!({"VolumeId": "vol-1"}));
    action.targets = vec![target(ID, Kind::Volume, "vol-1")];
    action
}

fn answers(attached: bool, snapshots: Vec<Value>) -> impl Fn(&str, &Value) -> Answer {
    move |operation, _| match operation {
        "DescribeVolumes" => {
            let attachments =
                if attached { json!([{"InstanceId": "i-1", "Device": "/dev/sdf"}]) } else { json!([]) };
            found(json!({"Volumes": [{
                "VolumeId": "vol-1", "Size": 8, "VolumeType": "gp3", "CreateTime": "2026-01-01T00:00:00Z",
                "Attachments": attachments, "Tags": [{"Key": "env", "Value": "dev"}],
            }]}))
        }
        "DescribeSnapshots" => found(json!({ "Snapshots": snapshots })),
        "DescribeKey" => found(json!({"KeyMetadata": {"KeyState": "Disabled"}})),
        other => panic!("{other} was not expected"),
    }
}

fn snapshot(id: &str, state: &str) -> Value {
    json!({"SnapshotId": id, "State": state, "StartTime": "2026-01-02T00:00:00Z", "VolumeId": "vol-1", "Encrypted": false})
}

#[test]
fn completed_snapshots_survive_and_others_do_not_count() {
    let survey = survey(
        &delete(),
        answers(false, vec![snapshot("snap-1", "completed"), snapshot("snap-2", "pending")]),
    );
    assert_eq!((survey.forecast.recovery.before, survey.forecast.recovery.after), (Some(1), Some(1)));
    assert_eq!(survey.forecast.changes[0].what, "volume vol-1 (8 GiB gp3) is deleted");
    assert_eq!(survey.observed[&TargetId::new(ID)].tags.as_ref().unwrap()["env"], "dev");
    let mut sealed = snapshot("snap-3", "completed");
    sealed["Encrypted"] = json!(true);
    sealed["KmsKeyId"] = json!("arn:aws:kms:us-east-1:111122223333:key/k");
    let survey = super::super::super::testing::survey(&delete(), answers(false, vec![sealed]));
    assert_eq!(survey.forecast.recovery.after, Some(0), "its key is disabled");
}

#[test]
fn a_tagged_snapshot_is_taken_first() {
    let survey = survey(&delete(), answers(false, Vec::new()));
    let Securing::ByCalls { calls, proof, makes } = survey.securing else { panic!("not by calls") };
    let tags = &calls[0].arguments["TagSpecifications"][0]["Tags"][0];
    assert_eq!(tags["Key"], json!("interlock:recovery-point"));
    assert_eq!(proof[0].0.arguments["Filters"][0]["Values"], json!([tags["Value"]]));
    assert_eq!(json!(makes), json!([tags["Value"]]));
    let mut own = snapshot("snap-9", "completed");
    own["Tags"] = json!([{"Key": "interlock:recovery-point", "Value": tags["Value"]}]);
    let again = super::super::super::testing::survey(&delete(), answers(false, vec![own]));
    let Securing::ByCalls { makes: next, .. } = again.securing else { panic!("not by calls") };
    assert_ne!(makes, next, "an older point of the same name proves nothing");
    assert_eq!(survey.fingerprint, again.fingerprint, "interlock's own points do not void an approval");
}

#[test]
fn a_name_that_an_earlier_snapshot_has_is_not_given_again_when_another_one_goes() {
    let own = |id: &str| {
        let mut own = snapshot(id, "completed");
        own["Tags"] = json!([{"Key": "interlock:recovery-point", "Value": id}]);
        own
    };
    let makes = |snapshots: Vec<Value>| match survey(&delete(), answers(false, snapshots)).securing {
        Securing::ByCalls { makes, .. } => makes,
        other => panic!("{other:?}"),
    };
    // The second was named beside the first; then people have the first removed.
    let second = makes(vec![own("snap-1")]);
    let third = makes(vec![own("snap-2")]);
    assert_ne!(second, third);
}

#[test]
fn an_attached_volume_is_refused_and_reaches_its_instance() {
    let survey = survey(&delete(), answers(true, Vec::new()));
    assert_eq!(survey.facts.get(facts::EC2_VOLUME_ATTACHED), Some(&json!(true)));
    assert!(survey.observed[&TargetId::new(ID)].attached_to[0].as_str().ends_with("instance/i-1"));
    assert!(survey.forecast.changes[1].what.contains("the service will refuse"));
}
