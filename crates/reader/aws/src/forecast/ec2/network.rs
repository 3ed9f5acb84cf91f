//! VPCs, subnets, route tables, gateways and network ACLs: who stands in them.
//!
//! A VPC or subnet with anything in it is refused by the service; a route, an ACL entry or a gateway is not, and cuts
//! off whatever is behind it. Reads: the record of each target, and DescribeNetworkInterfaces and DescribeInstances of
//! the VPC or subnet.

use interlock_action::{Action, Answers, Bears, Kind, Observed, Read, Reversibility};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{entries, listed, text, texts},
        draft::{Draft, leading},
        existence, words,
    },
    ours,
};

/// The forecaster of networks.
pub(in crate::forecast) struct Network;

const INTERFACES: &str = "ec2 interfaces of the network";
const INSTANCES: &str = "ec2 instances of the network";

/// Operations, and how the way back is.
const OPERATIONS: [(&str, Reversibility); 20] = [
    ("DeleteVpc", Reversibility::Lossy),
    ("DeleteSubnet", Reversibility::Lossy),
    ("DeleteRouteTable", Reversibility::Lossy),
    ("DeleteInternetGateway", Reversibility::Lossy),
    ("DeleteNatGateway", Reversibility::Lossy),
    ("DeleteNetworkAcl", Reversibility::Lossy),
    ("DeleteVpcEndpoints", Reversibility::Lossy),
    ("DeleteVpcPeeringConnection", Reversibility::Lossy),
    ("DeleteRoute", Reversibility::Exact),
    ("ReplaceRoute", Reversibility::Exact),
    ("CreateRoute", Reversibility::Exact),
    ("DetachInternetGateway", Reversibility::Exact),
    ("DisassociateRouteTable", Reversibility::Lossy),
    ("ReplaceRouteTableAssociation", Reversibility::Exact),
    ("ReplaceNetworkAclAssociation", Reversibility::Exact),
    ("CreateNetworkAclEntry", Reversibility::Exact),
    ("ReplaceNetworkAclEntry", Reversibility::Exact),
    ("DeleteNetworkAclEntry", Reversibility::Exact),
    ("ModifySubnetAttribute", Reversibility::Exact),
    ("ModifyVpcAttribute", Reversibility::Exact),
];

fn way_back(action: &Action) -> Option<Reversibility> {
    OPERATIONS.iter().find(|(verb, _)| *verb == action.operation.verb()).map(|(_, way)| *way)
}

/// The filter that finds who stands in it: the request's subnet or VPC, or that of the record.
fn filter(action: &Action, so_far: &Answers) -> Option<(&'static str, String)> {
    let given = |member: &str| action.arguments.get(member).and_then(Value::as_str).map(str::to_owned);
    if let Some(subnet) = given("SubnetId") {
        return Some(("subnet-id", subnet));
    }
    if let Some(vpc) = given("VpcId") {
        return Some(("vpc-id", vpc));
    }
    let mut records =
        action.targets.iter().filter_map(|target| existence::of(action, so_far, &target.id).found());
    records.find_map(|record| text(record, "/VpcId").map(|vpc| ("vpc-id", vpc.to_owned())))
}

impl Look for Network {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && way_back(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some((name, value)) = filter(action, so_far) else { return Vec::new() };
        let by = json!({"Filters": [{"Name": name, "Values": [value]}]});
        vec![
            crate::call::read(action, INTERFACES, "ec2", "DescribeNetworkInterfaces", by.clone()),
            crate::call::read(action, INSTANCES, "ec2", "DescribeInstances", by),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        for target in &action.targets {
            let Some(record) = existence::of(action, answers, &target.id).found() else { continue };
            draft.observe(&target.id, Observed { data: Bears::No, ..Observed::default() });
            draft.bind(
                target.id.as_str(),
                json!({
                    "Routes": record.get("Routes"),
                    "Associations": record.get("Associations"),
                    "Attachments": record.get("Attachments"),
                    "Entries": record.get("Entries"),
                    "CidrBlock": record.get("CidrBlock"),
                }),
            );
        }
        let interfaces = listed(answers, INTERFACES, "NetworkInterfaces");
        let instances = listed(answers, INSTANCES, "Reservations");
        draft.gap(interfaces.gap("network interfaces in it"));
        draft.gap(instances.gap("instances in it"));
        let all: Vec<&str> =
            instances.entries().iter().flat_map(|one| texts(one, "/Instances", "InstanceId")).collect();
        if !all.is_empty() {
            draft.depend(format!("instances {}", words::some(&all, 10)));
        }
        let others: Vec<String> = interfaces
            .entries()
            .iter()
            .filter(|one| text(one, "/Attachment/InstanceId").is_none())
            .map(|one| {
                let name = text(one, "/NetworkInterfaceId").unwrap_or("?");
                let what =
                    text(one, "/Description").filter(|what| !what.is_empty()).unwrap_or("no description");
                format!("{name} ({what})")
            })
            .collect();
        if !others.is_empty() {
            draft.depend(format!("network interfaces {}", words::some(&others, 10)));
        }
        draft.reversibility = way_back(action).unwrap_or(Reversibility::None);
        before_and_after(action, answers, draft);
    }
}

/// The routes or entries as they are, beside the one that is written.
fn before_and_after(action: &Action, answers: &Answers, draft: &mut Draft) {
    let verb = action.operation.verb();
    let list = if verb.contains("Acl") { "/Entries" } else { "/Routes" };
    if !verb.contains("Route") && !verb.contains("AclEntry") {
        return;
    }
    for target in action.targets.iter().filter(|target| matches!(target.kind, Kind::Route | Kind::Network)) {
        let Some(record) = existence::of(action, answers, &target.id).found() else { continue };
        let same = |one: &&Value| {
            ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "RuleNumber"].iter().any(|member| {
                let asked = action.arguments.get(*member);
                asked.is_some() && one.get(*member) == asked
            })
        };
        let now = entries(record, list).iter().find(same);
        let where_to = now.map_or_else(|| "there is none now".to_owned(), |now| format!("it is {now} now"));
        let name = target.name.as_deref().unwrap_or(target.id.as_str());
        let what = format!("{name}: {verb}; {where_to}");
        draft.change_from(&target.id, target.kind, leading(action), what, now.cloned(), None);
    }
}

#[cfg(test)]
mod tests;
