//! Security groups and their rules.
//!
//! A rule works on everything that the group is attached to: instances, databases, load balancers, functions, all by
//! their network interfaces; and on groups whose rules refer to it. Rules are taken back exactly by the inverse call; a
//! deleted group comes back with a new id. Reads: DescribeSecurityGroups of it and of those that refer to it,
//! DescribeNetworkInterfaces and DescribeInstances with it, rds:DescribeDBInstances and rds:DescribeDBClusters (RDS
//! says which groups a database has, its interfaces do not say which database they are of).

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Listed, Live, entries, listed, or_dash, text, texts},
        arn,
        draft::{Draft, leading},
        existence, words,
    },
    id_of, ids, ours,
};
use crate::rules::facts;

/// The forecaster of security groups.
pub(in crate::forecast) struct SecurityGroup;

const OPERATIONS: [&str; 8] = [
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "ModifySecurityGroupRules",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "DeleteSecurityGroup",
];

/// What the request calls the group: by its id or, in the default VPC, by its name.
fn subject(action: &Action) -> Option<TargetId> {
    let group = named(action).or_else(|| text(&action.arguments, "/GroupName"))?;
    Some(id_of(action, Kind::SecurityGroup, "security-group", group))
}

fn named(action: &Action) -> Option<&str> {
    ids(action, "GroupId", "GroupIds").into_iter().next()
}

const INTERFACES: &str = "ec2 interfaces of the group";
const INSTANCES: &str = "ec2 instances of the group";
const INGRESS: &str = "ec2 groups that let it in";
const EGRESS: &str = "ec2 groups that let out to it";
const DATABASES: &str = "rds databases";
const CLUSTERS: &str = "rds clusters";

impl Look for SecurityGroup {
    fn knows(&self, action: &Action) -> bool {
        ours(action) && OPERATIONS.contains(&action.operation.verb()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let Some(id) = subject(action) else { return Vec::new() };
        let found = || existence::of(action, so_far, &id).found().and_then(|live| text(live, "/GroupId"));
        let Some(group) = named(action).or_else(found) else { return Vec::new() };
        let by = |name: &str| json!({"Filters": [{"Name": name, "Values": [group]}]});
        let read = |key: &str, operation: &str, arguments: Value| {
            crate::call::read(action, key, "ec2", operation, arguments)
        };
        vec![
            read(INTERFACES, "DescribeNetworkInterfaces", by("group-id")),
            read(INSTANCES, "DescribeInstances", by("instance.group-id")),
            read(INGRESS, "DescribeSecurityGroups", by("ip-permission.group-id")),
            read(EGRESS, "DescribeSecurityGroups", by("egress.ip-permission.group-id")),
            crate::call::read(action, DATABASES, "rds", "DescribeDBInstances", json!({})),
            crate::call::read(action, CLUSTERS, "rds", "DescribeDBClusters", json!({})),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(id) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.fact(facts::EC2_GROUP_IN_USE, true, None);
                draft.unknown(format!("security group {id} could not be read: {why}"));
                return;
            }
        };
        let group = or_dash(record, "/GroupId");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let rules = json!({
            "IpPermissions": record.get("IpPermissions"),
            "IpPermissionsEgress": record.get("IpPermissionsEgress"),
        });
        draft.bind(id.as_str(), rules.clone());
        let used = users(action, answers, group, &id, draft);
        draft.fact(facts::EC2_GROUP_IN_USE, true, used);
        changes(action, group, &id, record, rules, used, draft);
    }
}

/// Who uses the group; says whether anybody does, `None` when nobody could tell.
fn users(action: &Action, answers: &Answers, group: &str, id: &TargetId, draft: &mut Draft) -> Option<bool> {
    let interfaces = listed(answers, INTERFACES, "NetworkInterfaces");
    let instances = listed(answers, INSTANCES, "Reservations");
    let databases = listed(answers, DATABASES, "DBInstances");
    let clusters = listed(answers, CLUSTERS, "DBClusters");
    let mut used = false;
    for (key, how) in [(INGRESS, "lets it in"), (EGRESS, "lets out to it")] {
        let groups = listed(answers, key, "SecurityGroups");
        draft.gap(groups.gap("security groups that refer to it"));
        for other in groups.entries().iter().filter_map(|other| text(other, "/GroupId")) {
            if other != group {
                used = true;
                draft.depend(format!("security group {other} {how}"));
                draft.reaches(id, [id_of(action, Kind::SecurityGroup, "security-group", other)]);
            }
        }
        if !groups.complete() && !used {
            draft.reaches(id, [unknown_reach(action, "ec2")]);
        }
    }
    for interface in interfaces.entries() {
        used = true;
        by_interface(action, id, interface, draft);
    }
    let all = instances.entries().iter().flat_map(|one| entries(one, "/Instances"));
    for instance in all.filter_map(|one| text(one, "/InstanceId")) {
        used = true;
        draft.depend(format!("instance {instance}"));
        draft.reaches(id, [id_of(action, Kind::Instance, "instance", instance)]);
    }
    used |=
        by_databases(action, id, group, &databases, ("DBInstanceIdentifier", "db", Kind::Database), draft);
    used |= by_databases(
        action,
        id,
        group,
        &clusters,
        ("DBClusterIdentifier", "cluster", Kind::DatabaseCluster),
        draft,
    );
    let lists = [
        (&interfaces, "network interfaces"),
        (&instances, "instances"),
        (&databases, "databases"),
        (&clusters, "database clusters"),
    ];
    let mut complete = true;
    for (list, of) in lists {
        draft.gap(list.gap(&format!("{of} that use {group}")));
        complete &= list.complete();
    }
    if !complete {
        // INVARIANT: what could not be seen may be anything: nobody takes the group for unattached.
        draft.reaches(id, [unknown_reach(action, "*")]);
    }
    if used { Some(true) } else { complete.then_some(false) }
}

/// The stand-in for things that use the group and could not be seen.
fn unknown_reach(action: &Action, service: &str) -> TargetId {
    TargetId::new(arn::build(action, service, "*"))
}

fn by_interface(action: &Action, id: &TargetId, interface: &Value, draft: &mut Draft) {
    let name = or_dash(interface, "/NetworkInterfaceId");
    if let Some(instance) = text(interface, "/Attachment/InstanceId") {
        draft.depend(format!("instance {instance}"));
        draft.reaches(id, [id_of(action, Kind::Instance, "instance", instance)]);
        return;
    }
    let what = text(interface, "/Description").filter(|what| !what.is_empty()).unwrap_or("no description");
    draft.depend(format!("network interface {name} ({what})"));
    draft.reaches(id, [id_of(action, Kind::NetworkInterface, "network-interface", name)]);
}

fn by_databases(
    action: &Action,
    id: &TargetId,
    group: &str,
    databases: &Listed<'_>,
    (member, prefix, kind): (&str, &str, Kind),
    draft: &mut Draft,
) -> bool {
    let mut used = false;
    for database in databases.entries() {
        let has = texts(database, "/VpcSecurityGroups", "VpcSecurityGroupId").contains(&group);
        let name = database.get(member).and_then(Value::as_str).unwrap_or("?");
        if has {
            used = true;
            draft.depend(format!("database {name}"));
            draft.reaches(id, [arn::target(action, kind, "rds", &format!("{prefix}:{name}"), name)]);
        }
    }
    used
}

fn changes(
    action: &Action,
    group: &str,
    id: &TargetId,
    record: &Value,
    rules: Value,
    used: Option<bool>,
    draft: &mut Draft,
) {
    let name = text(record, "/GroupName").unwrap_or(group);
    let number =
        (entries(record, "/IpPermissions").len() + entries(record, "/IpPermissionsEgress").len()) as u64;
    let verb = action.operation.verb();
    let effect = leading(action);
    let what = match verb {
        "DeleteSecurityGroup" if used == Some(true) => {
            format!("security group {name} ({group}) is in use: the service will refuse to delete it")
        }
        "DeleteSecurityGroup" => {
            format!("security group {name} ({group}) with {} is deleted", words::count(number, "rule"))
        }
        _ if verb.starts_with("Authorize") => format!("security group {name} ({group}) gets a rule"),
        _ if verb.starts_with("Revoke") => format!("security group {name} ({group}) loses a rule"),
        _ => format!("rules of security group {name} ({group}) change"),
    };
    let what = match asked(action) {
        Some(rules) => format!("{what}: {rules}"),
        None => what,
    };
    let effect = if verb == "DeleteSecurityGroup" { Effect::Destroy } else { effect };
    draft.change_from(id, Kind::SecurityGroup, effect, what, Some(rules), None);
    draft.reversibility =
        if verb == "DeleteSecurityGroup" { Reversibility::Lossy } else { Reversibility::Exact };
}

/// The rules of the request in one line: `tcp 5432 from 0.0.0.0/0`.
fn asked(action: &Action) -> Option<String> {
    let mut lines = Vec::new();
    for rule in entries(&action.arguments, "/IpPermissions") {
        let mut peers: Vec<&str> = texts(rule, "/IpRanges", "CidrIp");
        peers.extend(texts(rule, "/Ipv6Ranges", "CidrIpv6"));
        peers.extend(texts(rule, "/UserIdGroupPairs", "GroupId"));
        peers.extend(texts(rule, "/PrefixListIds", "PrefixListId"));
        lines.push(line(rule, &words::some(&peers, 5)));
    }
    if let Some(cidr) = text(&action.arguments, "/CidrIp") {
        lines.push(line(&action.arguments, cidr));
    }
    let ids = super::super::answer::strings(&action.arguments, "/SecurityGroupRuleIds");
    if !ids.is_empty() {
        lines.push(words::some(&ids, 5));
    }
    (!lines.is_empty()).then(|| words::some(&lines, 5))
}

fn line(rule: &Value, peers: &str) -> String {
    let protocol = match text(rule, "/IpProtocol") {
        Some("-1") | None => "all traffic",
        Some(protocol) => protocol,
    };
    let port = |pointer: &str| rule.pointer(pointer).and_then(Value::as_i64);
    let ports = match (port("/FromPort"), port("/ToPort")) {
        (Some(from), Some(to)) if from == to => format!(" {from}"),
        (Some(from), Some(to)) => format!(" {from}-{to}"),
        _ => String::new(),
    };
    format!("{protocol}{ports} with {peers}")
}

#[cfg(test)]
mod tests;
