//! One attribute of an instance: its type, its protection, its user data, its security groups.
//!
//! Kept: the attribute. Back: it is set again. Compared: the attribute's value. User data may hold secrets.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, sorted, step, text, with, word},
};

/// The way.
pub(super) struct Attribute;

const DISKS: &str = "BlockDeviceMappings";

/// The request's member, and what the read calls it.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("InstanceType", "instanceType"),
    ("DisableApiTermination", "disableApiTermination"),
    ("DisableApiStop", "disableApiStop"),
    ("InstanceInitiatedShutdownBehavior", "instanceInitiatedShutdownBehavior"),
    ("SourceDestCheck", "sourceDestCheck"),
    ("EbsOptimized", "ebsOptimized"),
    ("EnaSupport", "enaSupport"),
    ("UserData", "userData"),
    ("Groups", "groupSet"),
    (DISKS, "blockDeviceMapping"),
];

/// The one attribute that the deed sets; `None` where it names it in another form.
fn attribute(deed: &Deed) -> Option<(&'static str, &'static str)> {
    let sent = deed.arguments.as_object()?;
    let mut named = ATTRIBUTES.into_iter().filter(|(member, _)| sent.contains_key(*member));
    let only = named.next().filter(|_| named.next().is_none())?;
    let known = |name: &String| ["InstanceId", "DryRun", only.0].contains(&name.as_str());
    // Of a disk only whether it goes with its instance is set back.
    let plain = |disk: &Value| only_of(disk).is_some_and(|kept| kept == *disk);
    let plain = only.0 != DISKS || list(&deed.arguments, "/BlockDeviceMappings").iter().all(plain);
    (plain && sent.keys().all(known)).then_some(only)
}

fn only_of(disk: &Value) -> Option<Value> {
    let goes = disk.pointer("/Ebs/DeleteOnTermination")?;
    Some(json!({"DeviceName": word(disk, "/DeviceName")?, "Ebs": {"DeleteOnTermination": goes}}))
}

impl OneRead for Attribute {
    fn called(&self) -> &'static str {
        "ec2/instance-attribute"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let ours = is(deed, "ec2", &["ModifyInstanceAttribute"]);
        let (instance, (_, name)) = text(deed, "/InstanceId").zip(attribute(deed)).filter(|_| ours)?;
        Some(Ask("ec2", "DescribeInstanceAttribute", json!({"InstanceId": instance, "Attribute": name})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (member, _) = attribute(deed).ok_or("the attribute is not named")?;
        let answer = answer.ok_or("the instance is not there")?;
        if member == "Groups" {
            let groups = list(answer, "/Groups").iter().filter_map(|group| word(group, "/GroupId"));
            return Ok(json!({member: sorted(groups.map(Value::from).collect())}));
        }
        if member == DISKS {
            let sent = list(&deed.arguments, "/BlockDeviceMappings");
            let named =
                |disk: &&Value| sent.iter().any(|one| word(one, "/DeviceName") == word(disk, "/DeviceName"));
            let disks = list(answer, "/BlockDeviceMappings").iter().filter(named).filter_map(only_of);
            return Ok(json!({member: sorted(disks.collect())}));
        }
        Ok(json!({member: answer.get(member).cloned().unwrap_or_else(|| json!({}))}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (instance, (member, _)) =
            text(deed, "/InstanceId").zip(attribute(deed)).ok_or("the attribute is not named")?;
        let mut was = before.clone();
        // Written as bytes: none at all is how there is none again.
        if let (true, Some(members)) = (before == &json!({"UserData": {}}), was.as_object_mut()) {
            members.insert(member.to_owned(), json!({"Value": ""}));
        }
        let arguments = with(was, json!({"InstanceId": instance}));
        let name = format!("set {member} of {instance} back");
        Ok(vec![step(name, call(deed, "ec2", "ModifyInstanceAttribute", arguments))])
    }
}
