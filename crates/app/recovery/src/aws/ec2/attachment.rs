//! A volume attached to an instance, or detached from it.
//!
//! Kept: which instance has it, under which device, and whether it goes with the instance. Back: it is detached, attached,
//! and marked again. Compared: all that is kept. Lost by a forced detachment: what was not yet written.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, busy, call, is, later, list, only, standing, step, text, wait, what, with, word},
};

/// The way.
pub(super) struct Attachment;

fn volume(deed: &Deed) -> Option<&str> {
    text(deed, "/VolumeId").filter(|_| is(deed, "ec2", &["AttachVolume", "DetachVolume"]))
}

impl OneRead for Attachment {
    fn called(&self) -> &'static str {
        "ec2/attachment"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("ec2", "DescribeVolumes", json!({"VolumeIds": [volume(deed)?]})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let volume = at(answer.ok_or("the volume is not there")?, "/Volumes/0");
        if at(volume, "/MultiAttachEnabled") == &Value::Bool(true) {
            return Err("it is attached to several instances".to_owned());
        }
        let attachments = list(volume, "/Attachments");
        let state = |one: &Value| word(one, "/State").unwrap_or_default().to_owned();
        let working = attachments.iter().any(|one| matches!(state(one).as_str(), "attaching" | "detaching"));
        let kept = attachments.iter().find(|one| matches!(state(one).as_str(), "attached" | "attaching"));
        let kept = kept.map(|one| only(one, &["InstanceId", "Device", "DeleteOnTermination"]));
        Ok(standing(kept.unwrap_or_default(), json!({"busy": working})))
    }

    fn on(&self, deed: &Deed, _before: &Value) -> Option<Terms> {
        let forced = deed.arguments.get("Force") == Some(&Value::Bool(true));
        Some(match forced {
            true => Terms::lossy(2, &["what was not yet written to the volume"]),
            false => Terms { minutes: 2, ..Terms::exact() },
        })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let volume = volume(deed).ok_or("the volume is not named")?;
        let (was, is) = (what(before), what(now));
        let place = |one: &Value| only(one, &["InstanceId", "Device"]);
        let mut steps = Vec::new();
        if busy(now) {
            steps.push(wait("wait for the volume"));
        }
        let moved = place(was) != place(is);
        if moved && !is.is_null() {
            let name = format!("detach {volume} from {}", word(is, "/InstanceId").unwrap_or("?"));
            let arguments = with(place(is), json!({"VolumeId": volume}));
            steps.push(step(name, call(deed, "ec2", "DetachVolume", arguments)));
            steps.push(wait("wait for the volume"));
        }
        if was.is_null() {
            return Ok(steps);
        }
        let instance = word(was, "/InstanceId").ok_or("the instance was not kept")?;
        if moved {
            let name = format!("attach {volume} to {instance}");
            let arguments = json!({"VolumeId": volume, "InstanceId": instance, "Device": at(was, "/Device")});
            steps.push(match is.is_null() {
                true => step(name, call(deed, "ec2", "AttachVolume", arguments)),
                false => later(name),
            });
            steps.push(wait("wait for the volume"));
        }
        let goes = at(was, "/DeleteOnTermination");
        // What is attached by hand stays when the instance goes.
        let stays = moved && goes == &Value::Bool(true);
        if stays || (!moved && goes != at(is, "/DeleteOnTermination")) {
            let mapping = json!({"DeviceName": at(was, "/Device"), "Ebs": {"DeleteOnTermination": goes}});
            let arguments = json!({"InstanceId": instance, "BlockDeviceMappings": [mapping]});
            let name = format!("set whether {volume} goes with the instance back");
            steps.push(match moved {
                true => later(name),
                false => step(name, call(deed, "ec2", "ModifyInstanceAttribute", arguments)),
            });
        }
        Ok(steps)
    }
}
