//! The records of a hosted zone.
//!
//! Kept: every record set of the changed names, types and identifiers. Back: one batch, which is done as a whole. Compared:
//! those record sets. What resolvers have cached lasts for the TTL.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, call, found, is, list, missing, only, read, sorted, standing, step, text, what, with, word,
};

/// The way.
pub(super) struct Records;

/// Of one batch so many names are looked up one by one; of more, the whole zone is read.
const MOST: usize = 20;

fn zone(deed: &Deed) -> Option<&str> {
    text(deed, "/HostedZoneId").filter(|_| is(deed, "route53", &["ChangeResourceRecordSets"]))
}

/// A name in one spelling: small letters, a dot at the end, an asterisk as such (the service tells `\052`).
fn spelled(name: &str) -> String {
    let name = name.to_ascii_lowercase().replace("\\052", "*");
    if name.ends_with('.') { name } else { format!("{name}.") }
}

/// Name, type and identifier of a record set.
fn key(set: &Value) -> (String, String, String) {
    let text = |member: &str| word(set, member).unwrap_or_default();
    (spelled(text("/Name")), text("/Type").to_owned(), text("/SetIdentifier").to_owned())
}

fn keys(deed: &Deed) -> Vec<(String, String, String)> {
    let changes = list(&deed.arguments, "/ChangeBatch/Changes").iter();
    let mut keys: Vec<_> = changes.filter_map(|change| change.get("ResourceRecordSet")).map(key).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The reads that tell the record sets.
fn asks(deed: &Deed) -> Vec<Value> {
    let mut places: Vec<_> = keys(deed).into_iter().map(|(name, kind, _)| (name, kind)).collect();
    places.dedup();
    if places.len() > MOST {
        return vec![json!({"HostedZoneId": zone(deed)})];
    }
    let one = |(name, kind): (String, String)| {
        json!({
            "HostedZoneId": zone(deed),
            "StartRecordName": name,
            "StartRecordType": kind,
            "MaxItems": "100",
        })
    };
    places.into_iter().map(one).collect()
}

impl Way for Records {
    fn name(&self) -> &'static str {
        "route53/records"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        zone(deed).is_some() && !keys(deed).is_empty()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let asks = asks(deed).into_iter();
        asks.map(|ask| read(deed, "route53", "ListResourceRecordSets", ask)).collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let keys = keys(deed);
        let mut sets: Vec<Value> = Vec::new();
        for ask in asks(deed) {
            let answer = found(answers, "route53", "ListResourceRecordSets", &ask)?;
            let answer = answer.ok_or("the hosted zone is not there")?;
            for set in list(answer, "/ResourceRecordSets") {
                let mut set = set.clone();
                if let Some(name) = word(&set, "/Name").map(spelled) {
                    set = with(set, json!({"Name": name}));
                }
                if let Some(values) = set.get("ResourceRecords").and_then(Value::as_array).cloned() {
                    set = with(set, json!({"ResourceRecords": sorted(values)}));
                }
                if keys.contains(&key(&set)) && !sets.contains(&set) {
                    sets.push(set);
                }
            }
        }
        Ok(standing(sorted(sets), json!({})))
    }

    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let zone = zone(deed).ok_or("the hosted zone is not named")?;
        let (was, is) = (what(before), what(now));
        let put = missing(is, was);
        let off = missing(was, is);
        let replaced = |set: &Value| put.iter().any(|other| key(other) == key(set));
        let change = |action: &str, set: &Value| json!({"Action": action, "ResourceRecordSet": set});
        let mut changes: Vec<Value> =
            off.iter().filter(|set| !replaced(set)).map(|set| change("DELETE", set)).collect();
        changes.extend(put.iter().map(|set| change("UPSERT", set)));
        let names: Vec<String> = changes
            .iter()
            .map(|change| only(at(change, "/ResourceRecordSet"), &["Name", "Type"]))
            .map(|set| {
                format!("{} {}", word(&set, "/Type").unwrap_or("?"), word(&set, "/Name").unwrap_or("?"))
            })
            .collect();
        let arguments = json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}});
        let name = format!("set the records of {zone} back: {}", names.join(", "));
        Ok(vec![step(name, call(deed, "route53", "ChangeResourceRecordSets", arguments))])
    }
}
