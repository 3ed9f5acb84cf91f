//! With whom a snapshot or an image is shared.
//!
//! Kept: the accounts, groups and organisations that may use it. Back: who was added is removed, who was removed is added.
//! Compared: the same. What somebody copied meanwhile stays a copy.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, missing, only, sorted, step, text, with},
};

/// The way of one kind of thing.
pub(super) struct Shared {
    name: &'static str,
    id: &'static str,
    modify: &'static str,
    describe: &'static str,
    attribute: &'static str,
    /// What the request calls groups of accounts.
    groups: &'static str,
    /// The member that says who, in the request; its plural in the answer.
    who: (&'static str, &'static str),
}

/// Snapshots.
pub(super) static SNAPSHOT: Shared = Shared {
    name: "ec2/snapshot-sharing",
    id: "SnapshotId",
    modify: "ModifySnapshotAttribute",
    describe: "DescribeSnapshotAttribute",
    attribute: "createVolumePermission",
    groups: "GroupNames",
    who: ("CreateVolumePermission", "/CreateVolumePermissions"),
};

/// Images.
pub(super) static IMAGE: Shared = Shared {
    name: "ec2/image-sharing",
    id: "ImageId",
    modify: "ModifyImageAttribute",
    describe: "DescribeImageAttribute",
    attribute: "launchPermission",
    groups: "UserGroups",
    who: ("LaunchPermission", "/LaunchPermissions"),
};

impl Shared {
    fn thing<'a>(&self, deed: &'a Deed) -> Option<&'a str> {
        let about = deed.arguments.get(self.who.0).is_some()
            || text(deed, "/Attribute").is_some_and(|attribute| attribute == self.attribute);
        text(deed, &format!("/{}", self.id)).filter(|_| is(deed, "ec2", &[self.modify]) && about)
    }

    fn place(&self, thing: &str) -> Value {
        json!({self.id: thing, "Attribute": self.attribute})
    }
}

impl OneRead for Shared {
    fn called(&self) -> &'static str {
        self.name
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("ec2", self.describe, self.place(self.thing(deed)?)))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("it is not there")?;
        let with = at(answer, self.who.1).as_array().into_iter().flatten();
        let members = ["Group", "UserId", "OrganizationArn", "OrganizationalUnitArn"];
        Ok(json!({"shared with": sorted(with.map(|one| only(one, &members)).collect())}))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let thing = self.thing(deed).ok_or("it is not named")?;
        let (was, is) = (at(before, "/shared with"), at(now, "/shared with"));
        let mut steps = Vec::new();
        for (whom, operation, words) in
            [(missing(was, is), "remove", "no longer with"), (missing(is, was), "add", "again with")]
        {
            let named = |member: &str| {
                let all = whom.iter().filter_map(|one| one.get(member).cloned()).collect::<Vec<_>>();
                if all.is_empty() { Value::Null } else { Value::Array(all) }
            };
            let more = json!({
                "OperationType": operation,
                "UserIds": named("UserId"),
                self.groups: named("Group"),
                "OrganizationArns": named("OrganizationArn"),
                "OrganizationalUnitArns": named("OrganizationalUnitArn"),
            });
            if !whom.is_empty() {
                let name = format!("share {thing} {words} {}", whom.len());
                steps.push(step(name, call(deed, "ec2", self.modify, with(self.place(thing), more))));
            }
        }
        Ok(steps)
    }
}
