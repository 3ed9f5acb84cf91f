//! Hosted zones.
//!
//! A zone that holds more than its own name server and start-of-authority records is refused, and so is one that signs
//! its answers; an empty one goes, and every name under it stops answering. A zone of that name made again has other
//! name servers, so that the registrar must be told (Route 53 Developer Guide, "Deleting a public hosted zone"). A VPC
//! that is taken from a private zone cannot look its names up any more. Reads: GetHostedZone, ListResourceRecordSets
//! (the first hundred), ec2:DescribeInstances of the VPC.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, entries, flag, listed, live, number, or_dash, strings, text},
    draft::{Draft, leading},
    ec2::behind,
    existence,
    tally::Tally,
    words,
};

const RECORDS: &str = "route53 records of the zone";
const INSTANCES: &str = "instances of the network";

/// The forecaster of hosted zones.
pub(in crate::forecast) struct Zone;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let given = action.arguments.get("Id").or_else(|| action.arguments.get("HostedZoneId"))?.as_str()?;
    let name = given.rsplit('/').next().unwrap_or(given);
    let is = |target: &&interlock_action::Target| target.kind == Kind::Dns;
    let id = action.targets.iter().find(is).map(|target| target.id.clone());
    Some((name, id.unwrap_or_else(|| TargetId::new(format!("arn:aws:route53:::hostedzone/{name}")))))
}

fn vpc(action: &Action) -> Option<&str> {
    text(&action.arguments, "/VPC/VPCId")
}

impl Look for Zone {
    fn knows(&self, action: &Action) -> bool {
        let operations = ["aws:route53:DeleteHostedZone", "aws:route53:DisassociateVPCFromHostedZone"];
        operations.contains(&action.operation.as_str()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action) else { return Vec::new() };
        if let Some(vpc) = vpc(action) {
            let by = json!({"Filters": [{"Name": "vpc-id", "Values": [vpc]}]});
            return vec![crate::call::read(action, INSTANCES, "ec2", "DescribeInstances", by)];
        }
        let arguments = json!({"HostedZoneId": name, "MaxItems": "100"});
        vec![crate::call::read(action, RECORDS, "route53", "ListResourceRecordSets", arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unread(action, (&format!("zone {name}"), &id, Kind::Dns), &why);
                if action.operation.verb() == "DeleteHostedZone" {
                    draft.lose_unread(&format!("zone {name}"), format!("the records of zone {name}"), &why);
                }
                return;
            }
        };
        let domain = or_dash(record, "/Name").trim_end_matches('.');
        let private = flag(record, "/Config/PrivateZone") == Some(true);
        let called = format!("{} zone {domain} ({name})", if private { "private" } else { "public" });
        draft.bind(id.as_str(), json!({"Name": domain, "Records": record.get("ResourceRecordSetCount")}));
        match vpc(action) {
            Some(vpc) => disassociate(action, answers, &id, (&called, vpc), draft),
            None => delete(answers, &id, (&called, domain), number(record, "/ResourceRecordSetCount"), draft),
        }
    }
}

fn delete(
    answers: &Answers,
    id: &TargetId,
    (called, domain): (&str, &str),
    count: Option<u64>,
    draft: &mut Draft,
) {
    let records = listed(answers, RECORDS, "ResourceRecordSets");
    draft.gap(records.gap("records"));
    let own = |name: &str| name.trim_end_matches('.').eq_ignore_ascii_case(domain);
    let others: Vec<String> = records
        .entries()
        .iter()
        .filter(|one| {
            let of_zone = text(one, "/Name").is_some_and(own);
            !(of_zone && matches!(text(one, "/Type"), Some("NS" | "SOA")))
        })
        .map(|one| format!("{} {}", or_dash(one, "/Name"), or_dash(one, "/Type")))
        .collect();
    // What is listed is certain; what the zone counts stands in where the listing was not read.
    let many = (others.len() as u64).max(count.map_or(0, |count| count.saturating_sub(2)));
    let servers = match live(answers, &existence::live_key(id)) {
        Live::Found(answer) => strings(answer, "/DelegationSet/NameServers").join(", "),
        Live::Absent | Live::Unread(_) => String::new(),
    };
    let before = json!({ "name_servers": servers, "records": records.entries() });
    let what = format!("{called} is deleted: every name under {domain} stops answering");
    draft.change_from(id, Kind::Dns, Effect::Destroy, what, Some(before), None);
    draft
        .depend(format!("whoever looks up a name under {domain}, mail to it, and certificates proved by it"));
    draft.reversibility = Reversibility::Lossy;
    if many > 0 {
        let refused = format!("it holds {}: {}", words::count(many, "other record"), words::some(&others, 5));
        draft.change(id, Kind::Dns, Effect::Destroy, format!("{refused}: the service will refuse"));
        draft.lose(format!("{} of {domain}", words::count(many, "record")));
        draft.tally(Tally::default());
        draft.secure(Securing::Impossible(format!("nothing keeps the records of {domain}")));
        draft.reversibility = Reversibility::None;
    } else if records.complete() {
        // What it holds it has anew when it is made again, but for the name servers that it goes by.
        draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    } else {
        draft.lose(format!("the records of {domain}, which could not be read"));
        draft.tally(Tally::unread());
        draft.secure(Securing::Impossible(format!("the records of {domain} could not be read")));
        draft.reversibility = Reversibility::None;
    }
}

fn disassociate(
    action: &Action,
    answers: &Answers,
    id: &TargetId,
    (called, vpc): (&str, &str),
    draft: &mut Draft,
) {
    let vpcs = match live(answers, &existence::live_key(id)) {
        Live::Found(answer) => entries(answer, "/VPCs").to_vec(),
        Live::Absent | Live::Unread(_) => Vec::new(),
    };
    let there = vpcs.iter().any(|one| text(one, "/VPCId") == Some(vpc));
    let what = format!("names of {called} cannot be looked up from {vpc} any more");
    draft.change_from(id, Kind::Dns, leading(action), what, Some(json!(vpcs)), None);
    let refused = if !there {
        Some(format!("{vpc} is not associated with it"))
    } else if vpcs.len() == 1 {
        Some(format!("{vpc} is the only network of the zone"))
    } else {
        None
    };
    if let Some(why) = refused {
        draft.change(id, Kind::Dns, leading(action), format!("{why}: the service will refuse"));
    }
    behind::instances(answers, INSTANCES, &format!("in {vpc}"), draft);
    draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    draft.reversibility = Reversibility::Exact;
}
