//! A snapshot that is deleted: copied again from the copy that Interlock made first, which stays.
//!
//! Kept: description, size, whom it is shared with, tags. Back: it is copied, with a tag that says which one it restores, and
//! shared again. Compared: all that is kept. Lost: the id, the date, and of which volume it says it is. No way where Interlock
//! made no copy: another snapshot of the volume is left, or it is encrypted.

use interlock_action::{Answers, Deed, POINT, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        RESTORES, Way, at, busy, call, found, is, later, list, only, read, sorted, standing, step, tags,
        text, wait, what, with, word,
    },
    gone::{Things, made_for, tagged},
};

/// The way.
pub(super) struct Snapshot;

const SNAPSHOTS: Things =
    Things { describe: "DescribeSnapshots", ids: "SnapshotIds", filters: "Filters", list: "/Snapshots" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/SnapshotId").filter(|_| is(deed, "ec2", &["DeleteSnapshot"]) && !deed.points.is_empty())
}

fn current<'a>(deed: &Deed, answers: &'a Answers, id: &str) -> Result<Option<&'a Value>, String> {
    SNAPSHOTS.current(deed, answers, id, |one| matches!(word(one, "/State"), Some("completed" | "pending")))
}

fn copies(deed: &Deed) -> Value {
    json!({"Filters": [{"Name": format!("tag:{POINT}"), "Values": deed.points}], "OwnerIds": ["self"]})
}

fn shared(snapshot: &str) -> Value {
    json!({"SnapshotId": snapshot, "Attribute": "createVolumePermission"})
}

/// The copy that Interlock made for this deed.
fn copy<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a str>, String> {
    let answer = found(answers, "ec2", "DescribeSnapshots", &copies(deed))?;
    let own = |one: &&Value| word(one, "/State") == Some("completed") && made_for(deed, one);
    let all = answer.map_or(&[][..], |answer| list(answer, "/Snapshots"));
    Ok(all.iter().find(own).and_then(|one| word(one, "/SnapshotId")))
}

impl Way for Snapshot {
    fn name(&self) -> &'static str {
        "ec2/snapshot"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = SNAPSHOTS.reads(deed, id);
        reads.push(read(deed, "ec2", "DescribeSnapshots", copies(deed)));
        if let Ok(Some(snapshot)) = current(deed, so_far, id) {
            let snapshot = word(snapshot, "/SnapshotId").unwrap_or_default();
            reads.push(read(deed, "ec2", "DescribeSnapshotAttribute", shared(snapshot)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the snapshot is not named")?;
        let copy = copy(deed, answers)?;
        let Some(snapshot) = current(deed, answers, id)? else {
            return Ok(standing(Value::Null, json!({"copy": copy})));
        };
        let now = word(snapshot, "/SnapshotId").ok_or("the snapshot has no id")?;
        let with_whom = found(answers, "ec2", "DescribeSnapshotAttribute", &shared(now))?;
        let with_whom = with_whom.map_or(&[][..], |answer| list(answer, "/CreateVolumePermissions"));
        let with_whom = with_whom.iter().map(|one| only(one, &["Group", "UserId"])).collect();
        let more = json!({"Tags": tags(at(snapshot, "/Tags")), "shared": sorted(with_whom)});
        let kept = with(only(snapshot, &["Description", "VolumeSize", "Encrypted"]), more);
        let working = word(snapshot, "/State") == Some("pending");
        Ok(standing(kept, json!({"id": now, "copy": copy, "busy": working})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["the snapshot's id and date", "of which volume it says it is"];
        (!what(before).is_null()).then(|| Terms::from_recovery_point(30, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the snapshot is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if is.is_null() {
            let copy = word(now, "/handle/copy").ok_or("the copy that Interlock made is not there")?;
            let arguments = json!({
                "SourceSnapshotId": copy,
                "SourceRegion": deed.region,
                "Description": at(was, "/Description"),
                "TagSpecifications": tagged(deed, "snapshot", at(was, "/Tags"), id),
            });
            let name = format!("copy the snapshot {id} again from {copy}");
            steps.push(step(name, call(deed, "ec2", "CopySnapshot", with(arguments, json!({})))));
        }
        if is.is_null() || busy(now) {
            steps.push(wait("wait for the snapshot"));
        }
        if at(was, "/shared") != at(is, "/shared") && !list(was, "/shared").is_empty() {
            let name = "share the snapshot again".to_owned();
            steps.push(match word(now, "/handle/id") {
                None => later(name),
                Some(snapshot) => {
                    let whom = |member: &str| {
                        let all = list(was, "/shared").iter().filter_map(|one| one.get(member).cloned());
                        let all: Vec<Value> = all.collect();
                        if all.is_empty() { Value::Null } else { Value::Array(all) }
                    };
                    let add = json!({
                        "OperationType": "add", "UserIds": whom("UserId"), "GroupNames": whom("Group"),
                    });
                    let arguments = with(shared(snapshot), add);
                    step(name, call(deed, "ec2", "ModifySnapshotAttribute", arguments))
                }
            });
        }
        if steps.is_empty() {
            return Err(format!("the snapshot that is tagged {RESTORES} is another"));
        }
        Ok(steps)
    }

    /// A copy is shared with nobody until it is shared again.
    fn between(&self, _deed: &Deed, before: &Value, _now: &Value) -> Vec<Value> {
        vec![super::super::way::set_by_service(before, &[("/is/shared", json!([]))])]
    }
}
