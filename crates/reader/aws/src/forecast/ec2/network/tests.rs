use interlock_action::{Effect, Kind, Reversibility};
use serde_json::json;

use crate::forecast::testing::{action, found, having, survey, target};

#[test]
fn a_replaced_route_shows_where_it_goes_now() {
    let arguments =
        json!({"RouteTableId": "rtb-1", "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-2"});
    let mut action = having(action("ec2", "ReplaceRoute", arguments), Effect::Network);
    action.targets =
        vec![target("arn:aws:ec2:us-east-1:111122223333:route-table/rtb-1", Kind::Route, "rtb-1")];
    let survey = survey(&action, |operation, _| match operation {
        "DescribeRouteTables" => found(json!({"RouteTables": [{
            "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Tags": [],
            "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}],
        }]})),
        "DescribeInstances" => found(json!({"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]})),
        "DescribeNetworkInterfaces" => found(json!({"NetworkInterfaces": []})),
        other => panic!("{other} was not expected"),
    });
    assert_eq!(survey.forecast.changes[0].before.as_ref().unwrap()["GatewayId"], json!("igw-1"));
    assert_eq!(survey.forecast.reversibility, Reversibility::Exact);
    assert_eq!(survey.forecast.dependents, ["instances i-1"]);
}
