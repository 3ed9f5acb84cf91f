//! An image that is deregistered: registered again from its snapshots, which stay; where they go with it, copied again from the
//! copy that Interlock made first.
//!
//! Kept: name, description, architecture, how it boots, its volumes, whom it is shared with, tags. Back: it is registered, or
//! copied, and shared again. Compared: all that is kept; of volumes whose snapshots are gone all but these. Lost: the id, and
//! those of snapshots that went with it. No way where the service knows more of it than a registration can say (Windows, billed
//! products), and its snapshots stay.

use interlock_action::{Answers, Deed, POINT, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        RESTORES, Way, at, busy, call, found, is, later, list, only, read, sorted, standing, step, tags,
        text, token, wait, what, with, word,
    },
    gone::{Things, made_for, tagged},
};

/// The way.
pub(super) struct Image;

const IMAGES: Things =
    Things { describe: "DescribeImages", ids: "ImageIds", filters: "Filters", list: "/Images" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/ImageId").filter(|_| is(deed, "ec2", &["DeregisterImage"]))
}

/// Whether its snapshots go with it.
fn takes_all(deed: &Deed) -> bool {
    deed.arguments.get("DeleteAssociatedSnapshots") == Some(&Value::Bool(true))
}

fn copies(deed: &Deed) -> Value {
    json!({"Filters": [{"Name": format!("tag:{POINT}"), "Values": deed.points}], "Owners": ["self"]})
}

/// The copy that Interlock made for this deed.
fn copy<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a str>, String> {
    let answer = found(answers, "ec2", "DescribeImages", &copies(deed))?;
    let own = |one: &&Value| word(one, "/State") == Some("available") && made_for(deed, one);
    let all = answer.map_or(&[][..], |answer| list(answer, "/Images"));
    Ok(all.iter().find(own).and_then(|one| word(one, "/ImageId")))
}

/// A volume of an image, but for what it is made of.
fn without_source(mapping: &Value) -> Value {
    let mut mapping = mapping.clone();
    if let Some(ebs) = mapping.pointer_mut("/Ebs").and_then(Value::as_object_mut) {
        ebs.retain(|name, _| !matches!(name.as_str(), "SnapshotId" | "KmsKeyId"));
    }
    mapping
}

fn current<'a>(deed: &Deed, answers: &'a Answers, id: &str) -> Result<Option<&'a Value>, String> {
    IMAGES.current(deed, answers, id, |one| matches!(word(one, "/State"), Some("available" | "pending")))
}

fn shared(image: &str) -> Value {
    json!({"ImageId": image, "Attribute": "launchPermission"})
}

const MEMBERS: [&str; 11] = [
    "Name",
    "Description",
    "Architecture",
    "RootDeviceName",
    "VirtualizationType",
    "EnaSupport",
    "SriovNetSupport",
    "BootMode",
    "TpmSupport",
    "ImdsSupport",
    "BlockDeviceMappings",
];

/// Whether a registration from snapshots says all that the image is.
fn is_plain(image: &Value) -> bool {
    let linux = matches!(word(image, "/PlatformDetails"), None | Some("Linux/UNIX"));
    let unbilled = list(image, "/ProductCodes").is_empty() && at(image, "/Platform").is_null();
    linux && unbilled && word(image, "/RootDeviceType") == Some("ebs")
}

impl Way for Image {
    fn name(&self) -> &'static str {
        "ec2/image"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some() && (!takes_all(deed) || !deed.points.is_empty())
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = IMAGES.reads(deed, id);
        if takes_all(deed) {
            reads.push(read(deed, "ec2", "DescribeImages", copies(deed)));
        }
        if let Ok(Some(image)) = current(deed, so_far, id) {
            let image = word(image, "/ImageId").unwrap_or_default();
            reads.push(read(deed, "ec2", "DescribeImageAttribute", shared(image)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the image is not named")?;
        let copy = if takes_all(deed) { copy(deed, answers)? } else { None };
        let Some(image) = current(deed, answers, id)? else {
            return Ok(standing(Value::Null, json!({"copy": copy})));
        };
        let now = word(image, "/ImageId").ok_or("the image has no id")?;
        let permissions = found(answers, "ec2", "DescribeImageAttribute", &shared(now))?;
        let permissions = permissions.map_or(&[][..], |answer| list(answer, "/LaunchPermissions"));
        let more = json!({
            "Tags": tags(at(image, "/Tags")),
            "shared": sorted(permissions.to_vec()),
            "plain": is_plain(image),
        });
        let working = word(image, "/State") == Some("pending");
        let mut kept = with(only(image, &MEMBERS), more);
        if takes_all(deed) {
            let volumes: Vec<Value> =
                list(image, "/BlockDeviceMappings").iter().map(without_source).collect();
            kept = with(kept, json!({"BlockDeviceMappings": volumes}));
        }
        Ok(standing(kept, json!({"id": now, "copy": copy, "busy": working})))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        if takes_all(deed) {
            let lost = ["the image's id, and those of its snapshots"];
            return (!what(before).is_null()).then(|| Terms::from_recovery_point(60, &lost));
        }
        let plain = at(what(before), "/plain") == &Value::Bool(true);
        plain.then(|| Terms::lossy(10, &["the image's id"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the image is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if is.is_null() && takes_all(deed) {
            let copy = word(now, "/handle/copy").ok_or("the copy that Interlock made is not there")?;
            let arguments = json!({
                "SourceImageId": copy,
                "SourceRegion": deed.region,
                "Name": at(was, "/Name"),
                "Description": at(was, "/Description"),
                "ClientToken": token(deed, "image"),
                "TagSpecifications": tagged(deed, "image", at(was, "/Tags"), id),
            });
            let name = format!("copy the image {id} again from {copy}");
            steps.push(step(name, call(deed, "ec2", "CopyImage", with(arguments, json!({})))));
        } else if is.is_null() {
            let name = format!("register the image {id} again from its snapshots");
            steps.push(step(name, call(deed, "ec2", "RegisterImage", registration(deed, was, id))));
        }
        if is.is_null() || busy(now) {
            steps.push(wait("wait for the image"));
        }
        if at(was, "/shared") != at(is, "/shared") && !list(was, "/shared").is_empty() {
            let name = "share the image again".to_owned();
            steps.push(match word(now, "/handle/id") {
                None => later(name),
                Some(image) => {
                    let arguments =
                        json!({"ImageId": image, "LaunchPermission": {"Add": at(was, "/shared")}});
                    step(name, call(deed, "ec2", "ModifyImageAttribute", arguments))
                }
            });
        }
        if steps.is_empty() {
            return Err(format!("the image that is tagged {RESTORES} is another"));
        }
        Ok(steps)
    }
}

/// The parameters that register the image again.
fn registration(deed: &Deed, was: &Value, id: &str) -> Value {
    let mappings = list(was, "/BlockDeviceMappings").iter().map(|mapping| {
        let ebs = at(mapping, "/Ebs");
        let members = ["SnapshotId", "DeleteOnTermination", "VolumeSize", "VolumeType", "Iops", "Throughput"];
        let ebs = if ebs.is_null() { Value::Null } else { only(ebs, &members) };
        with(only(mapping, &["DeviceName", "VirtualName", "NoDevice"]), json!({"Ebs": ebs}))
    });
    let mut arguments = only(was, &MEMBERS);
    // The only value that a registration takes is the one that it need not be told.
    if let Some(members) = arguments.as_object_mut() {
        members.retain(|name, value| name != "SriovNetSupport" || value.as_str() == Some("simple"));
    }
    let tags = tagged(deed, "image", at(was, "/Tags"), id);
    with(arguments, json!({"BlockDeviceMappings": mappings.collect::<Vec<_>>(), "TagSpecifications": tags}))
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, UndoId};

    use super::*;
    use crate::aws::testing;

    fn deed(arguments: Value) -> Deed {
        Deed { undo: Some(UndoId::new("undo-1")), ..testing::deed("ec2", "DeregisterImage", arguments) }
    }

    /// The answers of a service that tells this image, under the id or under the tag.
    fn answers(deed: &Deed, image: Option<(&Value, bool)>) -> Answers {
        let told = |pointer: &str, one: &Value| interlock_action::Answer::Found(json!({pointer: [one]}));
        let none = || interlock_action::Answer::Found(json!({"Images": []}));
        let mut answers = Answers::new();
        for _ in 0..3 {
            for read in Image.reads(deed, &answers) {
                let by_tag = read.call.arguments.get("Filters").is_some();
                let answer = match (read.call.operation.verb(), image) {
                    ("DescribeImages", Some((image, tagged))) if tagged == by_tag => told("Images", image),
                    ("DescribeImages", _) => none(),
                    _ => told("LaunchPermissions", &json!({"UserId": "111122223333"})),
                };
                answers.insert(read.key, answer);
            }
        }
        answers
    }

    fn image(id: &str) -> Value {
        json!({
            "ImageId": id, "State": "available", "Name": "base", "Architecture": "x86_64", "EnaSupport": true,
            "RootDeviceType": "ebs", "RootDeviceName": "/dev/xvda", "VirtualizationType": "hvm",
            "PlatformDetails": "Linux/UNIX",
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {
                "SnapshotId": "snap-1", "VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": true, "Encrypted": false,
            }}],
            "Tags": [{"Key": "env", "Value": "dev"}],
        })
    }

    #[test]
    fn an_image_is_registered_and_shared_again() {
        let deed = deed(json!({"ImageId": "ami-1"}));
        assert!(Image.undoes(&deed));
        let before = Image.state(&deed, &answers(&deed, Some((&image("ami-1"), false)))).unwrap();
        assert!(Image.terms(&deed, &before).is_some());
        let gone = Image.state(&deed, &answers(&deed, None)).unwrap();
        let steps = Image.back(&deed, &before, &gone).unwrap();
        let Next::Call(register) = &steps[0].next else { panic!("{steps:?}") };
        assert_eq!(register.arguments["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"], "snap-1");
        assert_eq!(
            register.arguments["BlockDeviceMappings"][0]["Ebs"].get("Encrypted"),
            None,
            "it is not taken"
        );
        assert_eq!((&steps[1].next, &steps[2].next), (&Next::Wait, &Next::Later));

        let mut new = image("ami-2");
        new["Tags"].as_array_mut().unwrap().push(json!({"Key": RESTORES, "Value": "ami-1/undo-1"}));
        let again = Image.state(&deed, &answers(&deed, Some((&new, true)))).unwrap();
        assert_eq!(interlock_action::compared(&again), interlock_action::compared(&before));
    }

    #[test]
    fn what_a_registration_cannot_say_has_no_way() {
        let deed = deed(json!({"ImageId": "ami-1"}));
        for (member, value) in [
            ("Platform", json!("windows")),
            ("PlatformDetails", json!("Red Hat Enterprise Linux")),
            ("ProductCodes", json!([{"ProductCodeId": "x"}])),
            ("RootDeviceType", json!("instance-store")),
        ] {
            let mut other = image("ami-1");
            other[member] = value;
            let before = Image.state(&deed, &answers(&deed, Some((&other, false)))).unwrap();
            assert!(Image.terms(&deed, &before).is_none(), "{member}");
        }
    }

    #[test]
    fn an_image_that_takes_its_snapshots_along_comes_back_from_the_copy_that_was_made() {
        let bare = deed(json!({"ImageId": "ami-1", "DeleteAssociatedSnapshots": true}));
        assert!(!Image.undoes(&bare), "no copy was made");
        let deed = Deed { points: vec!["interlock-ami-1-12345678".to_owned()], ..bare };
        assert!(Image.undoes(&deed));
        let told = |image: Option<&Value>| {
            let mut copy = self::image("ami-9");
            copy["Tags"] = json!([{"Key": POINT, "Value": "interlock-ami-1-12345678"}]);
            let mut answers = Answers::new();
            for _ in 0..2 {
                for read in Image.reads(&deed, &answers) {
                    let filter = word(&read.call.arguments, "/Filters/0/Name").unwrap_or_default();
                    let answer = match (read.call.operation.verb(), image) {
                        ("DescribeImages", _) if filter.ends_with(POINT) => {
                            Answer::Found(json!({"Images": [copy]}))
                        }
                        ("DescribeImages", Some(image)) => Answer::Found(json!({"Images": [image]})),
                        ("DescribeImages", None) => Answer::NotFound,
                        _ => Answer::Found(json!({"LaunchPermissions": []})),
                    };
                    answers.insert(read.key, answer);
                }
            }
            Image.state(&deed, &answers).unwrap()
        };
        let mut windows = image("ami-1");
        windows["Platform"] = json!("windows");
        let before = told(Some(&windows));
        let terms = Image.terms(&deed, &before).unwrap();
        assert_eq!(terms.class, interlock_action::Reversibility::FromRecoveryPoint);
        let steps = Image.back(&deed, &before, &told(None)).unwrap();
        let Next::Call(copy) = &steps[0].next else { panic!("{steps:?}") };
        assert_eq!(copy.operation.verb(), "CopyImage");
        assert_eq!(
            (&copy.arguments["SourceImageId"], &copy.arguments["Name"]),
            (&json!("ami-9"), &json!("base"))
        );

        let mut again = windows.clone();
        again["ImageId"] = json!("ami-2");
        again["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] = json!("snap-2");
        again["Tags"].as_array_mut().unwrap().push(json!({"Key": RESTORES, "Value": "ami-1/undo-1"}));
        assert_eq!(interlock_action::compared(&told(Some(&again))), interlock_action::compared(&before));
    }
}
