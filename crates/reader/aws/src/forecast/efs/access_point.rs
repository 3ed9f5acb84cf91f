//! EFS access points.
//!
//! Deleting one takes a way into the file system, with its user and its root folder; the files stay. Clients that are
//! mounted through it go on until they mount anew (EFS User Guide, "Deleting an access point"). One that is made again
//! has another id, so that whatever names the old one must be changed. Reads: DescribeAccessPoints.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, given, or_dash},
    arn,
    draft::Draft,
    existence,
};

/// The forecaster of access points.
pub(in crate::forecast) struct AccessPoint;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = arn::last(given(action, "AccessPointId")?);
    let resource = format!("access-point/{name}");
    Some((name, arn::target(action, Kind::Gateway, "elasticfilesystem", &resource, name)))
}

impl Look for AccessPoint {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:efs:DeleteAccessPoint" && subject(action).is_some()
    }

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("access point {name}"), &id, Kind::Gateway), &why);
            }
        };
        let system = or_dash(record, "/FileSystemId");
        let root = or_dash(record, "/RootDirectory/Path");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let what =
            format!("access point {name} to {root} of file system {system} is deleted; its files stay");
        draft.change_from(&id, Kind::Gateway, Effect::Destroy, what, Some(record.clone()), None);
        draft.bind(id.as_str(), json!({"FileSystemId": system, "RootDirectory": root}));
        draft.depend(format!("functions, tasks and machines that mount {system} through {name}"));
        draft.unknown(format!("who mounts through {name} was not looked at"));
        draft.reversibility = Reversibility::Lossy;
    }
}
