//! Members of a request against the members of the same name in the live record.

use interlock_action::{Action, Effect, Kind, Reversibility, Securing, TargetId};
use serde_json::Value;

use super::super::{
    answer::number,
    draft::{Draft, leading},
    words,
};

/// Longer values are not put beside each other.
const LONGEST: usize = 400;

/// Whether the live record tells the present value of every member that the request sets: only then does putting the
/// present values again take the request back. The members named here set nothing.
pub(in crate::forecast) fn tells_all(action: &Action, record: &Value, set_nothing: &[&str]) -> bool {
    let mut members = action.arguments.as_object().into_iter().flat_map(|members| members.keys());
    members.all(|member| set_nothing.contains(&member.as_str()) || record.get(member).is_some())
}

/// Whether any of the asked sizes is below the present one of the same pair; a present one that is not told is above.
pub(in crate::forecast) fn lowered(action: &Action, now: &Value, pairs: &[(&str, &str)]) -> bool {
    pairs.iter().any(|(asked, have)| {
        number(&action.arguments, asked)
            .is_some_and(|asked| number(now, have).is_none_or(|have| asked < have))
    })
}

/// The days that the request sets where automated backups are kept for longer now; a time that is not told is longer.
pub(in crate::forecast) fn shorter(action: &Action, record: &Value, member: &str) -> Option<u64> {
    let pointer = format!("/{member}");
    let asked = number(&action.arguments, &pointer)?;
    number(record, &pointer).is_none_or(|now| asked < now).then_some(asked)
}

/// Backups (`automated snapshots of the warehouse w`) that go because they are kept for so many days only. Putting the
/// longer time again brings none of them back.
pub(in crate::forecast) fn expire(
    (id, kind): (&TargetId, Kind),
    backups: &str,
    days: u64,
    survives: bool,
    draft: &mut Draft,
) {
    let what = match days {
        0 => format!("all {backups} are removed at once"),
        _ => format!("{backups} older than {} are removed", words::count(days, "day")),
    };
    draft.change(id, kind, Effect::RecoveryLoss, what);
    draft.reversibility = Reversibility::Lossy;
    draft.secure(match survives {
        true => Securing::Exists,
        false => Securing::Impossible(format!("nothing is known to stay beside {backups}")),
    });
}

/// One change for each member that the live record has with another value. Secret members are named, never shown.
pub(in crate::forecast) fn changes(
    action: &Action,
    id: &TargetId,
    kind: Kind,
    record: &Value,
    draft: &mut Draft,
) {
    changes_as(leading(action), action, id, kind, record, draft);
}

/// The same where what the members' values do is told beside, so that another effect is theirs.
pub(in crate::forecast) fn changes_as(
    effect: Effect,
    action: &Action,
    id: &TargetId,
    kind: Kind,
    record: &Value,
    draft: &mut Draft,
) {
    let Some(members) = action.arguments.as_object() else { return };
    let name = super::super::arn::last(id.as_str());
    for (member, asked) in members {
        if action.secrets.iter().any(|pointer| pointer.starts_with(&format!("/{member}"))) {
            draft.change(id, kind, effect, format!("{name}: {member} is replaced (not shown)"));
            continue;
        }
        let Some(now) = record.get(member).filter(|now| *now != asked) else { continue };
        if asked.to_string().len() > LONGEST || now.to_string().len() > LONGEST {
            draft.change(id, kind, effect, format!("{name}: {member} changes"));
            continue;
        }
        let what = format!("{name}: {member} changes from {now} to {asked}");
        draft.change_from(id, kind, effect, what, Some(now.clone()), Some(asked.clone()));
    }
}
