//! EBS volumes.
//!
//! Deleting a volume leaves its snapshots; an attached volume is refused. Interlock takes a snapshot first, tagged
//! `interlock:recovery-point`, and waits until it is completed. Volumes do not shrink (EBS User Guide, "Modify a
//! volume"). Reads: DescribeVolumes, DescribeSnapshots of the volume, kms:DescribeKey.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, number, or_dash, text},
        draft::{Draft, leading},
        existence,
        generic::tell_plainly,
    },
    id_of, ids, ours, points,
};
use crate::rules::facts;

/// The forecaster of volumes.
pub(in crate::forecast) struct Volume;

const OPERATIONS: [&str; 6] = [
    "DeleteVolume",
    "DetachVolume",
    "AttachVolume",
    "ModifyVolume",
    "ModifyVolumeAttribute",
    "EnableVolumeIO",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let volume = ids(action, "VolumeId", "VolumeIds").into_iter().next()?;
    Some((volume, id_of(action, Kind::Volume, "volume", volume)))
}

impl Look for Volume {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((volume, id)) = subject(action) else { return Vec::new() };
        let mut reads = vec![points::volume_read(action, &id, volume)];
        if matches!(action.operation.verb(), "DeleteVolume" | "DetachVolume" | "ModifyVolume") {
            reads.push(points::read(action, volume));
            reads.extend(points::key_reads(action, so_far, volume));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((volume, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unknown(format!("volume {volume} could not be read: {why}"));
                if action.operation.verb() == "DeleteVolume" {
                    draft.change(&id, Kind::Volume, leading(action), format!("volume {volume}, unread"));
                    draft.lose_unread(
                        &format!("volume {volume}"),
                        format!("volume {volume}: how much it holds could not be read"),
                        &why,
                    );
                }
                return;
            }
        };
        see(&id, record, draft);
        let attached = entries(record, "/Attachments");
        draft.fact(facts::EC2_VOLUME_ATTACHED, true, Some(!attached.is_empty()));
        for attachment in attached {
            let instance = or_dash(attachment, "/InstanceId");
            let device = or_dash(attachment, "/Device");
            draft.depend(format!("instance {instance} has it as {device}"));
            draft.reaches(&id, [id_of(action, Kind::Instance, "instance", instance)]);
        }
        match action.operation.verb() {
            "DeleteVolume" => delete(action, answers, volume, &id, record, draft),
            "DetachVolume" => {
                let forced = flag(&action.arguments, "/Force") == Some(true);
                let how = if forced { " by force: what is not yet written is lost" } else { "" };
                draft.change(
                    &id,
                    Kind::Volume,
                    Effect::Interrupt,
                    format!("volume {volume} is detached{how}"),
                );
                for attachment in attached {
                    let instance = or_dash(attachment, "/InstanceId");
                    let what =
                        format!("instance {instance} loses {volume}, its {}", or_dash(attachment, "/Device"));
                    let instance = id_of(action, Kind::Instance, "instance", instance);
                    draft.change(&instance, Kind::Instance, Effect::Interrupt, what);
                }
                draft.reversibility = if forced { Reversibility::Lossy } else { Reversibility::Exact };
                if forced && !attached.is_empty() {
                    draft.lose(format!("what was not yet written to {volume}"));
                    keep(action, answers, volume, record, draft);
                }
            }
            "ModifyVolume" => {
                super::super::compare::diff::changes(action, &id, Kind::Volume, record, draft);
                let grows = number(&action.arguments, "/Size")
                    .is_some_and(|new| number(record, "/Size") != Some(new));
                draft.reversibility = if grows { Reversibility::Lossy } else { Reversibility::Exact };
                if grows {
                    draft.depend(format!("volume {volume} cannot shrink again"));
                }
            }
            _ => tell_plainly(action, draft),
        }
    }
}

/// What is seen of a volume, and bound.
pub(super) fn see(id: &TargetId, record: &Value, draft: &mut Draft) {
    let size = number(record, "/Size").map(|gib| format!("{gib} GiB"));
    let tags = existence::tag_map(record.get("Tags"));
    let immutable_id = text(record, "/VolumeId").map(str::to_owned);
    draft.observe(
        id,
        Observed { exists: Some(true), tags, data: Bears::Yes, size, immutable_id, ..Observed::default() },
    );
    let attached: Vec<&str> =
        entries(record, "/Attachments").iter().filter_map(|one| text(one, "/InstanceId")).collect();
    draft.bind(
        id.as_str(),
        json!({"Size": record.get("Size"), "CreateTime": record.get("CreateTime"), "attached": attached}),
    );
}

/// `volume vol-1 (8 GiB gp3)`.
pub(super) fn describe(volume: &str, record: &Value) -> String {
    let size = number(record, "/Size").map_or_else(|| "size unknown".to_owned(), |gib| format!("{gib} GiB"));
    let kind = text(record, "/VolumeType").map(|kind| format!(" {kind}")).unwrap_or_default();
    format!("volume {volume} ({size}{kind})")
}

fn delete(
    action: &Action,
    answers: &Answers,
    volume: &str,
    id: &TargetId,
    record: &Value,
    draft: &mut Draft,
) {
    draft.change(id, Kind::Volume, Effect::Destroy, format!("{} is deleted", describe(volume, record)));
    if !entries(record, "/Attachments").is_empty() {
        let refused = format!("{volume} is attached: the service will refuse");
        draft.change(id, Kind::Volume, Effect::Destroy, refused);
    }
    let tally = points::count(answers, volume, |_| true, draft);
    draft.bind(format!("{id} points"), points::lasting(answers, volume));
    let but = if tally.survives() { ", but for what its snapshots hold" } else { "" };
    draft.lose(format!("what {} holds{but}", describe(volume, record)));
    draft.tally(tally);
    keep(action, answers, volume, record, draft);
    draft.reversibility = Reversibility::FromRecoveryPoint;
}

/// A snapshot is taken first.
fn keep(action: &Action, answers: &Answers, volume: &str, record: &Value, draft: &mut Draft) {
    let (call, proof, name) = points::by_snapshot(action, answers, volume, record);
    draft.secure(Securing::ByCalls { calls: vec![call], proof: vec![proof], makes: vec![name] });
}

#[cfg(test)]
mod tests;
