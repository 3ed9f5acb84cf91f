//! Amazon EC2: security groups, routes, network ACLs and endpoints.

use core::net::Ipv6Addr;

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::EC2_GROUP_IN_USE;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::{Subject, is_account};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ec2-open-to-world",
        finds: "a security group open to the internet on other ports than 80 and 443, or to another account",
        shape: Shape::Setting,
        operations: &[("ec2", "AuthorizeSecurityGroupIngress"), ("ec2", "ModifySecurityGroupRules")],
        test: open,
    },
    Rule {
        id: "ec2-revoke-in-use",
        finds: "a rule taken from a security group that something uses",
        shape: Shape::Setting,
        operations: &[("ec2", "RevokeSecurityGroupIngress"), ("ec2", "RevokeSecurityGroupEgress")],
        test: |_| {
            vec![claim_when(
                Effect::Interrupt,
                "cuts traffic of whatever uses the security group",
                vec![yes(EC2_GROUP_IN_USE)],
            )]
        },
    },
    Rule {
        id: "ec2-route-changed",
        finds: "a route replaced or removed",
        shape: Shape::Setting,
        operations: &[("ec2", "ReplaceRoute"), ("ec2", "DeleteRoute")],
        test: |subject| {
            let range = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];
            let range = range.iter().find_map(|member| subject.text(member)).unwrap_or("a range");
            vec![claim(Effect::Interrupt, format!("sends traffic to {range} elsewhere, or nowhere"))]
        },
    },
    Rule {
        id: "ec2-acl-entry",
        finds: "a network ACL entry that denies, or lets anybody in",
        shape: Shape::Setting,
        operations: &[
            ("ec2", "ReplaceNetworkAclEntry"),
            ("ec2", "CreateNetworkAclEntry"),
            ("ec2", "DeleteNetworkAclEntry"),
        ],
        test: acl_entry,
    },
    Rule {
        id: "ec2-endpoint-weakened",
        finds: "an endpoint that loses routes, or its policy",
        shape: Shape::Setting,
        operations: &[("ec2", "ModifyVpcEndpoint")],
        test: endpoint,
    },
];

/// The widest range that is still somebody's own: one octet. Two halves of the internet are the internet.
pub(crate) fn is_world(cidr: &str) -> bool {
    let Some((address, prefix)) = cidr.split_once('/') else { return false };
    let prefix: u8 = prefix.parse().unwrap_or(0);
    if !address.contains(':') {
        return prefix < 8;
    }
    let Ok(address) = address.parse::<Ipv6Addr>() else { return true };
    // Addresses that are routed on no internet (RFC 4193, RFC 4291): `fc00::/7`, `fe80::/10`, `ff00::/8`.
    let [first, second, ..] = address.octets();
    let inside = (first & 0xfe == 0xfc && prefix >= 7)
        || (first == 0xfe && second & 0xc0 == 0x80 && prefix >= 10)
        || (first == 0xff && prefix >= 8);
    prefix < 16 && !inside
}

fn is_web(permission: &Value) -> bool {
    let port = |name: &str| permission.get(name).and_then(Value::as_i64);
    let tcp = matches!(permission.get("IpProtocol").and_then(Value::as_str), Some("tcp" | "6"));
    tcp && port("FromPort") == port("ToPort") && matches!(port("FromPort"), Some(80 | 443))
}

fn open(subject: &Subject<'_>) -> Vec<Claim> {
    let permissions = subject.all("IpPermissions[]").into_iter();
    let changed = subject.all("SecurityGroupRules[].SecurityGroupRule");
    let mut claims = Vec::new();
    for permission in permissions.chain([subject.parameters]).chain(changed) {
        let paths = [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")];
        let ranges = paths.iter().flat_map(|(list, name)| {
            permission
                .get(list)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(move |range| range.get(name))
        });
        let direct = ["CidrIp", "CidrIpv4", "CidrIpv6"].into_iter().filter_map(|name| permission.get(name));
        for cidr in ranges.chain(direct).filter_map(Value::as_str) {
            if is_world(cidr) && !is_web(permission) {
                claims.push(claim(
                    Effect::Expose,
                    format!("opens {} to the whole internet ({cidr})", ports(permission)),
                ));
            }
        }
        let pairs = permission.get("UserIdGroupPairs").and_then(Value::as_array).into_iter().flatten();
        let owners =
            pairs.filter_map(|pair| pair.get("UserId")).chain(permission.get("SourceSecurityGroupOwnerId"));
        for account in owners.filter_map(Value::as_str) {
            if is_account(account) && subject.foreign(account) {
                claims
                    .push(claim(Effect::Expose, format!("opens {} to account {account}", ports(permission))));
            }
        }
    }
    claims
}

fn ports(permission: &Value) -> String {
    let port = |name: &str| permission.get(name).and_then(Value::as_i64);
    match (port("FromPort"), port("ToPort")) {
        (Some(from), Some(to)) if from == to && from >= 0 => format!("port {from}"),
        (Some(from), Some(to)) if from >= 0 => format!("ports {from} to {to}"),
        _ => "every port".to_owned(),
    }
}

fn acl_entry(subject: &Subject<'_>) -> Vec<Claim> {
    let cidr = subject.text("CidrBlock").or_else(|| subject.text("Ipv6CidrBlock")).unwrap_or_default();
    match (subject.operation, subject.text("RuleAction")) {
        ("DeleteNetworkAclEntry", _) => {
            vec![claim(Effect::Interrupt, "takes away an entry of the subnet's network rules")]
        }
        (_, Some("deny")) => {
            vec![claim(Effect::Interrupt, format!("denies traffic of {cidr} to or from whole subnets"))]
        }
        (_, Some("allow")) if is_world(cidr) && !subject.on("Egress") => {
            vec![claim(Effect::Expose, format!("lets {cidr} through to whole subnets"))]
        }
        _ => Vec::new(),
    }
}

fn endpoint(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    let removed = ["RemoveRouteTableIds", "RemoveSubnetIds", "RemoveSecurityGroupIds"];
    if removed.iter().any(|member| subject.has(member)) {
        claims.push(claim(Effect::Interrupt, "takes the endpoint away from subnets that use it"));
    }
    if subject.on("ResetPolicy") {
        claims.push(claim(Effect::GuardRemoval, "lets everything through the endpoint again"));
    } else if subject.has("PolicyDocument") {
        claims.extend(only_if(true, claim(Effect::Privilege, "changes what may go through the endpoint")));
    }
    claims
}
