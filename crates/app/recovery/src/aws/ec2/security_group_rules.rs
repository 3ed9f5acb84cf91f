//! The rules of a security group: allowed, revoked, described anew.
//!
//! Kept: the permissions of the group, both ways. Back: what is too much is revoked, what is missing is allowed. Compared:
//! protocol, ports, peers and descriptions of every rule; the ids of rules are new. Lost: tags of rules that are revoked.

use interlock_action::{Answers, Deed, HANDLE, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{Way, call, found, is, list, missing, only, read, sorted, step, text};

/// The way.
pub(super) struct Rules;

const OPERATIONS: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "ModifySecurityGroupRules",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
];

const PEERS: &[&str] = &["CidrIpv4", "CidrIpv6", "PrefixListId"];

fn asks(deed: &Deed) -> Value {
    let group = text(deed, "/GroupId").unwrap_or_default();
    json!({"Filters": [{"Name": "group-id", "Values": [group]}]})
}

impl Way for Rules {
    fn name(&self) -> &'static str {
        "ec2/security-group-rules"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        // By name alone a group is one of several.
        is(deed, "ec2", OPERATIONS) && text(deed, "/GroupId").is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "ec2", "DescribeSecurityGroupRules", asks(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "ec2", "DescribeSecurityGroupRules", &asks(deed))?;
        let rules = answer.map_or(&[][..], |answer| list(answer, "/SecurityGroupRules"));
        let way = |outward: bool| {
            let ours = rules.iter().filter(|rule| rule.get("IsEgress") == Some(&Value::Bool(outward)));
            sorted(ours.map(permission).collect())
        };
        let tagged = rules.iter().any(|rule| !list(rule, "/Tags").is_empty());
        Ok(json!({"ingress": way(false), "egress": way(true), HANDLE: {"tagged": tagged}}))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let adds = deed.operation.verb().starts_with("Authorize");
        let tagged = before.pointer("/handle/tagged") == Some(&Value::Bool(true));
        Some(if tagged && !adds { Terms::lossy(1, &["the tags of the rules"]) } else { Terms::exact() })
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = text(deed, "/GroupId").ok_or("the group is not named")?;
        let mut steps = Vec::new();
        for (way, verb) in [("ingress", "Ingress"), ("egress", "Egress")] {
            let (was, is) = (before.get(way).unwrap_or(&Value::Null), now.get(way).unwrap_or(&Value::Null));
            // First what is missing: a rule that is only described anew is never without effect.
            for (permissions, operation, words) in
                [(missing(was, is), "Revoke", "revoke"), (missing(is, was), "Authorize", "allow")]
            {
                if permissions.is_empty() {
                    continue;
                }
                let what: Vec<String> = permissions.iter().map(describe).collect();
                let operation = format!("{operation}SecurityGroup{verb}");
                let arguments = json!({"GroupId": group, "IpPermissions": permissions});
                let name = format!("{words} {way} {}", what.join(", "));
                steps.push(step(name, call(deed, "ec2", &operation, arguments)));
            }
        }
        Ok(steps)
    }
}

/// A rule in the form that it is allowed in.
fn permission(rule: &Value) -> Value {
    let mut permission = only(rule, &["IpProtocol", "FromPort", "ToPort"]);
    let described = |peer: Value| {
        let mut peer = peer;
        if let (Some(words), Some(peer)) = (rule.get("Description"), peer.as_object_mut()) {
            peer.insert("Description".to_owned(), words.clone());
        }
        Value::Array(vec![peer])
    };
    let peers = [
        ("CidrIpv4", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("PrefixListId", "PrefixListIds", "PrefixListId"),
    ];
    let Some(into) = permission.as_object_mut() else { return permission };
    for (member, group, name) in peers {
        if let Some(peer) = rule.get(member) {
            into.insert(group.to_owned(), described(json!({name: peer})));
        }
    }
    if let Some(other) = rule.get("ReferencedGroupInfo") {
        into.insert("UserIdGroupPairs".to_owned(), described(only(other, &["GroupId", "UserId"])));
    }
    permission
}

/// `tcp 443 10.0.0.0/8`.
fn describe(permission: &Value) -> String {
    let word = |name: &str| permission.get(name).map(|value| value.to_string().replace('"', ""));
    let ports = match (word("FromPort"), word("ToPort")) {
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
        _ => String::new(),
    };
    let peers = ["/IpRanges", "/Ipv6Ranges", "/PrefixListIds", "/UserIdGroupPairs"];
    let peers = peers.iter().flat_map(|peers| list(permission, peers));
    let names = ["CidrIp", "GroupId"].iter().chain(PEERS);
    let names = peers.filter_map(|peer| names.clone().find_map(|name| peer.get(*name)?.as_str()));
    format!("{}{ports} {}", word("IpProtocol").unwrap_or_default(), names.collect::<Vec<_>>().join(" "))
}
