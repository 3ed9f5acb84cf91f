//! A route of a route table: created, replaced, deleted.
//!
//! Kept: where the destination is routed to. Back: the route is created, replaced or deleted. Compared: the target of the
//! one destination.

use std::net::{Ipv4Addr, Ipv6Addr};

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, step, text, with, word},
};

/// The way.
pub(super) struct Route;

const DESTINATIONS: [&str; 3] =
    ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

/// The members of a route that name its target, the telling ones first; an instance is routed to by its interface.
const TARGETS: [&str; 10] = [
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "NetworkInterfaceId",
    "InstanceId",
    "GatewayId",
];

struct Of<'a> {
    table: &'a str,
    by: &'static str,
    destination: &'a str,
}

fn of(deed: &Deed) -> Option<Of<'_>> {
    if !is(deed, "ec2", &["CreateRoute", "ReplaceRoute", "DeleteRoute"]) {
        return None;
    }
    let table = text(deed, "/RouteTableId")?;
    let mut named = DESTINATIONS.into_iter().filter_map(|by| Some((by, text(deed, &format!("/{by}"))?)));
    let (by, destination) = named.next().filter(|_| named.next().is_none())?;
    (by == "DestinationPrefixListId" || is_network(destination)).then_some(Of { table, by, destination })
}

/// Whether it is spelled as the service spells it: without bits after the prefix. Otherwise the route would not be found.
fn is_network(block: &str) -> bool {
    let Some((address, length)) = block.split_once('/') else { return false };
    let Ok(length) = length.parse::<u32>() else { return false };
    if let Ok(four) = address.parse::<Ipv4Addr>() {
        return length <= 32 && u32::MAX.checked_shr(length).unwrap_or(0) & u32::from(four) == 0;
    }
    address.parse::<Ipv6Addr>().is_ok_and(|six| {
        length <= 128
            && u128::MAX.checked_shr(length).unwrap_or(0) & u128::from(six) == 0
            && six.to_string() == address
    })
}

/// The target of a route, in the form that it is created with.
fn target(route: &Value) -> Option<Value> {
    let (member, id) = TARGETS.iter().find_map(|name| Some((*name, word(route, &format!("/{name}"))?)))?;
    Some(match (member, id) {
        ("GatewayId", "local") => json!({"LocalTarget": true}),
        ("GatewayId", id) if id.starts_with("vpce-") => json!({"VpcEndpointId": id}),
        (member, id) => json!({member: id}),
    })
}

impl OneRead for Route {
    fn called(&self) -> &'static str {
        "ec2/route"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let table = of(deed)?.table;
        Some(Ask("ec2", "DescribeRouteTables", json!({"RouteTableIds": [table]})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let of = of(deed).ok_or("the destination is not named")?;
        let answer = answer.ok_or("the route table is not there")?;
        let routes = list(answer, "/RouteTables/0/Routes");
        let ours = routes.iter().find(|route| word(route, &format!("/{}", of.by)) == Some(of.destination));
        ours.map_or(Ok(Value::Null), |route| target(route).ok_or_else(|| "its target is not told".to_owned()))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let of = of(deed).ok_or("the destination is not named")?;
        let route = json!({"RouteTableId": of.table, of.by: of.destination});
        let (operation, words) = match (before, now) {
            (Value::Null, _) => ("DeleteRoute", "delete the route"),
            (_, Value::Null) => ("CreateRoute", "create the route"),
            _ => ("ReplaceRoute", "set the route"),
        };
        let name = format!("{words} to {} in {}", of.destination, of.table);
        Ok(vec![step(name, call(deed, "ec2", operation, with(route, before.clone())))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_told_from_how_people_write_one() {
        for block in ["0.0.0.0/0", "10.0.0.0/8", "10.1.2.3/32", "::/0", "2001:db8::/32"] {
            assert!(is_network(block), "{block}");
        }
        for block in ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "2001:DB8::/32", "2001:db8::1/32", "pl-1"] {
            assert!(!is_network(block), "{block}");
        }
    }

    #[test]
    fn a_target_is_told_in_the_form_that_it_is_created_with() {
        let told = |route: Value| target(&route).unwrap();
        assert_eq!(told(json!({"GatewayId": "local"})), json!({"LocalTarget": true}));
        assert_eq!(told(json!({"GatewayId": "vpce-1"})), json!({"VpcEndpointId": "vpce-1"}));
        let instance = json!({"InstanceId": "i-1", "NetworkInterfaceId": "eni-1"});
        assert_eq!(told(instance), json!({"NetworkInterfaceId": "eni-1"}));
    }
}
