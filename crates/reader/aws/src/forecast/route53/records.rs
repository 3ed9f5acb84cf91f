//! Records.
//!
//! Of each record that a batch writes or deletes, the present one is read; a batch of the opposite changes takes it
//! back, but for what resolvers have cached. Reads: ListResourceRecordSets from each name and type, one record each.

use interlock_action::{Action, Answers, Effect, Kind, Read, Relation, Reversibility};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Listed, entries, listed, text},
    draft::Draft,
};
use crate::{record_name, rules::facts};

/// Of one batch so many records are looked at.
const MOST: usize = 50;

/// The forecaster of record changes.
pub(in crate::forecast) struct Records;

fn key(at: usize) -> String {
    format!("route53 record {at}")
}

fn changes(action: &Action) -> &[Value] {
    entries(&action.arguments, "/ChangeBatch/Changes")
}

impl Look for Records {
    fn knows(&self, action: &Action) -> bool {
        action.operation.as_str() == "aws:route53:ChangeResourceRecordSets"
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let zone = text(&action.arguments, "/HostedZoneId").unwrap_or_default();
        let mut reads = Vec::new();
        for (at, change) in changes(action).iter().enumerate().take(MOST) {
            let mut arguments = json!({"HostedZoneId": zone, "MaxItems": "1"});
            let parts = [
                ("StartRecordName", "Name"),
                ("StartRecordType", "Type"),
                ("StartRecordIdentifier", "SetIdentifier"),
            ];
            for (member, part) in parts {
                let value = change.pointer(&format!("/ResourceRecordSet/{part}"));
                if let (Some(value), Some(members)) = (value, arguments.as_object_mut()) {
                    members.insert(member.to_owned(), value.clone());
                }
            }
            reads.push(crate::call::read(action, key(at), "route53", "ListResourceRecordSets", arguments));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let zone = action.targets.iter().find(|target| target.relation != Relation::Reaches);
        let id =
            zone.map_or_else(|| interlock_action::TargetId::new("the hosted zone"), |zone| zone.id.clone());
        if draft.seen(&id).and_then(|seen| seen.exists) == Some(false) {
            return;
        }
        let mut exact = true;
        draft.settle();
        for (at, change) in changes(action).iter().enumerate() {
            let record = change.get("ResourceRecordSet").unwrap_or(&Value::Null);
            let name = text(record, "/Name").unwrap_or("?");
            let kind = text(record, "/Type").unwrap_or("?");
            let verb = text(change, "/Action").unwrap_or("?");
            let now = if at < MOST { present(answers, at, record) } else { None };
            exact &= now.is_some();
            let changed = match &now {
                None => None,
                Some(None) => Some(false),
                Some(Some(now)) => Some(!same(now, record)),
            };
            if verb == "UPSERT" {
                draft.fact(facts::ROUTE53_RECORD_CHANGES, true, changed);
            }
            let before = now.flatten().cloned();
            draft.bind(format!("{id} {name} {kind} {at}"), before.clone().unwrap_or(Value::Null));
            let after = (verb != "DELETE").then(|| record.clone());
            let freed = changes(action).iter().take(at).any(|earlier| frees(earlier, record));
            let there = now.map(|now| now.is_some());
            if let Some((effect, what)) = words(verb, &format!("{name} {kind}"), (there, freed), changed) {
                draft.change_from(&id, Kind::Dns, effect, what, before, after);
            }
        }
        if !exact {
            draft.unknown("not every record of the batch could be read as it is now");
        }
        draft.depend(
            "whoever looks these names up; resolvers keep the old answer for its time to live".to_owned(),
        );
        draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::None };
    }
}

/// Whether an earlier change of the batch deletes the record, so that it can be created anew.
fn frees(earlier: &Value, record: &Value) -> bool {
    let of = earlier.get("ResourceRecordSet").unwrap_or(&Value::Null);
    text(earlier, "/Action") == Some("DELETE") && is(of, record)
}

/// Whether two records have the same name, type and identifier.
fn is(one: &Value, other: &Value) -> bool {
    let name = |of: &Value| text(of, "/Name").map(record_name);
    name(one) == name(other)
        && text(one, "/Type") == text(other, "/Type")
        && text(one, "/SetIdentifier") == text(other, "/SetIdentifier")
}

/// What becomes of a record: whether it is `there` and whether the batch deletes it before, and whether the asked one is
/// another; `None` is unread. Nothing where it stays as it is.
fn words(
    verb: &str,
    record: &str,
    (there, freed): (Option<bool>, bool),
    changed: Option<bool>,
) -> Option<(Effect, String)> {
    let refused = |why: &str| format!("record {record}: {why}: the service will refuse the whole batch");
    Some(match (verb, there, changed) {
        ("DELETE", None, _) => {
            (Effect::Destroy, format!("record {record}, which could not be read, is deleted"))
        }
        (_, None, _) => (Effect::Network, format!("record {record}, which could not be read, is written")),
        ("DELETE", Some(true), Some(false)) => (Effect::Destroy, format!("record {record} is deleted")),
        ("DELETE", Some(true), _) => (Effect::Destroy, refused("it is not as the request has it")),
        ("DELETE", Some(false), _) => (Effect::Destroy, refused("there is none")),
        (_, Some(false), _) => (Effect::Create, format!("record {record} is made")),
        ("CREATE", Some(true), _) if !freed => (Effect::Create, refused("it is there already")),
        (_, Some(true), Some(false)) => return None,
        (_, Some(true), _) => (Effect::Network, format!("record {record} is replaced")),
    })
}

/// The record of the same name, type and identifier: `None` unread, `Some(None)` there is none.
fn present<'a>(answers: &'a Answers, at: usize, record: &Value) -> Option<Option<&'a Value>> {
    let sets = listed(answers, &key(at), "ResourceRecordSets");
    // One is asked for: that more follow says nothing.
    let list = match &sets {
        Listed::All(list) | Listed::Page(list) => list,
        Listed::Unread(_) => return None,
    };
    let here = |one: &&&Value| is(one, record);
    Some(list.iter().find(here).copied())
}

fn same(now: &Value, asked: &Value) -> bool {
    let members = [
        "TTL",
        "ResourceRecords",
        "AliasTarget",
        "Weight",
        "Region",
        "Failover",
        "GeoLocation",
        "GeoProximityLocation",
        "CidrRoutingConfig",
        "HealthCheckId",
        "MultiValueAnswer",
    ];
    members.iter().all(|member| {
        let of = |record: &Value| record.get(*member).filter(|value| !value.is_null()).cloned();
        of(now) == of(asked)
    })
}

#[cfg(test)]
mod tests;
