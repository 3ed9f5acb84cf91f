//! Routes and route tables.
//!
//! A route that is removed or replaced cuts off at once whatever went that way: the forecast compares it with the route
//! that is there, and names the subnets and instances behind the table. Taking the change back is exact, as long as what
//! the route led to is still there. A table that a subnet uses, or that is its VPC's main one, is refused (VPC User
//! Guide, "Delete a route table"); a subnet that is taken from its table falls under the main one. Reads:
//! DescribeRouteTables (by id, or by the association that the request names), DescribeInstances of the subnets.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, entries, given, live, or_dash, text},
        draft::{Draft, leading},
        existence,
    },
    behind, id_of, ours,
};

/// The forecaster of routes.
pub(in crate::forecast) struct Route;

const BY_ASSOCIATION: &str = "ec2 route table of the association";
const OPERATIONS: [&str; 7] = [
    "DeleteRoute",
    "ReplaceRoute",
    "CreateRoute",
    "DeleteRouteTable",
    "DisassociateRouteTable",
    "ReplaceRouteTableAssociation",
    "AssociateRouteTable",
];

/// The table that the association of the request is of now.
fn associated<'a>(answers: &'a Answers) -> Live<'a> {
    match live(answers, BY_ASSOCIATION) {
        Live::Found(answer) => match entries(answer, "/RouteTables").first() {
            Some(table) => Live::Found(table),
            None => Live::Absent,
        },
        other => other,
    }
}

/// The table that the request acts on, by its id.
fn named(action: &Action) -> Option<(&str, TargetId)> {
    let table = given(action, "RouteTableId")?;
    Some((table, id_of(action, Kind::Route, "route-table", table)))
}

impl Look for Route {
    fn knows(&self, action: &Action) -> bool {
        let names = named(action).is_some() || given(action, "AssociationId").is_some();
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && names
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let mut reads = Vec::new();
        let mut behind_of = None;
        if let Some(association) = given(action, "AssociationId") {
            let name = "association.route-table-association-id";
            let by = json!({"Filters": [{"Name": name, "Values": [association]}]});
            reads.push(crate::call::read(action, BY_ASSOCIATION, "ec2", "DescribeRouteTables", by));
            behind_of = associated(so_far).found();
        } else if let Some((_, id)) = named(action) {
            behind_of = existence::of(action, so_far, &id).found();
        }
        reads.extend(behind_of.and_then(|record| behind::read(action, record)));
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        if let Some(association) = given(action, "AssociationId") {
            return moved(action, answers, association, draft);
        }
        let Some((table, id)) = named(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => return unread(action, table, &id, &why, draft),
        };
        see(&id, record, draft);
        match action.operation.verb() {
            "AssociateRouteTable" => {
                let place = given(action, "SubnetId").or_else(|| given(action, "GatewayId")).unwrap_or("?");
                let what = format!("{place} falls under route table {table}");
                draft.change(&id, Kind::Route, leading(action), what);
                draft.depend(format!("everything in {place}"));
                draft.reversibility = Reversibility::Exact;
            }
            "DeleteRouteTable" => delete_table(table, &id, record, answers, draft),
            _ => {
                behind::tell(answers, record, draft);
                one_route(action, (table, &id), record, draft);
            }
        }
    }
}

fn unread(action: &Action, table: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unread(action, (&format!("route table {table}"), id, Kind::Route), why);
}

fn see(id: &TargetId, record: &Value, draft: &mut Draft) {
    draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    draft.bind(
        id.as_str(),
        json!({"Routes": record.get("Routes"), "Associations": record.get("Associations")}),
    );
}

const RANGES: [&str; 3] = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
const PLACES: [&str; 10] = [
    "GatewayId",
    "NatGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "VpcEndpointId",
    "EgressOnlyInternetGatewayId",
    "CarrierGatewayId",
    "LocalGatewayId",
];

/// Where a route, or a request, leads to.
fn leads(of: &Value) -> Option<&str> {
    PLACES.iter().find_map(|place| of.get(*place)?.as_str()).filter(|place| !place.is_empty())
}

fn one_route(action: &Action, (table, id): (&str, &TargetId), record: &Value, draft: &mut Draft) {
    let range = RANGES.iter().find_map(|range| given(action, range)).unwrap_or("?");
    let same = |route: &&Value| RANGES.iter().any(|name| text(route, &format!("/{name}")) == Some(range));
    let now = entries(record, "/Routes").iter().find(same);
    let there = now.and_then(leads).unwrap_or("nothing that is told");
    let asked = leads(&action.arguments).unwrap_or("the place that the request names");
    let refuse = |why: &str| format!("{table}: {why}: the service will refuse");
    let local = now.is_some_and(|now| text(now, "/GatewayId") == Some("local"));
    let (effect, what) = match (action.operation.verb(), now) {
        ("DeleteRoute", None) => (Effect::Destroy, refuse(&format!("there is no route to {range}"))),
        ("DeleteRoute", _) if local => (Effect::Destroy, refuse("the local route cannot be removed")),
        ("DeleteRoute", Some(_)) => {
            (Effect::Destroy, format!("the route of {table} to {range}, by {there}, is removed"))
        }
        ("ReplaceRoute", None) => (Effect::Network, refuse(&format!("there is no route to {range}"))),
        ("ReplaceRoute", Some(_)) if there == asked => return draft.settle(),
        ("ReplaceRoute", Some(_)) => {
            (Effect::Network, format!("traffic of {table} to {range} goes by {asked}, no longer by {there}"))
        }
        (_, Some(_)) => (Effect::Create, refuse(&format!("there is a route to {range} already, by {there}"))),
        (_, None) => (Effect::Create, format!("traffic of {table} to {range} goes by {asked}")),
    };
    let after = (effect != Effect::Destroy).then(|| action.arguments.clone());
    draft.change_from(id, Kind::Route, effect, what, now.cloned(), after);
    if matches!(range, "0.0.0.0/0" | "::/0") && effect != Effect::Create {
        draft.depend("everything behind it that reaches the internet, or is reached from there".to_owned());
    }
    if now.is_some_and(|now| text(now, "/State") == Some("blackhole")) {
        draft.depend(format!("the route to {range} leads nowhere already"));
    }
    draft.reversibility = Reversibility::Exact;
}

fn delete_table(table: &str, id: &TargetId, record: &Value, answers: &Answers, draft: &mut Draft) {
    let routes = entries(record, "/Routes").len();
    let before = record.get("Routes").cloned();
    let what = format!("route table {table} is deleted, with its {routes} routes");
    draft.change_from(id, Kind::Route, Effect::Destroy, what, before, None);
    behind::tell(answers, record, draft);
    if behind::is_main(record) || !behind::subnets(record).is_empty() {
        let what = format!("{table} is in use: the service will refuse");
        draft.change(id, Kind::Route, Effect::Destroy, what);
    }
    draft.reversibility = Reversibility::Lossy;
}

/// A subnet goes from the table of its association to another, or to its VPC's main one.
fn moved(action: &Action, answers: &Answers, association: &str, draft: &mut Draft) {
    let now = match associated(answers) {
        Live::Found(now) => now,
        Live::Absent => {
            let id = TargetId::new(association);
            let what = format!("there is no association {association}: the service will refuse");
            draft.change(&id, Kind::Route, leading(action), what);
            return;
        }
        Live::Unread(why) => {
            draft.unknown(format!("what association {association} is of could not be read: {why}"));
            return;
        }
    };
    draft.saw();
    let table = or_dash(now, "/RouteTableId");
    let id = id_of(action, Kind::Route, "route-table", table);
    // The table of the request is where the subnet goes to; this is where it is.
    let id = match named(action) {
        Some((asked, _)) if asked != table => {
            TargetId::new(super::super::arn::build(action, "ec2", &format!("route-table/{table}")))
        }
        _ => id,
    };
    see(&id, now, draft);
    let own = entries(now, "/Associations")
        .iter()
        .find(|one| text(one, "/RouteTableAssociationId") == Some(association));
    let place = own.and_then(|own| text(own, "/SubnetId").or_else(|| text(own, "/GatewayId")));
    let place = place.map_or_else(|| "whatever has no other table".to_owned(), str::to_owned);
    let main = own.is_some_and(|own| own.get("Main") == Some(&json!(true)));
    match named(action) {
        Some((asked, _)) if asked == table => return draft.settle(),
        Some((asked, to)) => {
            let what = format!("{place} falls under route table {asked}, no longer under {table}");
            draft.change(&id, Kind::Route, leading(action), what.clone());
            draft.change(&to, Kind::Route, leading(action), what);
        }
        None if main => {
            let what = format!("{association} is the main one: the service will refuse");
            draft.change(&id, Kind::Route, leading(action), what);
        }
        None => {
            let what = format!("{place} falls under its VPC's main table, no longer under {table}");
            draft.change(&id, Kind::Route, leading(action), what);
        }
    }
    behind::tell(answers, now, draft);
    // Associating again makes another id of the association.
    draft.reversibility = Reversibility::Exact;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn ask(operation: &str, arguments: Value) -> Survey {
        let mut asked = having(action("ec2", operation, arguments), Effect::Network);
        let id = "arn:aws:ec2:us-east-1:111122223333:route-table/rtb-1";
        asked.targets = vec![target(id, Kind::Route, "rtb-1")];
        survey(&asked, |operation, _| match operation {
            "DescribeRouteTables" => found(json!({"RouteTables": [{
                "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1", "Main": false}],
                "Routes": [
                    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"},
                    {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"},
                ],
            }]})),
            _ => found(json!({"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]})),
        })
    }

    #[test]
    fn the_local_route_stays_and_who_stands_behind_a_table_is_named() {
        let told =
            ask("DeleteRoute", json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "10.0.0.0/16"}));
        assert!(told.forecast.changes[0].what.contains("will refuse"), "{:?}", told.forecast.changes);
        let behind = "instances behind it: i-1".to_owned();
        assert!(told.forecast.dependents.contains(&behind), "{:?}", told.forecast.dependents);
    }
}
