//! Types whose calls are not their attributes under other names.

use serde_json::{Map, Value, json};

use super::Asked;
use crate::plan::{Act, Change};

/// The calls of a change of such a type; `None` where it is none.
pub(super) fn calls(change: &Change) -> Option<Vec<Asked>> {
    let (before, after) = (&change.before, &change.after);
    let (goes, comes) = match &change.act {
        Act::Create | Act::ForgetAndCreate => (&Value::Null, after),
        Act::Delete => (before, &Value::Null),
        Act::Update | Act::Replace { .. } => (before, after),
        Act::NoOp | Act::Read | Act::Forget | Act::Unknown(_) => (&Value::Null, &Value::Null),
    };
    match change.kind.as_str() {
        "aws_security_group" => Some(group(change, goes, comes)),
        "aws_security_group_rule"
        | "aws_vpc_security_group_ingress_rule"
        | "aws_vpc_security_group_egress_rule" => Some(rule(change, goes, comes)),
        "aws_route53_record" => Some(record(change, goes, comes)),
        "aws_sqs_queue_policy" => Some(queue_policy(goes, comes)),
        _ => None,
    }
}

/// Calls to parts of a thing that have ids of their own.
pub(super) fn beside(change: &Change) -> Vec<Asked> {
    let before = &change.before;
    match change.kind.as_str() {
        "aws_instance" => {
            let disks = list(before, "root_block_device").iter().chain(list(before, "ebs_block_device"));
            let disks = disks.filter_map(|disk| text(disk, "volume_id"));
            let disks = disks.map(|id| ec2("ModifyVolume", json!({ "VolumeId": id })));
            let card = text(before, "primary_network_interface_id")
                .map(|id| ec2("ModifyNetworkInterfaceAttribute", json!({ "NetworkInterfaceId": id })));
            disks.chain(card).collect()
        }
        "aws_eip" => {
            let bound = text(before, "association_id");
            bound.map(|id| ec2("DisassociateAddress", json!({ "AssociationId": id }))).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn ec2(operation: &str, parameters: Value) -> Asked {
    ("ec2".to_owned(), operation.to_owned(), parameters)
}

fn text<'v>(attributes: &'v Value, name: &str) -> Option<&'v str> {
    attributes.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn list<'v>(attributes: &'v Value, name: &str) -> &'v [Value] {
    attributes.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A group, and the rules that stand in it.
fn group(change: &Change, goes: &Value, comes: &Value) -> Vec<Asked> {
    let id = change.attribute("id");
    let named = |attributes: &Value| {
        let mut parameters = Map::new();
        for (parameter, attribute) in
            [("GroupName", "name"), ("Description", "description"), ("VpcId", "vpc_id")]
        {
            if let Some(value) = text(attributes, attribute) {
                parameters.insert(parameter.to_owned(), json!(value));
            }
        }
        Value::Object(parameters)
    };
    let mut asked = Vec::new();
    if change.act.takes() {
        asked.push(ec2("DeleteSecurityGroup", json!({ "GroupId": id })));
    }
    if change.act.makes() {
        asked.push(ec2("CreateSecurityGroup", named(comes)));
    }
    // With the group its rules go; those of a new one are all new.
    let (had, new) = if change.act == Act::Update { (goes, id) } else { (&Value::Null, None) };
    for (direction, verb) in [("ingress", "Ingress"), ("egress", "Egress")] {
        let (before, after) = (list(had, direction), list(comes, direction));
        let of = |rules: &[Value], others: &[Value]| -> Vec<Value> {
            rules.iter().filter(|rule| !others.contains(rule)).map(permission).collect()
        };
        let (less, more) = (of(before, after), of(after, before));
        let (member, target) = match new {
            Some(id) => ("GroupId", Some(id)),
            None => ("GroupName", text(comes, "name")),
        };
        for (rules, operation) in [(less, "Revoke"), (more, "Authorize")] {
            if rules.is_empty() {
                continue;
            }
            let parameters = json!({member: target, "IpPermissions": rules});
            asked.push(ec2(&format!("{operation}SecurityGroup{verb}"), parameters));
        }
    }
    asked
}

/// A rule as the API has it.
fn permission(rule: &Value) -> Value {
    let mut permission = Map::new();
    let number = |name: &str| rule.get(name).filter(|value| value.is_number()).cloned();
    let protocol = text(rule, "protocol").or_else(|| text(rule, "ip_protocol")).unwrap_or("-1");
    permission.insert("IpProtocol".to_owned(), json!(if protocol == "all" { "-1" } else { protocol }));
    for (parameter, attribute) in [("FromPort", "from_port"), ("ToPort", "to_port")] {
        permission.extend(number(attribute).map(|port| (parameter.to_owned(), port)));
    }
    for (parameter, member, attributes) in [
        ("IpRanges", "CidrIp", ["cidr_blocks", "cidr_ipv4"]),
        ("Ipv6Ranges", "CidrIpv6", ["ipv6_cidr_blocks", "cidr_ipv6"]),
        ("PrefixListIds", "PrefixListId", ["prefix_list_ids", "prefix_list_id"]),
        ("UserIdGroupPairs", "GroupId", ["security_groups", "referenced_security_group_id"]),
    ] {
        let [many, one] = attributes;
        let one = rule.get(one).filter(|value| value.is_string());
        let source = rule
            .get("source_security_group_id")
            .filter(|id| parameter == "UserIdGroupPairs" && id.is_string());
        let all = list(rule, many).iter().chain(one).chain(source);
        let entries: Vec<Value> = all.map(|value| json!({ member: value })).collect();
        if !entries.is_empty() {
            permission.insert(parameter.to_owned(), json!(entries));
        }
    }
    Value::Object(permission)
}

/// A rule that is a resource of its own.
fn rule(change: &Change, goes: &Value, comes: &Value) -> Vec<Asked> {
    let verb = |attributes: &Value| match (change.kind.as_str(), text(attributes, "type")) {
        ("aws_vpc_security_group_egress_rule", _) | (_, Some("egress")) => "Egress",
        _ => "Ingress",
    };
    if change.act == Act::Update {
        return changed_rule(change, comes, verb(comes));
    }
    let mut asked = Vec::new();
    for (attributes, operation) in [(goes, "Revoke"), (comes, "Authorize")] {
        if attributes.is_object() {
            let group = text(attributes, "security_group_id");
            let parameters = json!({"GroupId": group, "IpPermissions": [permission(attributes)]});
            asked.push(ec2(&format!("{operation}SecurityGroup{}", verb(attributes)), parameters));
        }
    }
    asked
}

/// A rule that is changed in place: the newer types as a whole, the older one in its description alone.
fn changed_rule(change: &Change, comes: &Value, direction: &str) -> Vec<Asked> {
    let is_label = |name: &String| name.starts_with("tags");
    if super::changed(change).iter().all(is_label) {
        return Vec::new();
    }
    let group = text(comes, "security_group_id");
    if change.kind == "aws_security_group_rule" {
        let parameters = json!({"GroupId": group, "IpPermissions": [permission(comes)]});
        return vec![ec2(&format!("UpdateSecurityGroupRuleDescriptions{direction}"), parameters)];
    }
    let mut rule = Map::new();
    for (parameter, attribute) in [
        ("IpProtocol", "ip_protocol"),
        ("FromPort", "from_port"),
        ("ToPort", "to_port"),
        ("CidrIpv4", "cidr_ipv4"),
        ("CidrIpv6", "cidr_ipv6"),
        ("PrefixListId", "prefix_list_id"),
        ("ReferencedGroupId", "referenced_security_group_id"),
        ("Description", "description"),
    ] {
        let value = comes.get(attribute).filter(|value| !value.is_null());
        rule.extend(value.map(|value| (parameter.to_owned(), value.clone())));
    }
    let id = text(comes, "security_group_rule_id").or_else(|| change.attribute("id"));
    let rules = json!([{"SecurityGroupRuleId": id, "SecurityGroupRule": rule}]);
    vec![ec2("ModifySecurityGroupRules", json!({"GroupId": group, "SecurityGroupRules": rules}))]
}

/// A record: what goes leaves its zone, what comes enters its own.
fn record(change: &Change, goes: &Value, comes: &Value) -> Vec<Asked> {
    let set = |attributes: &Value| {
        let mut set = Map::new();
        for (parameter, attribute) in
            [("Name", "fqdn"), ("Type", "type"), ("SetIdentifier", "set_identifier")]
        {
            let value = text(attributes, attribute)
                .or_else(|| text(attributes, "name").filter(|_| parameter == "Name"));
            set.extend(value.map(|value| (parameter.to_owned(), json!(value))));
        }
        set.extend(
            attributes.get("ttl").filter(|ttl| ttl.is_number()).map(|ttl| ("TTL".to_owned(), ttl.clone())),
        );
        let values: Vec<Value> =
            list(attributes, "records").iter().map(|value| json!({ "Value": value })).collect();
        if !values.is_empty() {
            set.insert("ResourceRecords".to_owned(), json!(values));
        }
        if let Some(alias) = list(attributes, "alias").first() {
            let alias = json!({
                "HostedZoneId": alias.get("zone_id"), "DNSName": alias.get("name"),
                "EvaluateTargetHealth": alias.get("evaluate_target_health"),
            });
            set.insert("AliasTarget".to_owned(), alias);
        }
        Value::Object(set)
    };
    let (goes, comes) = match change.act {
        // An update is one call, which overwrites.
        Act::Update => (&Value::Null, comes),
        _ => (goes, comes),
    };
    let overwrites = change.act == Act::Update || comes.get("allow_overwrite") == Some(&Value::Bool(true));
    let verb = if overwrites { "UPSERT" } else { "CREATE" };
    let sides = [("DELETE", goes), (verb, comes)].into_iter().filter(|(_, side)| side.is_object());
    let call = |(verb, side): (&str, &Value)| {
        let changes = json!([{"Action": verb, "ResourceRecordSet": set(side)}]);
        let parameters = json!({"HostedZoneId": text(side, "zone_id"), "ChangeBatch": {"Changes": changes}});
        ("route53".to_owned(), "ChangeResourceRecordSets".to_owned(), parameters)
    };
    sides.map(call).collect()
}

/// The policy of a queue is one of its attributes.
fn queue_policy(goes: &Value, comes: &Value) -> Vec<Asked> {
    let attributes = if comes.is_object() { comes } else { goes };
    if !attributes.is_object() {
        return Vec::new();
    }
    let policy = text(comes, "policy").unwrap_or_default();
    let parameters = json!({"QueueUrl": text(attributes, "queue_url"), "Attributes": {"Policy": policy}});
    vec![("sqs".to_owned(), "SetQueueAttributes".to_owned(), parameters)]
}
