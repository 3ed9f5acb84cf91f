//! A NAT gateway that is deleted: created again with its address, and the routes that led to it lead there again.
//!
//! Kept: subnet, elastic addresses, kind, tags, and the routes through it. Back: it is created, then its routes are
//! replaced. Compared: all that is kept. Lost: the id, the private address, connections.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        Way, at, busy, call, found, is, later, list, missing, only, read, sorted, standing, step, tags, text,
        token, wait, what, with, word,
    },
    gone::{Things, tagged},
};

/// The way.
pub(super) struct NatGateway;

const GATEWAYS: Things =
    Things { describe: "DescribeNatGateways", ids: "NatGatewayIds", filters: "Filter", list: "/NatGateways" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/NatGatewayId").filter(|_| is(deed, "ec2", &["DeleteNatGateway"]))
}

fn current<'a>(deed: &Deed, answers: &'a Answers, id: &str) -> Result<Option<&'a Value>, String> {
    let there = |one: &Value| matches!(word(one, "/State"), Some("pending" | "available"));
    GATEWAYS.current(deed, answers, id, there)
}

fn through(gateway: &str) -> Value {
    json!({"Filters": [{"Name": "route.nat-gateway-id", "Values": [gateway]}]})
}

/// Table and destination of every route through a gateway.
fn routes(tables: &Value, gateway: &str) -> Value {
    let mut all = Vec::new();
    for table in list(tables, "/RouteTables") {
        let ours = |route: &&Value| word(route, "/NatGatewayId") == Some(gateway);
        for route in list(table, "/Routes").iter().filter(ours) {
            let to =
                only(route, &["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"]);
            all.push(with(to, json!({"RouteTableId": at(table, "/RouteTableId")})));
        }
    }
    sorted(all)
}

impl Way for NatGateway {
    fn name(&self) -> &'static str {
        "ec2/nat-gateway"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let mut reads = GATEWAYS.reads(deed, id);
        if let Ok(Some(gateway)) = current(deed, so_far, id) {
            let gateway = word(gateway, "/NatGatewayId").unwrap_or_default();
            reads.push(read(deed, "ec2", "DescribeRouteTables", through(gateway)));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the gateway is not named")?;
        let Some(gateway) = current(deed, answers, id)? else { return Ok(standing(Value::Null, json!({}))) };
        let now = word(gateway, "/NatGatewayId").ok_or("the gateway has no id")?;
        let tables = found(answers, "ec2", "DescribeRouteTables", &through(now))?;
        let addresses = list(gateway, "/NatGatewayAddresses").iter();
        let addresses: Vec<&str> = addresses.filter_map(|one| word(one, "/AllocationId")).collect();
        // Only a private one has no address.
        let kind = if addresses.is_empty() { "private" } else { "public" };
        let is = with(
            only(gateway, &["SubnetId"]),
            json!({
                "ConnectivityType": word(gateway, "/ConnectivityType").unwrap_or(kind),
                "addresses": addresses,
                "Tags": tags(at(gateway, "/Tags")),
                "routes": tables.map_or(json!([]), |tables| routes(tables, now)),
            }),
        );
        Ok(standing(is, json!({"id": now, "busy": word(gateway, "/State") == Some("pending")})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["the gateway's id and private address", "connections through it"];
        (!what(before).is_null()).then(|| Terms::lossy(5, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the gateway is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = Vec::new();
        if is.is_null() {
            let mut addresses = list(was, "/addresses").iter();
            let make = json!({
                "SubnetId": at(was, "/SubnetId"),
                "ConnectivityType": at(was, "/ConnectivityType"),
                "AllocationId": addresses.next(),
                "TagSpecifications": tagged(deed, "natgateway", at(was, "/Tags"), id),
                "ClientToken": token(deed, "gateway"),
            });
            let others: Vec<&Value> = addresses.collect();
            let others = if others.is_empty() { Value::Null } else { json!(others) };
            let make = with(make, json!({"SecondaryAllocationIds": others}));
            let name = format!("create the NAT gateway {id} again");
            steps.push(step(name, call(deed, "ec2", "CreateNatGateway", make)));
        }
        if is.is_null() || busy(now) {
            steps.push(wait("wait for the NAT gateway"));
        }
        for route in missing(at(is, "/routes"), at(was, "/routes")) {
            let table = word(&route, "/RouteTableId").unwrap_or_default();
            let to = route.as_object().into_iter().flatten().find(|(name, _)| *name != "RouteTableId");
            let to = to.and_then(|(_, to)| to.as_str()).unwrap_or_default();
            let name = format!("route {to} of {table} through it");
            steps.push(match word(now, "/handle/id").filter(|_| !busy(now)) {
                None => later(name),
                Some(gateway) => {
                    let arguments = with(route.clone(), json!({"NatGatewayId": gateway}));
                    step(name, call(deed, "ec2", "ReplaceRoute", arguments))
                }
            });
        }
        Ok(steps)
    }
}
