//! EC2: security groups, networks, routes, network ACLs.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn by(prefix: &'static str, member: &'static str) -> impl Fn(&Value) -> Option<String> {
    move |one| Some(arn("ec2", &format!("{prefix}/{}", text(one, member))))
}

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let kinds = [
        ("DescribeVpcs", "/Vpcs", "vpc", "VpcId"),
        ("DescribeSubnets", "/Subnets", "subnet", "SubnetId"),
        ("DescribeSecurityGroups", "/SecurityGroups", "security-group", "GroupId"),
        ("DescribeInternetGateways", "/InternetGateways", "internet-gateway", "InternetGatewayId"),
        ("DescribeNetworkInterfaces", "/NetworkInterfaces", "network-interface", "NetworkInterfaceId"),
    ];
    for (verb, list, prefix, member) in kinds {
        all.list(bed, ("ec2", verb, json!({})), list, by(prefix, member));
    }
    parts(bed, &mut all, "DescribeRouteTables", "/RouteTables", ("route-table", "RouteTableId"), "Routes");
    parts(bed, &mut all, "DescribeNetworkAcls", "/NetworkAcls", ("network-acl", "NetworkAclId"), "Entries");
    all
}

/// Things whose parts are looked at one by one.
fn parts(bed: &Bed, all: &mut Inventory, verb: &str, list: &str, (prefix, member): (&str, &str), of: &str) {
    for mut one in entries(&bed.ok("ec2", verb, json!({})), list) {
        let id = arn("ec2", &format!("{prefix}/{}", text(&one, member)));
        for part in entries(&one, &format!("/{of}")) {
            let range = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
            let name = range.iter().find_map(|name| part.get(*name)).cloned();
            let name = name.unwrap_or_else(|| json!([part["RuleNumber"], part["Egress"]]));
            all.add(format!("{id}#{name}"), part);
        }
        one.as_object_mut().unwrap().remove(of);
        all.add(id, one);
    }
}

struct Net {
    vpc: Value,
    subnet: Value,
    gateway: Value,
    table: Value,
    association: Value,
}

/// A network with a subnet whose traffic goes to the internet.
fn net(bed: &Bed) -> Net {
    let vpc = bed.ok("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"].clone();
    let subnet = json!({"VpcId": vpc, "CidrBlock": "10.0.1.0/24"});
    let subnet = bed.ok("ec2", "CreateSubnet", subnet)["Subnet"]["SubnetId"].clone();
    let gateway =
        bed.ok("ec2", "CreateInternetGateway", json!({}))["InternetGateway"]["InternetGatewayId"].clone();
    bed.ok("ec2", "AttachInternetGateway", json!({"InternetGatewayId": gateway, "VpcId": vpc}));
    let table =
        bed.ok("ec2", "CreateRouteTable", json!({ "VpcId": vpc }))["RouteTable"]["RouteTableId"].clone();
    bed.ok(
        "ec2",
        "CreateRoute",
        json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}),
    );
    let associate = json!({"RouteTableId": table, "SubnetId": subnet});
    let association = bed.ok("ec2", "AssociateRouteTable", associate)["AssociationId"].clone();
    Net { vpc, subnet, gateway, table, association }
}

fn acl(bed: &Bed, net: &Net) -> Value {
    bed.ok("ec2", "CreateNetworkAcl", json!({ "VpcId": net.vpc }))["NetworkAcl"]["NetworkAclId"].clone()
}

fn entry(acl: &Value, rule: u32, verdict: &str) -> Value {
    json!({
        "NetworkAclId": acl, "RuleNumber": rule, "Egress": false, "RuleAction": verdict, "Protocol": "-1",
        "CidrBlock": "10.9.0.0/16",
    })
}

/// A list that the subnet falls under, with one entry.
fn acl_in_use(bed: &Bed) -> (Net, Value) {
    let net = net(bed);
    let acl = acl(bed, &net);
    bed.ok("ec2", "CreateNetworkAclEntry", entry(&acl, 100, "allow"));
    let by = json!({"Filters": [{"Name": "association.subnet-id", "Values": [net.subnet]}]});
    let now = bed.ok("ec2", "DescribeNetworkAcls", by);
    let own = entries(&now["NetworkAcls"][0], "/Associations")
        .into_iter()
        .find(|one| one["SubnetId"] == net.subnet);
    let association = own.unwrap()["NetworkAclAssociationId"].clone();
    let replace = json!({"AssociationId": association, "NetworkAclId": acl});
    bed.ok("ec2", "ReplaceNetworkAclAssociation", replace);
    (net, acl)
}

fn group(bed: &Bed) -> Value {
    let vpc = net(bed).vpc;
    let make = json!({"GroupName": "web", "Description": "web", "VpcId": vpc});
    let group = bed.ok("ec2", "CreateSecurityGroup", make)["GroupId"].clone();
    bed.ok("ec2", "AuthorizeSecurityGroupIngress", json!({"GroupId": group, "IpPermissions": ssh()}));
    group
}

fn ssh() -> Value {
    json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])
}

const CASES: &[Case] = &[
    Case {
        name: "a rule is revoked",
        forecaster: "ec2/security_group",
        scene: |bed| {
            let revoke = json!({"GroupId": group(bed), "IpPermissions": ssh()});
            Scene::request("ec2", "RevokeSecurityGroupIngress", revoke)
        },
    },
    Case {
        name: "a security group is deleted",
        forecaster: "ec2/security_group",
        scene: |bed| Scene::request("ec2", "DeleteSecurityGroup", json!({"GroupId": group(bed)})),
    },
    Case {
        name: "a gateway is detached",
        forecaster: "ec2/network",
        scene: |bed| {
            let net = net(bed);
            let detach = json!({"InternetGatewayId": net.gateway, "VpcId": net.vpc});
            Scene::request("ec2", "DetachInternetGateway", detach)
        },
    },
    Case {
        name: "a route is removed",
        forecaster: "ec2/route",
        scene: |bed| {
            let table = net(bed).table;
            let remove = json!({"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"});
            Scene::request("ec2", "DeleteRoute", remove)
        },
    },
    Case {
        name: "a route that is not there is not removed",
        forecaster: "ec2/route",
        scene: |bed| {
            let table = net(bed).table;
            let remove = json!({"RouteTableId": table, "DestinationCidrBlock": "10.9.0.0/16"});
            Scene::request("ec2", "DeleteRoute", remove)
        },
    },
    Case {
        name: "a route leads elsewhere",
        forecaster: "ec2/route",
        scene: |bed| {
            let net = net(bed);
            let other = bed.ok("ec2", "CreateInternetGateway", json!({}));
            let other = other["InternetGateway"]["InternetGatewayId"].clone();
            let replace =
                json!({"RouteTableId": net.table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": other});
            Scene::request("ec2", "ReplaceRoute", replace)
        },
    },
    Case {
        name: "a route is made",
        forecaster: "ec2/route",
        scene: |bed| {
            let net = net(bed);
            let make = json!({"RouteTableId": net.table, "DestinationCidrBlock": "10.9.0.0/16", "GatewayId": net.gateway});
            Scene::request("ec2", "CreateRoute", make)
        },
    },
    Case {
        name: "a route table in use is not deleted",
        forecaster: "ec2/route",
        scene: |bed| Scene::request("ec2", "DeleteRouteTable", json!({"RouteTableId": net(bed).table})),
    },
    Case {
        name: "a subnet falls under the main table",
        forecaster: "ec2/route",
        scene: |bed| {
            let association = net(bed).association;
            Scene::request("ec2", "DisassociateRouteTable", json!({ "AssociationId": association }))
        },
    },
    Case {
        name: "a subnet falls under another table",
        forecaster: "ec2/route",
        scene: |bed| {
            let net = net(bed);
            let other = bed.ok("ec2", "CreateRouteTable", json!({"VpcId": net.vpc}));
            let other = other["RouteTable"]["RouteTableId"].clone();
            let replace = json!({"AssociationId": net.association, "RouteTableId": other});
            Scene::request("ec2", "ReplaceRouteTableAssociation", replace)
        },
    },
    Case {
        name: "an entry is removed",
        forecaster: "ec2/acl",
        scene: |bed| {
            let (_, acl) = acl_in_use(bed);
            let remove = json!({"NetworkAclId": acl, "RuleNumber": 100, "Egress": false});
            Scene::request("ec2", "DeleteNetworkAclEntry", remove)
        },
    },
    Case {
        name: "an entry becomes another",
        forecaster: "ec2/acl",
        scene: |bed| Scene::request("ec2", "ReplaceNetworkAclEntry", entry(&acl_in_use(bed).1, 100, "deny")),
    },
    Case {
        name: "an entry stays as it is",
        forecaster: "ec2/acl",
        scene: |bed| Scene::request("ec2", "ReplaceNetworkAclEntry", entry(&acl_in_use(bed).1, 100, "allow")),
    },
    Case {
        name: "an entry is made",
        forecaster: "ec2/acl",
        scene: |bed| Scene::request("ec2", "CreateNetworkAclEntry", entry(&acl_in_use(bed).1, 90, "deny")),
    },
    Case {
        name: "a list in use is not deleted",
        forecaster: "ec2/acl",
        scene: |bed| Scene::request("ec2", "DeleteNetworkAcl", json!({"NetworkAclId": acl_in_use(bed).1})),
    },
    Case {
        name: "a list is deleted",
        forecaster: "ec2/acl",
        scene: |bed| {
            let net = net(bed);
            Scene::request("ec2", "DeleteNetworkAcl", json!({"NetworkAclId": acl(bed, &net)}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
