//! EFS mount targets.
//!
//! Deleting one cuts off, at once, everything in its subnet that has the file system mounted; programs that are in the
//! middle of a write may hang or fail. The files stay. A new one in the same subnet may have the same address, but has
//! another id. Reads: DescribeMountTargets, ec2:DescribeInstances of the subnet.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, given, or_dash, text},
    arn,
    draft::Draft,
    ec2::behind,
    existence,
};

const INSTANCES: &str = "instances of the subnet";

/// The forecaster of mount targets.
pub(in crate::forecast) struct MountTarget;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = given(action, "MountTargetId")?;
    let resource = format!("mount-target/{name}");
    Some((name, arn::target(action, Kind::Gateway, "elasticfilesystem", &resource, name)))
}

impl Look for MountTarget {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:efs:DeleteMountTarget" && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let Live::Found(record) = existence::of(action, so_far, &id) else { return Vec::new() };
        let Some(subnet) = text(record, "/SubnetId") else { return Vec::new() };
        let by = json!({"Filters": [{"Name": "subnet-id", "Values": [subnet]}]});
        vec![crate::call::read(action, INSTANCES, "ec2", "DescribeInstances", by)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("mount target {name}"), &id, Kind::Gateway), &why);
            }
        };
        let system = or_dash(record, "/FileSystemId");
        let (subnet, address) = (or_dash(record, "/SubnetId"), or_dash(record, "/IpAddress"));
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let what = format!("mount target {name} of file system {system}, {address} in {subnet}, is deleted");
        draft.change_from(&id, Kind::Gateway, Effect::Destroy, what, Some(record.clone()), None);
        if let Some(interface) = text(record, "/NetworkInterfaceId") {
            let eni = TargetId::new(arn::build(action, "ec2", &format!("network-interface/{interface}")));
            let what = format!("network interface {interface} goes with it");
            draft.change(&eni, Kind::NetworkInterface, Effect::Destroy, what);
        }
        let file_system = arn::build(action, "elasticfilesystem", &format!("file-system/{system}"));
        draft.change(
            &TargetId::new(file_system.clone()),
            Kind::FileSystem,
            Effect::Interrupt,
            format!("file system {system} cannot be reached from {subnet} any more; its files stay"),
        );
        draft.reaches(&id, [TargetId::new(file_system)]);
        draft.bind(id.as_str(), json!({"FileSystemId": system, "SubnetId": subnet, "IpAddress": address}));
        behind::instances(answers, INSTANCES, &format!("in {subnet} that may have it mounted"), draft);
        draft.unknown("which clients have it mounted cannot be seen from outside".to_owned());
        draft.reversibility = Reversibility::Lossy;
    }
}
