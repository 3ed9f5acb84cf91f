use interlock_action::{Action, Answer, Effect, Kind, Reversibility, Securing};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

const ID: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-1";

fn act(operation: &str) -> Action {
    let mut action = action("ec2", operation, json!({"InstanceIds": ["i-1"]}));
    action.targets = vec![target(ID, Kind::Instance, "i-1")];
    action
}

fn answers(store: bool, snapshots: [usize; 2]) -> impl Fn(&str, &Value) -> Answer {
    move |operation, arguments| match operation {
        "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{
            "InstanceId": "i-1", "InstanceType": "m5d.large", "State": {"Name": "running"}, "RootDeviceType": "ebs",
            "LaunchTime": "2026-01-01T00:00:00Z", "Tags": [{"Key": "Name", "Value": "bastion"}],
            "BlockDeviceMappings": [
                {"DeviceName": "/dev/sda1", "Ebs": {"VolumeId": "vol-0", "DeleteOnTermination": true}},
                {"DeviceName": "/dev/sdb", "Ebs": {"VolumeId": "vol-1", "DeleteOnTermination": true}},
                {"DeviceName": "/dev/sdc", "Ebs": {"VolumeId": "vol-stays", "DeleteOnTermination": false}},
            ],
        }]}]})),
        "DescribeInstanceAttribute" => match arguments["Attribute"].as_str() {
            Some("disableApiStop") => found(json!({"DisableApiStop": {"Value": false}})),
            _ => found(json!({"DisableApiTermination": {"Value": false}})),
        },
        "DescribeInstanceTypes" => found(json!({"InstanceTypes": [{"InstanceStorageSupported": store}]})),
        "DescribeVolumes" => {
            let id = arguments["VolumeIds"][0].clone();
            found(
                json!({"Volumes": [{"VolumeId": id, "Size": 8, "VolumeType": "gp3", "Attachments": [], "Tags": []}]}),
            )
        }
        "DescribeSnapshots" => {
            let volume = arguments["Filters"][0]["Values"][0].as_str().unwrap();
            let many = if volume == "vol-0" { snapshots[0] } else { snapshots[1] };
            let one = |at: usize| json!({"SnapshotId": format!("snap-{volume}-{at}"), "State": "completed", "StartTime": "t"});
            found(json!({"Snapshots": (0..many).map(one).collect::<Vec<_>>()}))
        }
        other => panic!("{other} was not expected"),
    }
}

#[test]
fn the_volumes_that_go_are_targets_and_are_kept() {
    let survey = survey(&act("TerminateInstances"), answers(false, [3, 0]));
    let found: Vec<&str> = survey.discovered.iter().map(|target| target.name.as_deref().unwrap()).collect();
    assert_eq!(found, ["vol-0", "vol-1"]);
    assert_eq!(
        (survey.forecast.recovery.before, survey.forecast.recovery.after),
        (Some(0), Some(0)),
        "three snapshots of one volume are none of the other"
    );
    let Securing::ByCalls { calls, proof, makes } = &survey.securing else { panic!("not by calls") };
    assert_eq!((calls.len(), proof.len(), makes.len()), (2, 2, 2));
    assert_eq!(survey.facts.get(facts::EC2_VOLUME_DELETED_ON_TERMINATION), Some(&json!(true)));
    assert_eq!(survey.facts.get(facts::EC2_INSTANCE_PROTECTED), Some(&json!(false)));
    assert_eq!(survey.forecast.reversibility, Reversibility::FromRecoveryPoint);
    assert!(
        survey
            .forecast
            .changes
            .iter()
            .any(|change| change.what == "instance i-1 bastion (m5d.large, running) is terminated")
    );
    assert!(survey.forecast.dependents.iter().any(|line| line.contains("vol-stays")));
}

#[test]
fn an_instance_store_is_lost_and_said_so() {
    let terminate = survey(&act("TerminateInstances"), answers(true, [1, 1]));
    assert_eq!(terminate.facts.get(facts::EC2_HAS_INSTANCE_STORE), Some(&json!(true)));
    assert!(terminate.forecast.data_loss.iter().any(|line| line.contains("instance store")));
    assert_eq!(terminate.forecast.reversibility, Reversibility::Lossy, "snapshots hold nothing of it");
    assert!(matches!(&terminate.securing, Securing::ByCalls { makes, .. } if makes.len() == 2));
    let stop = survey(&having(act("StopInstances"), Effect::Interrupt), answers(true, [1, 1]));
    assert_eq!(stop.forecast.reversibility, Reversibility::None);
    assert!(matches!(stop.securing, Securing::Impossible(_)));
    let plain = survey(&having(act("StopInstances"), Effect::Interrupt), answers(false, [1, 1]));
    assert_eq!(plain.forecast.reversibility, Reversibility::Exact);
    assert_eq!(plain.discovered, [], "a stop deletes no volume");
}

#[test]
fn a_group_terminates_what_stops_and_its_volumes_are_kept() {
    let inner = answers(false, [0, 0]);
    let stop = survey(&having(act("StopInstances"), Effect::Interrupt), |operation, arguments| {
        let mut answer = inner(operation, arguments);
        if let (Answer::Found(answer), "DescribeInstances") = (&mut answer, operation) {
            let group = json!([{"Key": "aws:autoscaling:groupName", "Value": "web"}]);
            answer["Reservations"][0]["Instances"][0]["Tags"] = group;
        }
        answer
    });
    assert_eq!(stop.discovered.len(), 2, "{:?}", stop.discovered);
    assert!(
        matches!(&stop.securing, Securing::ByCalls { makes, .. } if makes.len() == 2),
        "{:?}",
        stop.securing
    );
    assert_ne!(stop.forecast.reversibility, Reversibility::Exact);
    assert!(stop.forecast.changes.iter().any(|change| change.effect == Effect::Destroy));
}

#[test]
fn unread_is_unknown_and_cannot_be_secured() {
    let blind = survey(&act("TerminateInstances"), |_, _| Answer::Unreadable("denied".to_owned()));
    assert!(matches!(blind.securing, Securing::Impossible(_)));
    assert_eq!(blind.facts.get(facts::EC2_HAS_INSTANCE_STORE), None);
    assert_eq!(blind.forecast.recovery.after, None);
    let inner = answers(false, [1, 1]);
    let half = survey(&act("TerminateInstances"), |operation, arguments| match operation {
        "DescribeInstanceTypes" => Answer::Unreadable("denied".to_owned()),
        _ => inner(operation, arguments),
    });
    assert_eq!(half.facts.get(facts::EC2_HAS_INSTANCE_STORE), None);
    assert!(half.forecast.unknowns.iter().any(|line| line.contains("instance store")));
    assert_eq!(half.forecast.reversibility, Reversibility::Lossy, "it may have one");
}

#[test]
fn nothing_of_that_name_is_refused() {
    let gone = survey(&act("TerminateInstances"), |_, _| Answer::NotFound);
    assert_eq!(gone.forecast.changes[0].what, "there is nothing named i-1: the service will refuse");
}

#[test]
fn a_root_volume_came_with_its_instance_and_a_volume_brought_later_did_not() {
    let came = |device: &str, made: &str, attached: &str| {
        let volume = json!({"Volumes": [{
            "VolumeId": "vol-0", "Size": 8, "VolumeType": "gp3", "CreateTime": made,
            "Attachments": [{"InstanceId": "i-1", "Device": device, "AttachTime": attached}],
        }]});
        let others = answers(false, [0, 0]);
        let survey = survey(&act("TerminateInstances"), |operation, arguments| match operation {
            "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{
                "InstanceId": "i-1", "InstanceType": "t3.micro", "RootDeviceType": "ebs",
                "LaunchTime": "2026-01-01T00:00:00Z", "RootDeviceName": "/dev/sda1",
                "BlockDeviceMappings": [
                    {"DeviceName": device, "Ebs": {"VolumeId": "vol-0", "DeleteOnTermination": true}},
                ],
            }]}]})),
            "DescribeVolumes" => found(volume.clone()),
            _ => others(operation, arguments),
        });
        let id = "arn:aws:ec2:us-east-1:111122223333:volume/vol-0".into();
        survey.observed[&id].came_with.as_ref().map(|with| with.as_str() == ID)
    };
    assert_eq!(came("/dev/sda1", "2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"), Some(true));
    assert_eq!(came("/dev/sdb", "2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"), None, "another device");
    assert_eq!(
        came("/dev/sda1", "2025-12-31T00:00:00Z", "2026-01-01T00:00:01Z"),
        None,
        "older than the launch"
    );
    assert_eq!(came("/dev/sda1", "2026-01-01T00:00:01Z", "2026-01-03T00:00:00Z"), None, "brought later");
}
