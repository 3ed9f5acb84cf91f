//! VPCs, subnets and gateways: who stands in them.
//!
//! A VPC or subnet with anything in it is refused by the service; a gateway is not, and cuts off whatever is behind it. Reads: the record of each target, and DescribeNetworkInterfaces and DescribeInstances of
//! the VPC or subnet.

use interlock_action::{Action, Answers, Bears, Observed, Read, Reversibility};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{listed, text},
        draft::Draft,
        existence, words,
    },
    behind, ours,
};

/// The forecaster of networks.
pub(in crate::forecast) struct Network;

const INTERFACES: &str = "ec2 interfaces of the network";
const INSTANCES: &str = "ec2 instances of the network";

/// Operations, and how the way back is.
const OPERATIONS: [(&str, Reversibility); 9] = [
    ("DeleteVpc", Reversibility::Lossy),
    ("DeleteSubnet", Reversibility::Lossy),
    ("DeleteInternetGateway", Reversibility::Lossy),
    ("DeleteNatGateway", Reversibility::Lossy),
    ("DeleteVpcEndpoints", Reversibility::Lossy),
    ("DeleteVpcPeeringConnection", Reversibility::Lossy),
    ("DetachInternetGateway", Reversibility::Exact),
    // The present value is not read.
    ("ModifySubnetAttribute", Reversibility::None),
    ("ModifyVpcAttribute", Reversibility::None),
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
                    "Attachments": record.get("Attachments"),
                    "CidrBlock": record.get("CidrBlock"),
                }),
            );
        }
        let interfaces = listed(answers, INTERFACES, "NetworkInterfaces");
        draft.gap(interfaces.gap("network interfaces in it"));
        behind::instances(answers, INSTANCES, "in it", draft);
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
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind};
    use serde_json::json;

    use crate::forecast::testing::{action, found, having, survey, target};

    #[test]
    fn who_stands_in_a_subnet_is_named() {
        let mut delete =
            having(action("ec2", "DeleteSubnet", json!({"SubnetId": "subnet-1"})), Effect::Destroy);
        let id = "arn:aws:ec2:us-east-1:111122223333:subnet/subnet-1";
        delete.targets = vec![target(id, Kind::Subnet, "subnet-1")];
        let survey = survey(&delete, |operation, _| match operation {
            "DescribeSubnets" => found(json!({"Subnets": [{"SubnetId": "subnet-1", "Tags": []}]})),
            "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]})),
            _ => Answer::Unreadable("denied".to_owned()),
        });
        assert_eq!(survey.forecast.dependents, ["instances in it: i-1"]);
        assert!(survey.forecast.unknowns[0].starts_with("network interfaces in it"));
    }
}
