//! Network ACLs and their entries.
//!
//! An entry holds for every subnet of the list, from the moment that it is written, and for answers as well as for
//! requests: the list remembers no connections (VPC User Guide, "Network ACLs"). The forecast compares the entry with the
//! one of its number and says what stands behind. A list that subnets use, and a VPC's default one, is refused. Reads:
//! DescribeNetworkAcls (by id, or by the association that the request names), DescribeInstances of the subnets.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, flag, live, number, or_dash, text},
        arn,
        draft::{Draft, leading},
        existence,
    },
    behind, id_of, ours,
};

/// The forecaster of network ACLs.
pub(in crate::forecast) struct Acl;

const BY_ASSOCIATION: &str = "ec2 network acl of the association";
const OPERATIONS: [&str; 5] = [
    "DeleteNetworkAcl",
    "DeleteNetworkAclEntry",
    "ReplaceNetworkAclEntry",
    "CreateNetworkAclEntry",
    "ReplaceNetworkAclAssociation",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let acl = action.arguments.get("NetworkAclId")?.as_str()?;
    Some((acl, id_of(action, Kind::Network, "network-acl", acl)))
}

fn associated(answers: &Answers) -> Live<'_> {
    match live(answers, BY_ASSOCIATION) {
        Live::Found(answer) => entries(answer, "/NetworkAcls").first().map_or(Live::Absent, Live::Found),
        other => other,
    }
}

fn association(action: &Action) -> Option<&str> {
    action.arguments.get("AssociationId")?.as_str()
}

impl Look for Acl {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((_, id)) = subject(action) else { return Vec::new() };
        let mut reads = Vec::new();
        let behind_of = match association(action) {
            Some(association) => {
                let filter = json!([{"Name": "association.association-id", "Values": [association]}]);
                let by = json!({ "Filters": filter });
                reads.push(crate::call::read(action, BY_ASSOCIATION, "ec2", "DescribeNetworkAcls", by));
                associated(so_far).found()
            }
            None => existence::of(action, so_far, &id).found(),
        };
        reads.extend(behind_of.and_then(|record| behind::read(action, record)));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((acl, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("network ACL {acl}"), &id, Kind::Network), &why);
            }
        };
        see(&id, record, draft);
        if let Some(association) = association(action) {
            return moved(action, answers, (acl, &id), association, draft);
        }
        behind::tell(answers, record, draft);
        if action.operation.verb() != "DeleteNetworkAcl" {
            return entry(action, (acl, &id), record, draft);
        }
        let what =
            format!("network ACL {acl} is deleted, with its {} entries", entries(record, "/Entries").len());
        draft.change_from(&id, Kind::Network, Effect::Destroy, what, record.get("Entries").cloned(), None);
        if behind::is_main(record) || !behind::subnets(record).is_empty() {
            let what = format!("{acl} is in use, or its VPC's default: the service will refuse");
            draft.change(&id, Kind::Network, Effect::Destroy, what);
        }
        draft.reversibility = Reversibility::Lossy;
    }
}

fn see(id: &TargetId, record: &Value, draft: &mut Draft) {
    draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    draft.bind(
        id.as_str(),
        json!({"Entries": record.get("Entries"), "Associations": record.get("Associations")}),
    );
}

/// `inbound 100: allow 0.0.0.0/0, protocol -1`.
fn words(entry: &Value) -> String {
    let range = text(entry, "/CidrBlock").or_else(|| text(entry, "/Ipv6CidrBlock")).unwrap_or("?");
    let port = |end: &str| number(entry, &format!("/PortRange/{end}"));
    let ports = match (port("From"), port("To")) {
        (Some(from), Some(to)) if from == to => format!(", port {from}"),
        (Some(from), Some(to)) => format!(", ports {from} to {to}"),
        _ => String::new(),
    };
    format!("{} {range}, protocol {}{ports}", or_dash(entry, "/RuleAction"), or_dash(entry, "/Protocol"))
}

fn entry(action: &Action, (acl, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let rule = number(&action.arguments, "/RuleNumber");
    let egress = flag(&action.arguments, "/Egress") == Some(true);
    let same = |entry: &&Value| {
        number(entry, "/RuleNumber") == rule && flag(entry, "/Egress").unwrap_or(false) == egress
    };
    let now = entries(record, "/Entries").iter().find(same);
    let way = if egress { "outbound" } else { "inbound" };
    let called = rule.map_or_else(|| format!("{way} ?"), |rule| format!("{way} {rule}"));
    let asked = words(&action.arguments);
    let refuse = |why: String| format!("{acl}: {why}: the service will refuse");
    let (effect, what) = match (action.operation.verb(), now) {
        ("DeleteNetworkAclEntry", Some(now)) => {
            (Effect::Destroy, format!("entry {called} of {acl} ({}) is removed", words(now)))
        }
        ("DeleteNetworkAclEntry", None) => (Effect::Destroy, refuse(format!("there is no entry {called}"))),
        ("ReplaceNetworkAclEntry", Some(now)) if words(now) == asked => return draft.settle(),
        ("ReplaceNetworkAclEntry", Some(now)) => {
            (Effect::Network, format!("entry {called} of {acl} becomes {asked}; it is {} now", words(now)))
        }
        ("ReplaceNetworkAclEntry", None) => (Effect::Network, refuse(format!("there is no entry {called}"))),
        (_, Some(now)) => {
            (Effect::Create, refuse(format!("there is an entry {called} already, {}", words(now))))
        }
        (_, None) => (Effect::Create, format!("entry {called} of {acl} is made: {asked}")),
    };
    let after = (effect != Effect::Destroy).then(|| action.arguments.clone());
    draft.change_from(id, Kind::Network, effect, what, now.cloned(), after);
    draft.reversibility = Reversibility::Exact;
}

/// A subnet goes from the list of its association to another.
fn moved(
    action: &Action,
    answers: &Answers,
    (acl, id): (&str, &TargetId),
    association: &str,
    draft: &mut Draft,
) {
    let now = match associated(answers) {
        Live::Found(now) => now,
        Live::Absent => {
            let what = format!("there is no association {association}: the service will refuse");
            draft.change(id, Kind::Network, leading(action), what);
            return;
        }
        Live::Unread(why) => {
            draft.unknown(format!("what association {association} is of could not be read: {why}"));
            draft.change(
                id,
                Kind::Network,
                leading(action),
                format!("a subnet falls under network ACL {acl}"),
            );
            return;
        }
    };
    let from = or_dash(now, "/NetworkAclId");
    if from == acl {
        return draft.settle();
    }
    let own = entries(now, "/Associations")
        .iter()
        .find(|one| text(one, "/NetworkAclAssociationId") == Some(association));
    let subnet = own.and_then(|own| text(own, "/SubnetId")).unwrap_or("a subnet");
    let what = format!("{subnet} falls under network ACL {acl}, no longer under {from}");
    draft.change(id, Kind::Network, leading(action), what.clone());
    let from = TargetId::new(arn::build(action, "ec2", &format!("network-acl/{from}")));
    draft.change(&from, Kind::Network, leading(action), what);
    behind::tell(answers, now, draft);
    draft.reversibility = Reversibility::Exact;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn first(operation: &str, rule: u64, verdict: &str) -> String {
        let arguments = json!({
            "NetworkAclId": "acl-1", "RuleNumber": rule, "Egress": false, "RuleAction": verdict, "Protocol": "-1",
            "CidrBlock": "0.0.0.0/0",
        });
        let mut asked = having(action("ec2", operation, arguments), Effect::Network);
        let id = "arn:aws:ec2:us-east-1:111122223333:network-acl/acl-1";
        asked.targets = vec![target(id, Kind::Network, "acl-1")];
        let acl: Value = json!({
            "NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1"}],
            "Entries": [{"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}],
        });
        let survey = survey(&asked, |operation, _| match operation {
            "DescribeNetworkAcls" => found(json!({ "NetworkAcls": [acl.clone()] })),
            _ => found(json!({"Reservations": []})),
        });
        survey.forecast.changes.first().map(|change| change.what.clone()).unwrap_or_default()
    }

    #[test]
    fn what_the_service_refuses_is_told() {
        assert!(first("ReplaceNetworkAclEntry", 90, "deny").contains("will refuse"));
        assert!(first("CreateNetworkAclEntry", 100, "deny").contains("already"));
    }
}
