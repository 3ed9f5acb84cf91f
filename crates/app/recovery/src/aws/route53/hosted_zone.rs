//! A hosted zone that is deleted: created again. A zone that can be deleted has no records but its own two.
//!
//! Kept: name, comment, networks, tags. Back: it is created, found by its caller reference, then given its further networks
//! and its tags. Compared: all that is kept. Lost: the id, the name servers: whoever delegates to it must name the new ones.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, call, found, is, later, list, missing, only, read, sorted, standing, step, tags, text, token,
    what, with, word,
};

/// The way.
pub(super) struct HostedZone;

fn id(deed: &Deed) -> Option<&str> {
    let id = text(deed, "/Id").filter(|_| is(deed, "route53", &["DeleteHostedZone"]))?;
    Some(id.trim_start_matches("/hostedzone/"))
}

/// The id of the zone that stands in its place.
fn current(deed: &Deed, answers: &Answers) -> Result<Option<String>, String> {
    let id = id(deed).ok_or("the hosted zone is not named")?;
    let all = found(answers, "route53", "ListHostedZones", &json!({}))?.ok_or("the zones are not told")?;
    let reference = token(deed, "zone");
    let short = |zone: &Value| word(zone, "/Id").map(|id| id.trim_start_matches("/hostedzone/").to_owned());
    let zones = list(all, "/HostedZones");
    let own = zones.iter().find(|zone| short(zone).as_deref() == Some(id));
    let again = || zones.iter().find(|zone| word(zone, "/CallerReference") == Some(reference.as_str()));
    Ok(own.or_else(again).and_then(short))
}

fn labels(id: &str) -> Value {
    json!({"ResourceType": "hostedzone", "ResourceId": id})
}

impl Way for HostedZone {
    fn name(&self) -> &'static str {
        "route53/hosted-zone"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "route53", "ListHostedZones", json!({}))];
        if let Ok(Some(id)) = current(deed, so_far) {
            reads.push(read(deed, "route53", "GetHostedZone", json!({"Id": id})));
            reads.push(read(deed, "route53", "ListTagsForResource", labels(&id)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(id) = current(deed, answers)? else { return Ok(standing(Value::Null, json!({}))) };
        let zone = found(answers, "route53", "GetHostedZone", &json!({"Id": id}))?;
        let zone = zone.ok_or("the hosted zone went while it was read")?;
        let put = found(answers, "route53", "ListTagsForResource", &labels(&id))?;
        let networks = list(zone, "/VPCs").iter().map(|one| only(one, &["VPCId", "VPCRegion"])).collect();
        let is = json!({
            "Name": at(zone, "/HostedZone/Name"),
            "Comment": at(zone, "/HostedZone/Config/Comment").as_str().unwrap_or_default(),
            "private": at(zone, "/HostedZone/Config/PrivateZone") == &Value::Bool(true),
            "networks": sorted(networks),
            "Tags": put.map_or(json!([]), |put| tags(at(put, "/ResourceTagSet/Tags"))),
        });
        Ok(standing(is, json!({"id": id})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["the zone's id", "its name servers: whoever delegates to it must name the new ones"];
        (!what(before).is_null()).then(|| Terms::lossy(2, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (was, is) = (what(before), what(now));
        let zone = word(was, "/Name").ok_or("the zone's name was not kept")?;
        let mut steps = Vec::new();
        let first = list(was, "/networks").first();
        if is.is_null() {
            let config = json!({"Comment": at(was, "/Comment"), "PrivateZone": at(was, "/private")});
            let make = json!({
                "Name": zone,
                "CallerReference": token(deed, "zone"),
                "HostedZoneConfig": config,
                "VPC": first,
            });
            let name = format!("create the hosted zone {zone} again");
            steps.push(step(name, call(deed, "route53", "CreateHostedZone", with(make, json!({})))));
        }
        let id = word(now, "/handle/id");
        let have = if is.is_null() {
            json!(first.into_iter().collect::<Vec<_>>())
        } else {
            at(is, "/networks").clone()
        };
        for network in missing(&have, at(was, "/networks")) {
            let name = format!("give {zone} to {} again", word(&network, "/VPCId").unwrap_or("?"));
            let arguments = |id: &str| json!({"HostedZoneId": id, "VPC": network});
            steps.push(match id {
                Some(id) => step(name, call(deed, "route53", "AssociateVPCWithHostedZone", arguments(id))),
                None => later(name),
            });
        }
        let off = missing(at(is, "/Tags"), at(was, "/Tags"));
        if !off.is_empty() {
            let name = format!("put the tags of {zone} back on");
            let arguments = |id: &str| with(labels(id), json!({"AddTags": off}));
            steps.push(match id {
                Some(id) => step(name, call(deed, "route53", "ChangeTagsForResource", arguments(id))),
                None => later(name),
            });
        }
        Ok(steps)
    }
}
