//! An instance that is terminated: launched again from the snapshots that Interlock took of the volumes that went with it.
//!
//! Kept: type, subnet, groups, profile, key pair, user data, metadata options, protection, tags, volumes (those that went
//! and those that stayed), elastic addresses, and whether it ran; the data is in the snapshots. Back: an image is registered
//! from the root's snapshot, an instance launched from it and from the others' snapshots, the volumes that stayed attached,
//! its addresses associated. Compared: all that is kept. Lost: the id, every address that is not elastic, memory, instance
//! stores. No way for what another launches anew (Auto Scaling, Spot), for several interfaces, for what an image from a
//! snapshot cannot say (Windows, billed products), and for several instances at once. User data may hold secrets.

use interlock_action::{Answers, Deed, POINT, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{
        Way, at, busy, call, found, is, later, list, missing, only, read, set_by_service, sorted, standing,
        step, tags, texts, token, wait, what, with, word,
    },
    gone::{again, marked, tagged},
    volume::{newest, specification},
};

/// The way.
pub(super) struct Instance;

/// The one instance of the deed.
fn id(deed: &Deed) -> Option<&str> {
    match texts(&deed.arguments, "/InstanceIds").as_slice() {
        [one] if is(deed, "ec2", &["TerminateInstances"]) => Some(*one),
        _ => None,
    }
}

fn by_id(id: &str) -> Value {
    json!({"InstanceIds": [id]})
}

fn by_mark(deed: &Deed, id: &str) -> Option<Value> {
    Some(json!({"Filters": [marked(deed, id)?]}))
}

fn snapshots() -> Value {
    json!({"Filters": [{"Name": "tag-key", "Values": [POINT]}], "OwnerIds": ["self"]})
}

/// The image by its mark: anybody may register one of any name.
fn images(deed: &Deed, id: &str) -> Option<Value> {
    Some(json!({"Filters": [marked(deed, id)?], "Owners": ["self"]}))
}

/// The instance while it is there, else the one that restores it.
fn current<'a>(deed: &Deed, answers: &'a Answers, id: &str) -> Result<Option<&'a Value>, String> {
    let there = |one: &Value| {
        matches!(word(one, "/State/Name"), Some("pending" | "running" | "stopping" | "stopped"))
    };
    let asked = |by: &Value| {
        let answer = found(answers, "ec2", "DescribeInstances", by)?;
        let all = answer.map_or(&[][..], |answer| list(answer, "/Reservations"));
        Ok::<_, String>(all.iter().flat_map(|all| list(all, "/Instances")).filter(|one| there(one)))
    };
    let own = asked(&by_id(id))?.find(|one| word(one, "/InstanceId") == Some(id));
    match by_mark(deed, id) {
        Some(by) if own.is_none() => again(deed, id, asked(&by)?),
        _ => Ok(own),
    }
}

/// The reads that tell more of an instance that is there.
fn further(instance: &Value) -> Vec<(&'static str, Value)> {
    let id = at(instance, "/InstanceId");
    let volumes = list(instance, "/BlockDeviceMappings").iter();
    let volumes: Vec<&str> = volumes.filter_map(|one| word(one, "/Ebs/VolumeId")).collect();
    vec![
        ("DescribeVolumes", json!({"VolumeIds": volumes})),
        ("DescribeInstanceAttribute", json!({"InstanceId": id, "Attribute": "userData"})),
        ("DescribeInstanceAttribute", json!({"InstanceId": id, "Attribute": "disableApiTermination"})),
        ("DescribeAddresses", json!({"Filters": [{"Name": "instance-id", "Values": [id]}]})),
    ]
}

/// Whether a launch from snapshots says all that the instance is.
fn is_plain(instance: &Value) -> bool {
    let linux = matches!(word(instance, "/PlatformDetails"), None | Some("Linux/UNIX"));
    let unbilled = list(instance, "/ProductCodes").is_empty() && at(instance, "/Platform").is_null();
    let tags = list(instance, "/Tags");
    let scaled = tags.iter().any(|tag| word(tag, "/Key") == Some("aws:autoscaling:groupName"));
    let of_its_own = at(instance, "/InstanceLifecycle").is_null() && !scaled;
    let one_interface = list(instance, "/NetworkInterfaces").len() == 1;
    linux && unbilled && of_its_own && one_interface && word(instance, "/RootDeviceType") == Some("ebs")
}

const MEMBERS: &[&str] =
    &["InstanceType", "SubnetId", "KeyName", "EbsOptimized", "RootDeviceName", "SourceDestCheck"];
/// What the image is told; an instance takes it from there.
const MACHINE: &[&str] = &["Architecture", "EnaSupport", "BootMode"];
const METADATA: &[&str] =
    &["HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6", "InstanceMetadataTags"];

/// The volumes of an instance: those that go with it, those that stay, and the ids of those that go.
fn volumes(instance: &Value, answer: &Value) -> (Value, Value, Value) {
    let (mut goes, mut stays, mut ids) = (Vec::new(), Vec::new(), Map::new());
    for mapping in list(instance, "/BlockDeviceMappings") {
        let device = at(mapping, "/DeviceName");
        let id = word(mapping, "/Ebs/VolumeId").unwrap_or_default();
        if at(mapping, "/Ebs/DeleteOnTermination") == &Value::Bool(false) {
            stays.push(json!({"Device": device, "VolumeId": id}));
            continue;
        }
        let volume = list(answer, "/Volumes").iter().find(|one| word(one, "/VolumeId") == Some(id));
        goes.push(json!({"DeviceName": device, "volume": volume.map(specification)}));
        ids.insert(device.as_str().unwrap_or_default().to_owned(), id.into());
    }
    (sorted(goes), sorted(stays), Value::Object(ids))
}

impl Way for Instance {
    fn name(&self) -> &'static str {
        "ec2/instance"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some() && !deed.points.is_empty()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = vec![
            read(deed, "ec2", "DescribeInstances", by_id(id)),
            read(deed, "ec2", "DescribeSnapshots", snapshots()),
        ];
        reads.extend(by_mark(deed, id).map(|by| read(deed, "ec2", "DescribeInstances", by)));
        reads.extend(images(deed, id).map(|by| read(deed, "ec2", "DescribeImages", by)));
        if let Ok(Some(instance)) = current(deed, so_far, id) {
            let further = further(instance).into_iter();
            reads.extend(further.map(|(operation, arguments)| read(deed, "ec2", operation, arguments)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the instance is not named")?;
        let asked = |operation, arguments: &Value| found(answers, "ec2", operation, arguments);
        let images = match images(deed, id) {
            Some(by) => asked("DescribeImages", &by)?.map_or(&[][..], |all| list(all, "/Images")),
            None => &[],
        };
        let image = again(deed, id, images.iter())?.unwrap_or(&Value::Null);
        let taken = asked("DescribeSnapshots", &snapshots())?;
        let taken = taken.map_or(&[][..], |taken| list(taken, "/Snapshots"));
        let mut points = Map::new();
        for volume in taken.iter().filter_map(|one| word(one, "/VolumeId")) {
            if let Some(snapshot) = newest(deed, taken, volume) {
                points.insert(volume.to_owned(), snapshot.into());
            }
        }
        let image = json!({"id": at(image, "/ImageId"), "ready": word(image, "/State") == Some("available")});
        let Some(instance) = current(deed, answers, id)? else {
            return Ok(standing(Value::Null, json!({"image": image, "points": points})));
        };
        let mut told = Vec::new();
        for (operation, arguments) in further(instance) {
            told.push(asked(operation, &arguments)?.unwrap_or(&Value::Null));
        }
        let [disks, data, protection, addresses] = told.as_slice() else {
            return Err("not everything was told".to_owned());
        };
        let (goes, stays, ids) = volumes(instance, disks);
        let name = word(instance, "/State/Name").unwrap_or_default();
        let runs = matches!(name, "pending" | "running");
        let groups =
            list(instance, "/NetworkInterfaces/0/Groups").iter().map(|one| at(one, "/GroupId").clone());
        let owner = word(instance, "/NetworkInterfaces/0/Association/IpOwnerId");
        let elastic = list(addresses, "/Addresses").iter().map(|one| at(one, "/AllocationId").clone());
        let is = with(
            only(instance, MEMBERS),
            json!({
                "profile": at(instance, "/IamInstanceProfile/Arn"),
                "groups": sorted(groups.collect()),
                "monitored": word(instance, "/Monitoring/State") == Some("enabled"),
                "MetadataOptions": only(at(instance, "/MetadataOptions"), METADATA),
                "UserData": at(data, "/UserData/Value"),
                "protected": at(protection, "/DisableApiTermination/Value") == &Value::Bool(true),
                "public": owner == Some("amazon"),
                "addresses": sorted(elastic.collect()),
                "goes": goes,
                "stays": stays,
                "runs": runs,
                "Tags": tags(at(instance, "/Tags")),
                "plain": is_plain(instance),
            }),
        );
        let found = json!({
            "id": at(instance, "/InstanceId"),
            "busy": matches!(name, "pending" | "stopping"),
            "volumes": ids,
            "machine": only(instance, MACHINE),
            "image": image,
            "points": points,
        });
        Ok(standing(is, found))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let plain = at(what(before), "/plain") == &Value::Bool(true);
        let lost = [
            "the instance's id, and every address of it that is not elastic: whatever names those",
            "what was in memory and on an instance store",
            "what was written after its snapshots",
        ];
        plain.then(|| Terms::from_recovery_point(15, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the instance is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if is.is_null() {
            let image = word(now, "/handle/image/id");
            let ready = at(now, "/handle/image/ready") == &Value::Bool(true);
            if image.is_none() {
                let name = format!("register an image from the snapshot of the root of {id}");
                steps.push(step(
                    name,
                    call(deed, "ec2", "RegisterImage", registration(deed, before, now, id)?),
                ));
            }
            if !ready {
                steps.push(wait("wait for the image"));
            }
            let name = format!("launch {id} again");
            steps.push(match image.filter(|_| ready) {
                Some(image) => {
                    step(name, call(deed, "ec2", "RunInstances", launch(deed, before, now, (id, image))?))
                }
                None => later(name),
            });
        }
        let waits = || wait("wait for the instance");
        if is.is_null() || busy(now) {
            steps.push(waits());
        }
        let new = word(now, "/handle/id").filter(|_| !busy(now));
        let mut then = |name: String, operation: &str, arguments: Value| {
            steps.push(match new {
                Some(new) if operation == "StopInstances" => {
                    step(name, call(deed, "ec2", operation, json!({"InstanceIds": [new]})))
                }
                Some(new) => {
                    step(name, call(deed, "ec2", operation, with(arguments, json!({"InstanceId": new}))))
                }
                None => later(name),
            });
        };
        for volume in missing(at(is, "/stays"), at(was, "/stays")) {
            let name = format!("attach {} again", word(&volume, "/VolumeId").unwrap_or("?"));
            then(name, "AttachVolume", volume);
        }
        for address in missing(at(is, "/addresses"), at(was, "/addresses")) {
            let name = format!("associate {} again", address.as_str().unwrap_or("?"));
            then(name, "AssociateAddress", json!({"AllocationId": address}));
        }
        for (member, wanted, attribute, fresh) in [
            ("/SourceDestCheck", at(was, "/SourceDestCheck"), "SourceDestCheck", true),
            ("/protected", at(was, "/protected"), "DisableApiTermination", false),
        ] {
            let have = if is.is_null() { fresh } else { at(is, member) == &Value::Bool(true) };
            if wanted.as_bool().is_some_and(|wanted| wanted != have) {
                let arguments = json!({attribute: {"Value": wanted}});
                then(format!("set {attribute} again"), "ModifyInstanceAttribute", arguments);
            }
        }
        if at(was, "/runs") == &Value::Bool(false) && at(is, "/runs") != &Value::Bool(false) {
            then("stop it again".to_owned(), "StopInstances", json!({}));
            steps.push(waits());
        }
        if steps.is_empty() {
            return Err("another instance stands in its place".to_owned());
        }
        Ok(steps)
    }

    /// A new instance runs, checks its traffic and may be terminated, until that is set.
    fn between(&self, _deed: &Deed, before: &Value, _now: &Value) -> Vec<Value> {
        let fresh = [
            ("/is/SourceDestCheck", Value::Bool(true)),
            ("/is/protected", Value::Bool(false)),
            ("/is/runs", Value::Bool(true)),
        ];
        vec![set_by_service(before, &fresh)]
    }
}

/// The snapshot of the volume that was there as this device.
fn point<'a>(before: &Value, now: &'a Value, device: &str) -> Result<&'a str, String> {
    let volume = at(before, "/handle/volumes").get(device).and_then(Value::as_str);
    let volume = volume.ok_or_else(|| format!("the volume at {device} was not kept"))?;
    let point = at(now, "/handle/points").get(volume).and_then(Value::as_str);
    point.ok_or_else(|| format!("there is no snapshot of {volume} that Interlock took"))
}

/// The parameters that register an image from the root's snapshot.
fn registration(deed: &Deed, before: &Value, now: &Value, id: &str) -> Result<Value, String> {
    let was = what(before);
    let root = word(was, "/RootDeviceName").ok_or("the root was not kept")?;
    let mapping = json!({"DeviceName": root, "Ebs": {"SnapshotId": point(before, now, root)?}});
    let kept = with(only(was, &["RootDeviceName"]), at(before, "/handle/machine").clone());
    let more = json!({
        "Name": format!("root of {id} {}", token(deed, "image")),
        "Description": format!("the root of {id}, registered by interlock to launch it again"),
        "VirtualizationType": "hvm",
        "BlockDeviceMappings": [mapping],
        "TagSpecifications": tagged(deed, "image", &json!([]), id),
    });
    Ok(with(kept, more))
}

/// The parameters that launch the instance.
fn launch(deed: &Deed, before: &Value, now: &Value, (id, image): (&str, &str)) -> Result<Value, String> {
    let was = what(before);
    let root = word(was, "/RootDeviceName").unwrap_or_default();
    let mut mappings = Vec::new();
    for one in list(was, "/goes") {
        let device = word(one, "/DeviceName").ok_or("a device was not kept")?;
        let volume = at(one, "/volume");
        // The root comes from the image, which takes no other snapshot.
        let snapshot = if device == root { None } else { Some(point(before, now, device)?) };
        let encrypted = at(volume, "/Encrypted") == &Value::Bool(true);
        let closed = if encrypted { only(volume, &["Encrypted", "KmsKeyId"]) } else { json!({}) };
        let ebs = with(
            with(only(volume, &["VolumeType", "Iops", "Throughput"]), closed),
            json!({"VolumeSize": at(volume, "/Size"), "SnapshotId": snapshot, "DeleteOnTermination": true}),
        );
        mappings.push(json!({"DeviceName": device, "Ebs": ebs}));
    }
    let interface = json!({
        "DeviceIndex": 0,
        "SubnetId": at(was, "/SubnetId"),
        "Groups": at(was, "/groups"),
        "AssociatePublicIpAddress": at(was, "/public"),
    });
    let profile = at(was, "/profile");
    let metadata = at(was, "/MetadataOptions");
    let more = json!({
        "ImageId": image,
        "MinCount": 1,
        "MaxCount": 1,
        "NetworkInterfaces": [interface],
        "BlockDeviceMappings": mappings,
        "IamInstanceProfile": if profile.is_null() { Value::Null } else { json!({"Arn": profile}) },
        "Monitoring": {"Enabled": at(was, "/monitored")},
        "MetadataOptions": if metadata == &json!({}) { &Value::Null } else { metadata },
        "TagSpecifications": tagged(deed, "instance", at(was, "/Tags"), id),
        "ClientToken": token(deed, "instance"),
    });
    Ok(with(only(was, &["InstanceType", "KeyName", "EbsOptimized", "UserData"]), more))
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, UndoId, compared};

    use super::{super::super::way::RESTORES, *};
    use crate::aws::testing;

    fn deed(ids: &[&str]) -> Deed {
        Deed {
            points: vec!["interlock-vol-1-x".to_owned(), "interlock-vol-2-x".to_owned()],
            undo: Some(UndoId::new("undo-1")),
            ..testing::deed("ec2", "TerminateInstances", json!({"InstanceIds": ids}))
        }
    }

    fn mark(gone: &str) -> Value {
        json!({"Key": RESTORES, "Value": format!("{gone}/undo-1")})
    }

    /// An instance with a root, a volume that goes with it and one that stays.
    fn instance(id: &str, volumes: [&str; 2], tags: Value) -> Value {
        let mapping = |device: &str, volume: &str, goes: bool| json!({"DeviceName": device, "Ebs": {"VolumeId": volume, "DeleteOnTermination": goes}});
        json!({
            "InstanceId": id, "InstanceType": "t3.micro", "SubnetId": "subnet-1", "RootDeviceName": "/dev/xvda",
            "RootDeviceType": "ebs", "PlatformDetails": "Linux/UNIX", "State": {"Name": "running"}, "Tags": tags,
            "Architecture": "x86_64", "SourceDestCheck": true, "Monitoring": {"State": "disabled"},
            "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-1"}]}],
            "BlockDeviceMappings": [
                mapping("/dev/xvda", volumes[0], true), mapping("/dev/sdf", volumes[1], true),
                mapping("/dev/sdg", "vol-3", false),
            ],
        })
    }

    #[derive(Default)]
    struct World {
        instances: Vec<Value>,
        images: Vec<Value>,
    }

    impl World {
        fn state(&self, deed: &Deed) -> Value {
            let snapshot = |id: &str, volume: &str, name: &str| {
                json!({
                    "SnapshotId": id, "VolumeId": volume, "State": "completed", "StartTime": "2026-01-01T00:00:00Z",
                    "Tags": [{"Key": POINT, "Value": name}],
                })
            };
            let mut answers = Answers::new();
            for _ in 0..3 {
                for read in Instance.reads(deed, &answers) {
                    let found = match read.call.operation.verb() {
                        "DescribeInstances" => json!({"Reservations": [{"Instances": self.instances}]}),
                        "DescribeImages" => json!({"Images": self.images}),
                        "DescribeSnapshots" => json!({"Snapshots": [
                            snapshot("snap-1", "vol-1", "interlock-vol-1-x"),
                            snapshot("snap-2", "vol-2", "interlock-vol-2-x"),
                            snapshot("snap-9", "vol-1", "another deed's"),
                        ]}),
                        "DescribeVolumes" => {
                            let one = |id: &str| json!({"VolumeId": id, "Size": 8, "VolumeType": "gp2"});
                            let all = ["vol-1", "vol-2", "vol-3", "vol-4", "vol-5"].map(one);
                            json!({ "Volumes": all })
                        }
                        "DescribeAddresses" => json!({"Addresses": []}),
                        _ => json!({"DisableApiTermination": {"Value": true}, "UserData": {"Value": "aGk="}}),
                    };
                    answers.insert(read.key, Answer::Found(found));
                }
            }
            Instance.state(deed, &answers).unwrap()
        }
    }

    #[test]
    fn an_instance_is_launched_from_what_was_kept() {
        let deed = deed(&["i-1"]);
        let name = json!({"Key": "Name", "Value": "web"});
        let first = instance("i-1", ["vol-1", "vol-2"], json!([name]));
        let mut world = World { instances: vec![first], ..World::default() };
        let before = world.state(&deed);
        assert!(Instance.terms(&deed, &before).is_some());

        // Somebody has registered an image, and launched an instance: neither bears the mark.
        world.instances = vec![instance("i-8", ["vol-1", "vol-2"], json!([name]))];
        world.images = vec![json!({"ImageId": "ami-8", "State": "available", "Tags": []})];
        let plan = Instance.back(&deed, &before, &world.state(&deed)).unwrap();
        let names = |steps: &[Step]| steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
        let Next::Call(register) = &plan[0].next else { panic!("{plan:?}") };
        assert_eq!(register.operation.verb(), "RegisterImage");
        assert_eq!(register.arguments["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"], "snap-1", "not snap-9");

        world.images.push(json!({"ImageId": "ami-1", "State": "available", "Tags": [mark("i-1")]}));
        let steps = Instance.back(&deed, &before, &world.state(&deed)).unwrap();
        assert!(names(&plan).ends_with(&names(&steps)), "{steps:?}");
        let Next::Call(launch) = &steps[0].next else { panic!("{steps:?}") };
        assert_eq!(launch.arguments["ImageId"], "ami-1");
        let mappings = &launch.arguments["BlockDeviceMappings"];
        assert_eq!(mappings[0]["Ebs"]["SnapshotId"], "snap-2", "the root's is the image's own: {mappings}");
        assert_eq!(mappings[1]["Ebs"].get("SnapshotId"), None);

        // Launched: what stayed is attached again, and what protected it protects it.
        let mut again = instance("i-2", ["vol-4", "vol-5"], json!([name, mark("i-1")]));
        again["BlockDeviceMappings"].as_array_mut().unwrap().pop();
        world.instances.push(again);
        let steps = Instance.back(&deed, &before, &world.state(&deed)).unwrap();
        assert_eq!(names(&steps), ["attach vol-3 again"]);
        assert!(names(&plan).contains(&"attach vol-3 again".to_owned()));
        world.instances[1] = instance("i-2", ["vol-4", "vol-5"], json!([name, mark("i-1")]));
        assert_eq!(compared(&world.state(&deed)), compared(&before));
    }

    #[test]
    fn what_cannot_be_launched_as_it_was_has_no_way() {
        assert!(!Instance.undoes(&deed(&["i-1", "i-2"])), "several at once");
        let deed = deed(&["i-1"]);
        for (member, value) in [
            ("InstanceLifecycle", json!("spot")),
            ("Platform", json!("windows")),
            ("PlatformDetails", json!("Red Hat Enterprise Linux")),
            ("RootDeviceType", json!("instance-store")),
            ("Tags", json!([{"Key": "aws:autoscaling:groupName", "Value": "web"}])),
            ("NetworkInterfaces", json!([{}, {}])),
        ] {
            let mut other = instance("i-1", ["vol-1", "vol-2"], json!([]));
            other[member] = value;
            let world = World { instances: vec![other], ..World::default() };
            assert!(Instance.terms(&deed, &world.state(&deed)).is_none(), "{member}");
        }
    }
}
