//! A file system that is deleted: created again, empty, so that what mounts it can be given another.
//!
//! Kept: performance, throughput, encryption, zone, lifecycle, backup policy, file system policy, protection, access points,
//! tags. Back: it is created, found by its creation token, and set up again; a policy that names the old id names the new one.
//! Compared: all that is kept. Lost: every file, its ids and addresses. It has no mount targets when it is deleted.
//!
//! Not a way back: one that a replication writes to. One that is copied elsewhere is not deleted by the service.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::way::{
    Way, at, busy, call, found, is, later, list, only, read, sends_only, set_by_service, sorted, standing,
    step, tags, tells_only, text, token, wait, what, with, word,
};

/// The way.
pub(super) struct FileSystem;

/// What it is made with.
const MADE: &[&str] = &[
    "PerformanceMode",
    "Encrypted",
    "KmsKeyId",
    "ThroughputMode",
    "ProvisionedThroughputInMibps",
    "AvailabilityZoneName",
];
/// What else is told of it.
const TOLD: &[&str] = &[
    "OwnerId",
    "CreationToken",
    "FileSystemId",
    "FileSystemArn",
    "CreationTime",
    "LifeCycleState",
    "Name",
    "NumberOfMountTargets",
    "SizeInBytes",
    "AvailabilityZoneId",
    "Tags",
    "FileSystemProtection",
];
const POINT: &[&str] = &["PosixUser", "RootDirectory"];
/// Stands for the id in a policy. No id has such letters.
const ITSELF: &str = "<this file system>";
const PROTECTION: &str = "/FileSystemProtection/ReplicationOverwriteProtection";

/// The id, of which the ARN is the longer form.
fn id(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[&["FileSystemId"]]);
    let id = text(deed, "/FileSystemId").filter(|_| known && is(deed, "efs", &["DeleteFileSystem"]))?;
    Some(id.rsplit('/').next().unwrap_or(id))
}

fn one(id: &str) -> Value {
    json!({"FileSystemId": id})
}

fn made(deed: &Deed) -> Value {
    json!({"CreationToken": token(deed, "file system")})
}

/// The file system, or the one that was made in its place.
fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let id = id(deed).ok_or("the file system is not named")?;
    for asked in [one(id), made(deed)] {
        let told = found(answers, "efs", "DescribeFileSystems", &asked)?;
        let there =
            |one: &&Value| !matches!(word(one, "/LifeCycleState"), Some("deleting" | "deleted") | None);
        let mut all = told.map_or(&[][..], |told| list(told, "/FileSystems")).iter().filter(there);
        match (all.next(), all.next()) {
            (Some(_), Some(_)) => return Err(format!("more than one stands in the place of {id}")),
            (None, _) => {}
            (one, _) => return Ok(one),
        }
    }
    Ok(None)
}

/// A value with one text in place of another, wherever it stands.
fn renamed(value: &Value, from: &str, to: &str) -> Value {
    match value {
        Value::String(text) => text.replace(from, to).into(),
        Value::Array(all) => all.iter().map(|one| renamed(one, from, to)).collect(),
        Value::Object(members) => {
            let one = |(name, value): (&String, &Value)| (name.clone(), renamed(value, from, to));
            Value::Object(members.iter().map(one).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The policy, as far as it can be read, without the file system's own id.
fn policy(answer: Option<&Value>, id: &str) -> Result<Value, String> {
    let Some(text) = answer.and_then(|answer| word(answer, "/Policy")) else { return Ok(Value::Null) };
    let document: Value = serde_json::from_str(text).map_err(|_| "the policy is no JSON".to_owned())?;
    Ok(renamed(&document, id, ITSELF))
}

/// The access points, without their ids.
fn points(answer: Option<&Value>) -> Result<Value, String> {
    let answer = answer.ok_or("the access points are not told")?;
    if !at(answer, "/NextToken").is_null() {
        return Err("there are more access points than one answer tells".to_owned());
    }
    let there = |one: &&Value| !matches!(word(one, "/LifeCycleState"), Some("deleting" | "deleted"));
    let kept = |one| with(only(one, POINT), json!({"Tags": tags(at(one, "/Tags"))}));
    Ok(sorted(list(answer, "/AccessPoints").iter().filter(there).map(kept).collect()))
}

impl Way for FileSystem {
    fn name(&self) -> &'static str {
        "efs/file-system"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let ask = |operation: &str, of: Value| read(deed, "efs", operation, of);
        let mut reads = vec![ask("DescribeFileSystems", one(id)), ask("DescribeFileSystems", made(deed))];
        if let Ok(Some(record)) = current(deed, so_far)
            && let Some(id) = word(record, "/FileSystemId")
        {
            reads.extend(ASKED.map(|operation| ask(operation, one(id))));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(record) = current(deed, answers)? else {
            return Ok(standing(Value::Null, json!({})));
        };
        let id = word(record, "/FileSystemId").ok_or("the file system has no id")?;
        let ask = |operation: &str| found(answers, "efs", operation, &one(id));
        let lifecycle = ask("DescribeLifecycleConfiguration")?.ok_or("the lifecycle is not told")?;
        let backup = ask("DescribeBackupPolicy")?;
        let backup = backup.and_then(|answer| word(answer, "/BackupPolicy/Status"));
        let is = json!({
            "made": only(record, MADE),
            "Tags": tags(at(record, "/Tags")),
            "lifecycle": sorted(list(lifecycle, "/LifecyclePolicies").to_vec()),
            "backup": matches!(backup, Some("ENABLED" | "ENABLING")),
            "policy": policy(ask("DescribeFileSystemPolicy")?, id)?,
            "protection": word(record, PROTECTION),
            "access points": points(ask("DescribeAccessPoints")?)?,
        });
        let working = word(record, "/LifeCycleState") == Some("creating");
        let protected = matches!(word(record, PROTECTION), None | Some("ENABLED" | "DISABLED"));
        let handle = json!({
            "id": id,
            "busy": working,
            "plain": tells_only(record, &[MADE, TOLD]) && protected,
        });
        Ok(standing(with(is, json!({})), handle))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = [
            "every file that it held",
            "its id, ARN and addresses, and those of its access points: what mounts it must be given the new ones",
            "its mount targets: they have to be made again",
        ];
        let plain = !what(before).is_null() && at(before, "/handle/plain") == &Value::Bool(true);
        plain.then(|| Terms::lossy(5, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let gone = id(deed).ok_or("the file system is not named")?;
        let (was, is) = (what(before), what(now));
        let fresh = is.is_null();
        if !fresh && at(was, "/made") != at(is, "/made") {
            return Err(format!("the file system that stands in the place of {gone} is another"));
        }
        // It is made with its backups, which may show late.
        let unready = busy(now) || (!fresh && at(was, "/backup") != at(is, "/backup"));
        let mut steps = if unready { vec![wait(format!("wait for {gone}"))] } else { Vec::new() };
        if fresh {
            let more = json!({"Tags": at(was, "/Tags"), "Backup": at(was, "/backup")});
            let make = with(with(at(was, "/made").clone(), more), made(deed));
            steps.push(step(
                format!("create {gone} again, empty"),
                call(deed, "efs", "CreateFileSystem", make),
            ));
            steps.push(wait(format!("wait for {gone}")));
        }
        let new = word(now, "/handle/id").filter(|_| !fresh);
        for (name, operation, arguments) in remaining(deed, gone, was, is, new.unwrap_or_default()) {
            let next = call(deed, "efs", operation, with(arguments, json!({"FileSystemId": new})));
            steps.push(if fresh { later(name) } else { step(name, next) });
        }
        Ok(steps)
    }

    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        // What a new one is unless it is said.
        let protection = at(what(now), "/protection").clone();
        let own = [("/is/protection", protection.clone()), ("/is/backup", Value::Bool(false))];
        let ours = matches!(protection.as_str(), None | Some("ENABLED")) && !what(now).is_null();
        ours.then(|| set_by_service(before, &own)).into_iter().collect()
    }
}

const ASKED: [&str; 4] = [
    "DescribeLifecycleConfiguration",
    "DescribeBackupPolicy",
    "DescribeFileSystemPolicy",
    "DescribeAccessPoints",
];

/// What a file system that was made again is still without; its id is `new`.
fn remaining(
    deed: &Deed,
    gone: &str,
    was: &Value,
    is: &Value,
    new: &str,
) -> Vec<(String, &'static str, Value)> {
    let mut rest = Vec::new();
    let differs = |member: &str| at(was, member) != at(is, member);
    // A new one moves no files.
    let none = json!([]);
    let lifecycle = if is.is_null() { &none } else { at(is, "/lifecycle") };
    if at(was, "/lifecycle") != lifecycle {
        let arguments = json!({"LifecyclePolicies": at(was, "/lifecycle")});
        rest.push((format!("move the files of {gone} as before"), "PutLifecycleConfiguration", arguments));
    }
    if at(was, "/protection").as_str() == Some("DISABLED") && differs("/protection") {
        let arguments = json!({"ReplicationOverwriteProtection": "DISABLED"});
        let name = format!("let a replication write over {gone} again");
        rest.push((name, "UpdateFileSystemProtection", arguments));
    }
    let (mut had, have) = (Vec::new(), list(is, "/access points"));
    for (number, point) in (1_u32..).zip(list(was, "/access points")) {
        had.push(point);
        let count = |all: &mut dyn Iterator<Item = &Value>| all.filter(|one| *one == point).count();
        if count(&mut have.iter()) >= count(&mut had.iter().copied()) {
            continue;
        }
        let more = json!({"ClientToken": token(deed, &format!("access point {number}"))});
        let name = format!("make access point {number} of {gone} again");
        rest.push((name, "CreateAccessPoint", with(point.clone(), more)));
    }
    // The last, for it may shut out who sets up the rest.
    if !at(was, "/policy").is_null() && differs("/policy") {
        let document = renamed(at(was, "/policy"), ITSELF, new).to_string();
        rest.push((
            format!("give {gone} its policy again"),
            "PutFileSystemPolicy",
            json!({"Policy": document}),
        ));
    }
    rest
}

#[cfg(test)]
mod tests;
