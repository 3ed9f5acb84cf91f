//! EC2 instances.
//!
//! Termination deletes the volumes whose mapping says `DeleteOnTermination`, and everything on instance-store volumes;
//! a stop loses the instance store and, without an Elastic IP, the public address. Interlock takes a snapshot of each
//! volume that would go (crash-consistent while the instance runs); an instance store cannot be kept. What stops in an
//! Auto Scaling group is terminated by it. Reads: DescribeInstances, DescribeInstanceAttribute (termination and stop
//! protection), DescribeInstanceTypes, DescribeVolumes and DescribeSnapshots of each volume, kms:DescribeKey. Target
//! groups and DNS names that point to an instance are not looked at.

use interlock_action::{
    Action, Answers, Bears, Call, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, listed, live, or_dash, text, texts},
        draft::{Draft, leading},
        existence,
        generic::tell_plainly,
        tally::Tally,
    },
    discovered, id_of, ids, ours, points, volume,
};
use crate::rules::facts;

/// Of one action so many instances are looked at.
const MOST: usize = 20;

/// The forecaster of instances.
pub(in crate::forecast) struct Instance;

const OPERATIONS: [&str; 9] = [
    "TerminateInstances",
    "StopInstances",
    "StartInstances",
    "RebootInstances",
    "ModifyInstanceAttribute",
    "ResetInstanceAttribute",
    "AssociateIamInstanceProfile",
    "ModifyInstanceMetadataOptions",
    "MonitorInstances",
];

fn subjects(action: &Action) -> Vec<(&str, TargetId)> {
    let ids = ids(action, "InstanceId", "InstanceIds");
    ids.into_iter().map(|id| (id, id_of(action, Kind::Instance, "instance", id))).collect()
}

fn protection_key(instance: &str, attribute: &str) -> String {
    format!("ec2 {attribute} {instance}")
}

fn type_key(kind: &str) -> String {
    format!("ec2 type {kind}")
}

/// Volumes that go with the instance, and those that stay.
fn volumes(record: &Value, going: bool) -> Vec<&str> {
    entries(record, "/BlockDeviceMappings")
        .iter()
        .filter(|mapping| (flag(mapping, "/Ebs/DeleteOnTermination") != Some(false)) == going)
        .filter_map(|mapping| text(mapping, "/Ebs/VolumeId"))
        .collect()
}

impl Look for Instance {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && !subjects(action).is_empty()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let mut reads = Vec::new();
        for (instance, id) in subjects(action).into_iter().take(MOST) {
            let one = json!({ "InstanceIds": [instance] });
            reads.push(crate::call::read(action, existence::live_key(&id), "ec2", "DescribeInstances", one));
            let ends = matches!(action.operation.verb(), "TerminateInstances" | "StopInstances");
            if !ends && action.operation.verb() != "ModifyInstanceAttribute" {
                continue;
            }
            for (attribute, _) in [TERMINATION, STOP] {
                let arguments = json!({"InstanceId": instance, "Attribute": attribute});
                let key = protection_key(instance, attribute);
                reads.push(crate::call::read(action, key, "ec2", "DescribeInstanceAttribute", arguments));
            }
            if ends {
                let terminates = action.operation.verb() == "TerminateInstances";
                reads.extend(ending_reads(action, so_far, &id, terminates));
            }
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let mut going = Going::default();
        for (at, (instance, id)) in subjects(action).into_iter().enumerate() {
            let record = if at < MOST {
                existence::of(action, answers, &id)
            } else {
                Live::Unread(format!("only {MOST} instances are looked at"))
            };
            match record {
                Live::Found(record) => {
                    see(action, &id, instance, record, draft);
                    facts_of(answers, instance, record, draft);
                    one(action, answers, instance, &id, record, &mut going, draft);
                }
                Live::Absent => {}
                Live::Unread(why) => {
                    unread_facts(draft);
                    if matches!(action.operation.verb(), "TerminateInstances" | "StopInstances") {
                        unread(instance, &id, leading(action), &why, &mut going, draft);
                    } else {
                        draft.unknown(format!("instance {instance} could not be read: {why}"));
                    }
                }
            }
        }
        match action.operation.verb() {
            "TerminateInstances" => settle(going, draft),
            "StopInstances" if going.is_empty() => draft.reversibility = Reversibility::Exact,
            "StopInstances" => settle(going, draft),
            _ => {}
        }
    }
}

/// The instance's record, whether it is a target of the action or was found by looking.
fn record<'a>(action: &Action, answers: &'a Answers, id: &TargetId) -> Live<'a> {
    match existence::of(action, answers, id) {
        Live::Found(answer) if answer.get("Reservations").is_some() => {
            answer.pointer("/Reservations/0/Instances/0").map_or(Live::Absent, Live::Found)
        }
        other => other,
    }
}

/// What is read of an instance that stops or goes, once its record is there.
fn ending_reads(action: &Action, so_far: &Answers, id: &TargetId, terminates: bool) -> Vec<Read> {
    let mut reads = Vec::new();
    let Live::Found(record) = record(action, so_far, id) else { return reads };
    if let Some(kind) = text(record, "/InstanceType") {
        let arguments = json!({ "InstanceTypes": [kind] });
        reads.push(crate::call::read(action, type_key(kind), "ec2", "DescribeInstanceTypes", arguments));
    }
    let scaled = points::tag(record, "aws:autoscaling:groupName").is_some();
    for volume in volumes(record, true).into_iter().filter(|_| terminates || scaled) {
        let id = id_of(action, Kind::Volume, "volume", volume);
        reads.push(points::volume_read(action, &id, volume));
        reads.push(points::read(action, volume));
        reads.extend(points::key_reads(action, so_far, volume));
    }
    reads
}

/// The reads of instances that another request than TerminateInstances terminates.
pub(in crate::forecast) fn terminating_reads(
    action: &Action,
    so_far: &Answers,
    instances: &[&str],
) -> Vec<Read> {
    let mut reads = Vec::new();
    for instance in instances.iter().take(MOST) {
        let id = id_of(action, Kind::Instance, "instance", instance);
        let one = json!({ "InstanceIds": [instance] });
        reads.push(crate::call::read(action, existence::live_key(&id), "ec2", "DescribeInstances", one));
        reads.extend(ending_reads(action, so_far, &id, true));
    }
    reads
}

/// What becomes of those instances, and of the volumes that go with them.
pub(in crate::forecast) fn terminating(
    action: &Action,
    answers: &Answers,
    instances: &[&str],
    draft: &mut Draft,
) {
    let mut going = Going::default();
    for (at, instance) in instances.iter().enumerate() {
        let target = discovered(action, Kind::Instance, "instance", instance);
        let id = target.id.clone();
        draft.discover(target);
        let found = match at < MOST {
            true => record(action, answers, &id),
            false => Live::Unread(format!("only {MOST} instances are looked at")),
        };
        match found {
            Live::Found(record) => {
                let exists = Some(true);
                let tags = existence::tag_map(record.get("Tags"));
                draft.observe(&id, Observed { exists, tags, ..Observed::default() });
                draft.bind(id.as_str(), json!({"volumes": volumes(record, true)}));
                terminate((action, answers), (instance, &id), record, &mut going, draft);
            }
            Live::Absent => {}
            Live::Unread(why) => unread(instance, &id, Effect::Destroy, &why, &mut going, draft),
        }
    }
    settle(going, draft);
}

/// An instance that goes, and that could not be read.
fn unread(instance: &str, id: &TargetId, effect: Effect, why: &str, going: &mut Going, draft: &mut Draft) {
    draft.unknown(format!("instance {instance} could not be read: {why}"));
    draft.change(id, Kind::Instance, effect, format!("instance {instance}, unread"));
    draft.lose(format!("instance {instance}: which volumes go with it could not be read"));
    draft.tally(Tally::unread());
    going.impossible.push(format!("instance {instance} could not be read: {why}"));
}

fn unread_facts(draft: &mut Draft) {
    for name in [
        facts::EC2_VOLUME_DELETED_ON_TERMINATION,
        facts::EC2_HAS_INSTANCE_STORE,
        facts::EC2_IN_AUTO_SCALING_GROUP,
        facts::EC2_INSTANCE_PROTECTED,
    ] {
        draft.fact(name, true, None);
    }
}

/// What is made first, for all instances together.
#[derive(Default)]
struct Going {
    calls: Vec<Call>,
    proof: Vec<(Call, String, Value)>,
    makes: Vec<String>,
    impossible: Vec<String>,
    /// Instance stores beside volumes that are kept: what is on them is lost, and said.
    stores: Vec<String>,
}

impl Going {
    /// Whether nothing goes that would have to be kept.
    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.impossible.is_empty() && self.stores.is_empty()
    }
}

fn see(action: &Action, id: &TargetId, instance: &str, record: &Value, draft: &mut Draft) {
    let all = entries(record, "/BlockDeviceMappings");
    let size = format!("{} volumes", all.len());
    // The machine itself bears nothing: what goes with it is on its volumes, which are targets of their own, and on its
    // instance store.
    let data = if volumes(record, true).is_empty() { Bears::Unknown } else { Bears::Yes };
    let mut attached: Vec<TargetId> =
        volumes(record, false).into_iter().map(|one| id_of(action, Kind::Volume, "volume", one)).collect();
    if action.operation.verb() == "ModifyInstanceAttribute" {
        attached.clear();
    }
    draft.observe(id, Observed { data, size: Some(size), attached_to: attached, ..Observed::default() });
    draft.bind(
        id.as_str(),
        json!({
            "InstanceId": instance,
            "LaunchTime": record.get("LaunchTime"),
            "volumes": volumes(record, true),
        }),
    );
    if let Some(group) = points::tag(record, "aws:autoscaling:groupName") {
        draft.depend(format!("Auto Scaling group {group} starts another one in place of {instance}"));
    }
    if let Some(profile) = text(record, "/IamInstanceProfile/Arn") {
        draft.depend(format!("{instance} runs as {profile}"));
    }
    if let Some(address) = text(record, "/PublicIpAddress") {
        draft.depend(format!("whoever reaches {instance} at {address}"));
    }
}

/// Whether the type has an instance store; `None` when nobody could tell.
fn instance_store(answers: &Answers, record: &Value) -> Option<bool> {
    if text(record, "/RootDeviceType") == Some("instance-store") {
        return Some(true);
    }
    let types = listed(answers, &type_key(text(record, "/InstanceType")?), "InstanceTypes");
    flag(types.entries().first()?, "/InstanceStorageSupported")
}

/// Attributes that protect, as the request and as the answer have them.
const TERMINATION: (&str, &str) = ("disableApiTermination", "DisableApiTermination");
const STOP: (&str, &str) = ("disableApiStop", "DisableApiStop");

/// Whether a protection is on; `None` when nobody could tell.
fn protected(answers: &Answers, instance: &str, (attribute, member): (&str, &str)) -> Option<bool> {
    match live(answers, &protection_key(instance, attribute)) {
        Live::Found(answer) => flag(answer, &format!("/{member}/Value")),
        Live::Absent | Live::Unread(_) => None,
    }
}

fn facts_of(answers: &Answers, instance: &str, record: &Value, draft: &mut Draft) {
    draft.fact(facts::EC2_VOLUME_DELETED_ON_TERMINATION, true, Some(!volumes(record, true).is_empty()));
    draft.fact(facts::EC2_HAS_INSTANCE_STORE, true, instance_store(answers, record));
    let scaled = points::tag(record, "aws:autoscaling:groupName").is_some();
    draft.fact(facts::EC2_IN_AUTO_SCALING_GROUP, true, Some(scaled));
    let termination = protected(answers, instance, TERMINATION);
    let stop = protected(answers, instance, STOP);
    let either =
        if termination == Some(true) || stop == Some(true) { Some(true) } else { termination.and(stop) };
    draft.fact(facts::EC2_INSTANCE_PROTECTED, true, either);
}

fn one(
    action: &Action,
    answers: &Answers,
    instance: &str,
    id: &TargetId,
    record: &Value,
    going: &mut Going,
    draft: &mut Draft,
) {
    let called = called(instance, record);
    match action.operation.verb() {
        "TerminateInstances" => {
            terminate((action, answers), (instance, id), record, going, draft);
            if protected(answers, instance, TERMINATION) == Some(true) {
                let what = format!("termination protection of {instance} is on: the service will refuse");
                draft.change(id, Kind::Instance, Effect::Destroy, what);
            }
        }
        "StopInstances" => {
            draft.change(id, Kind::Instance, Effect::Interrupt, format!("{called} stops"));
            if protected(answers, instance, STOP) == Some(true) {
                let what = format!("stop protection of {instance} is on: the service will refuse");
                draft.change(id, Kind::Instance, Effect::Interrupt, what);
            }
            match points::tag(record, "aws:autoscaling:groupName") {
                // What stops is not healthy: the group terminates it and starts another.
                Some(_) => terminate((action, answers), (instance, id), record, going, draft),
                None => {
                    interfaces(action, record, false, draft);
                    lose_store(instance, instance_store(answers, record), false, going, draft);
                }
            }
        }
        "StartInstances" | "RebootInstances" => {
            let what = if action.operation.verb() == "StartInstances" { "starts" } else { "restarts" };
            draft.change(id, Kind::Instance, leading(action), format!("{called} {what}"));
            draft.reversibility = Reversibility::Exact;
        }
        _ => tell_plainly(action, draft),
    }
}

/// `instance i-1 web (t3.micro, running)`.
fn called(instance: &str, record: &Value) -> String {
    let kind = or_dash(record, "/InstanceType");
    let name = points::tag(record, "Name").map(|name| format!(" {name}")).unwrap_or_default();
    format!("instance {instance}{name} ({kind}, {})", or_dash(record, "/State/Name"))
}

/// What becomes of the network interfaces of an instance that goes or stops.
fn interfaces(action: &Action, record: &Value, terminates: bool, draft: &mut Draft) {
    for interface in entries(record, "/NetworkInterfaces") {
        let name = or_dash(interface, "/NetworkInterfaceId");
        let goes = flag(interface, "/Attachment/DeleteOnTermination") != Some(false);
        let address = or_dash(interface, "/PrivateIpAddress");
        let public = text(interface, "/Association/PublicIp");
        let (effect, what) = match (terminates, public) {
            (true, _) if goes => {
                (Effect::Destroy, format!("network interface {name} ({address}) goes with it"))
            }
            (true, _) => {
                (Effect::Interrupt, format!("network interface {name} ({address}) stays, unattached"))
            }
            (false, Some(public)) => (
                Effect::Interrupt,
                format!("network interface {name} loses {public}, unless it is an Elastic IP"),
            ),
            (false, None) => continue,
        };
        let id = id_of(action, Kind::NetworkInterface, "network-interface", name);
        draft.change(&id, Kind::NetworkInterface, effect, what);
    }
}

fn terminate(
    (action, answers): (&Action, &Answers),
    (instance, id): (&str, &TargetId),
    record: &Value,
    going: &mut Going,
    draft: &mut Draft,
) {
    let called = called(instance, record);
    let store = instance_store(answers, record);
    let before = json!({
        "image": record.get("ImageId"),
        "subnet": record.get("SubnetId"),
        "security_groups": texts(record, "/SecurityGroups", "GroupId"),
        "private_address": record.get("PrivateIpAddress"),
    });
    draft.change_from(
        id,
        Kind::Instance,
        Effect::Destroy,
        format!("{called} is terminated"),
        Some(before),
        None,
    );
    let on_store = text(record, "/RootDeviceType") == Some("instance-store");
    lose_store(instance, store, !on_store && !volumes(record, true).is_empty(), going, draft);
    if store == Some(false) {
        // What it holds stands on its volumes, and those that go with it are targets of their own.
        draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    }
    for volume in volumes(record, true) {
        volume_goes(action, answers, (id, record), volume, going, draft);
    }
    interfaces(action, record, true, draft);
    let staying = volumes(record, false);
    if !staying.is_empty() {
        draft.depend(format!("volumes {} stay, unattached", staying.join(", ")));
    }
}

/// An instance store keeps nothing, and nothing can be kept of it. `keeps`: whether what else the machine holds is kept.
fn lose_store(instance: &str, store: Option<bool>, keeps: bool, going: &mut Going, draft: &mut Draft) {
    match store {
        Some(false) => return,
        Some(true) => draft.lose(format!("everything on the instance store of {instance}, with no way back")),
        None => {
            draft.unknown(format!("whether {instance} has an instance store could not be read"));
            draft.lose(format!("what {instance} holds on an instance store, should it have one"));
        }
    }
    let lost = format!("what {instance} holds on an instance store cannot be kept");
    if keeps { going.stores.push(lost) } else { going.impossible.push(lost) }
}

/// How long after its launch an instance's root volume is there at the latest.
const LAUNCH: u64 = 60;

/// Whether a volume is the instance's root, as it was launched: made and attached then, and not another since.
fn came_with(instance: &Value, volume: &Value) -> bool {
    let at = |pointer: &str, record: &Value| text(record, pointer)?.parse::<jiff::Timestamp>().ok();
    let Some(launched) = at("/LaunchTime", instance) else { return false };
    let near = |at: Option<jiff::Timestamp>| {
        at.is_some_and(|at| launched.as_second().abs_diff(at.as_second()) <= LAUNCH)
    };
    let root = text(instance, "/RootDeviceName");
    let own = |attachment: &&Value| {
        text(attachment, "/InstanceId") == text(instance, "/InstanceId")
            && root.is_some()
            && text(attachment, "/Device") == root
    };
    let attached = entries(volume, "/Attachments").iter().find(own);
    near(at("/CreateTime", volume)) && attached.is_some_and(|attached| near(at("/AttachTime", attached)))
}

fn volume_goes(
    action: &Action,
    answers: &Answers,
    (instance, launched): (&TargetId, &Value),
    volume: &str,
    going: &mut Going,
    draft: &mut Draft,
) {
    let target = discovered(action, Kind::Volume, "volume", volume);
    let id = target.id.clone();
    draft.discover(target);
    let answer = live(answers, &existence::live_key(&id));
    let record = match answer.found().and_then(|answer| answer.pointer("/Volumes/0")) {
        Some(record) => record,
        None => {
            draft.unknown(format!("volume {volume} could not be read"));
            draft.tally(Tally::unread());
            draft.lose(format!("what volume {volume} holds"));
            draft.change(&id, Kind::Volume, Effect::Destroy, format!("volume {volume} is deleted with it"));
            going.impossible.push(format!("volume {volume} could not be read"));
            return;
        }
    };
    volume::see(&id, record, draft);
    if came_with(launched, record) {
        let came_with = Some(instance.clone());
        draft.observe(&id, Observed { came_with, ..Observed::default() });
    }
    let what = format!("{} is deleted with it", volume::describe(volume, record));
    draft.change(&id, Kind::Volume, Effect::Destroy, what);
    let tally = points::count(answers, volume, |_| true, draft);
    draft.bind(format!("{id} points"), points::lasting(answers, volume));
    let but = if tally.survives() { ", but for what its snapshots hold" } else { "" };
    draft.lose(format!("what {} holds{but}", volume::describe(volume, record)));
    draft.tally(tally);
    let (call, proof, name) = points::by_snapshot(action, answers, volume, record);
    going.calls.push(call);
    going.proof.push(proof);
    going.makes.push(name);
}

fn settle(going: Going, draft: &mut Draft) {
    draft.reversibility = Reversibility::Lossy;
    if let Some(why) = going.impossible.first() {
        draft.secure(Securing::Impossible(why.clone()));
        draft.reversibility = Reversibility::None;
    } else if !going.calls.is_empty() {
        let whole = going.stores.is_empty();
        draft.reversibility = if whole { Reversibility::FromRecoveryPoint } else { Reversibility::Lossy };
        draft.secure(Securing::ByCalls { calls: going.calls, proof: going.proof, makes: going.makes });
    }
}

#[cfg(test)]
mod tests;
