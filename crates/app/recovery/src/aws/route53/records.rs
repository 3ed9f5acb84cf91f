//! The records of a hosted zone.
//!
//! Kept: every record set of the changed names, types and identifiers. Back: one batch, which is done as a whole. Compared:
//! those record sets. What resolvers have cached lasts for the TTL.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use interlock_reader_aws::record_name;
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

/// A name in its one spelling, with the dot at the end that the service tells.
fn spelled(name: &str) -> String {
    format!("{}.", record_name(name))
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

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next};

    use super::*;
    use crate::aws::testing;

    /// Escapes, capitals and dots are how a name is written, not another name.
    #[test]
    fn a_record_is_found_however_its_name_is_spelled() {
        let change =
            |name: &str| json!({"Action": "DELETE", "ResourceRecordSet": {"Name": name, "Type": "TXT"}});
        let deed = testing::deed(
            "route53",
            "ChangeResourceRecordSets",
            json!({"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [
                change("*.Example.com"), change("_dmarc\\100a.example.com"),
            ]}}),
        );
        let state = |sets: Value| {
            let told = json!({"ResourceRecordSets": sets});
            let reads = Records.reads(&deed, &Answers::new()).into_iter();
            let answers = reads.map(|read| (read.key, Answer::Found(told.clone()))).collect();
            Records.state(&deed, &answers).unwrap()
        };
        let set = |name: &str| json!({"Name": name, "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": "\"x\""}]});
        let before = state(json!([
            set("\\052.example.com."),
            set("_dmarc\\100a.example.com."),
            set("b.example.com."),
        ]));
        assert_eq!(list(what(&before), "").len(), 2, "{before}");
        let steps = Records.back(&deed, &before, &state(json!([set("b.example.com.")]))).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        let changes = list(&call.arguments, "/ChangeBatch/Changes");
        let names: Vec<&str> =
            changes.iter().filter_map(|one| word(one, "/ResourceRecordSet/Name")).collect();
        assert_eq!(names, ["*.example.com.", "_dmarc@a.example.com."]);
    }
}
