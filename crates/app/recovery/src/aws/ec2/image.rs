//! An image that is deregistered: registered again from its snapshots, which stay.
//!
//! Kept: name, description, architecture, how it boots, its volumes, whom it is shared with, tags. Back: it is registered
//! and shared again. Compared: all that is kept. Lost: the id. No way where the service knows more of it than a registration
//! can say (Windows, billed products), or where its snapshots go with it.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        RESTORES, Way, at, busy, call, found, is, later, list, only, read, sorted, standing, step, tags,
        text, wait, what, with, word,
    },
    gone::{Things, tagged},
};

/// The way.
pub(super) struct Image;

const IMAGES: Things =
    Things { describe: "DescribeImages", ids: "ImageIds", filters: "Filters", list: "/Images" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/ImageId").filter(|_| is(deed, "ec2", &["DeregisterImage"]))
}

fn current<'a>(answers: &'a Answers, id: &str) -> Result<Option<&'a Value>, String> {
    IMAGES.current(answers, id, |one| matches!(word(one, "/State"), Some("available" | "pending")))
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
        let takes_all = deed.arguments.get("DeleteAssociatedSnapshots") == Some(&Value::Bool(true));
        id(deed).is_some() && !takes_all
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = IMAGES.reads(deed, id);
        if let Ok(Some(image)) = current(so_far, id) {
            let image = word(image, "/ImageId").unwrap_or_default();
            reads.push(read(deed, "ec2", "DescribeImageAttribute", shared(image)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the image is not named")?;
        let Some(image) = current(answers, id)? else { return Ok(standing(Value::Null, json!({}))) };
        let now = word(image, "/ImageId").ok_or("the image has no id")?;
        let permissions = found(answers, "ec2", "DescribeImageAttribute", &shared(now))?;
        let permissions = permissions.map_or(&[][..], |answer| list(answer, "/LaunchPermissions"));
        let more = json!({
            "Tags": tags(at(image, "/Tags")),
            "shared": sorted(permissions.to_vec()),
            "plain": is_plain(image),
        });
        let working = word(image, "/State") == Some("pending");
        Ok(standing(with(only(image, &MEMBERS), more), json!({"id": now, "busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let plain = at(what(before), "/plain") == &Value::Bool(true);
        plain.then(|| Terms::lossy(10, &["the image's id"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the image is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if is.is_null() {
            let name = format!("register the image {id} again from its snapshots");
            steps.push(step(name, call(deed, "ec2", "RegisterImage", registration(was, id))));
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
fn registration(was: &Value, id: &str) -> Value {
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
    let tags = tagged("image", at(was, "/Tags"), id);
    with(arguments, json!({"BlockDeviceMappings": mappings.collect::<Vec<_>>(), "TagSpecifications": tags}))
}

#[cfg(test)]
mod tests {
    use interlock_action::{AccountId, Next, Operation, Surface};

    use super::*;

    fn deed(arguments: Value) -> Deed {
        Deed {
            surface: Surface::Aws,
            operation: Operation::aws("ec2", "DeregisterImage"),
            account: Some(AccountId::new("123456789012")),
            region: Some("us-east-1".to_owned()),
            arguments,
            targets: Vec::new(),
            points: Vec::new(),
        }
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
        new["Tags"].as_array_mut().unwrap().push(json!({"Key": RESTORES, "Value": "ami-1"}));
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
    fn an_image_that_takes_its_snapshots_along_has_no_way() {
        assert!(!Image.undoes(&deed(json!({"ImageId": "ami-1", "DeleteAssociatedSnapshots": true}))));
    }
}
