//! A security group that is deleted: created again, with its rules.
//!
//! Kept: name, description, network, tags, rules. Back: it is created with a tag that says which one it restores, then its
//! rules are set. Compared: all that is kept; a rule that names the group itself names the new one. Lost: the id.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        Way, at, call, is, later, list, missing, only, set_by_service, sorted, standing, step, tags, text,
        what, with, word,
    },
    gone::{Things, tagged},
};

/// The way.
pub(super) struct Group;

const GROUPS: Things = Things {
    describe: "DescribeSecurityGroups",
    ids: "GroupIds",
    filters: "Filters",
    list: "/SecurityGroups",
};

/// What stands for the group's own id.
const SELF: &str = "self";

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/GroupId").filter(|_| is(deed, "ec2", &["DeleteSecurityGroup"]))
}

/// The permissions of one direction, one a peer.
fn permissions(group: &Value, member: &str) -> Value {
    let own = word(group, "/GroupId");
    let mut all = Vec::new();
    for permission in list(group, member) {
        let base = only(permission, &["IpProtocol", "FromPort", "ToPort"]);
        for peers in ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"] {
            for peer in list(permission, &format!("/{peers}")) {
                let mut peer =
                    only(peer, &["CidrIp", "CidrIpv6", "PrefixListId", "GroupId", "UserId", "Description"]);
                if word(&peer, "/GroupId").is_some_and(|id| Some(id) == own) {
                    peer = with(only(&peer, &["Description"]), json!({"GroupId": SELF}));
                }
                all.push(with(base.clone(), json!({peers: [peer]})));
            }
        }
    }
    sorted(all)
}

/// The permission with the group's own id in its place.
fn naming(permission: &Value, group: &str) -> Value {
    let mut permission = permission.clone();
    let pair = permission.pointer_mut("/UserIdGroupPairs/0/GroupId");
    if let Some(id) = pair.filter(|id| id.as_str() == Some(SELF)) {
        *id = group.into();
    }
    permission
}

impl Way for Group {
    fn name(&self) -> &'static str {
        "ec2/security-group"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        id(deed).map(|id| GROUPS.reads(deed, id)).unwrap_or_default()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the group is not named")?;
        let group = GROUPS.current(deed, answers, id, |_| true)?;
        let Some(group) = group else { return Ok(standing(Value::Null, json!({}))) };
        let is = with(
            only(group, &["GroupName", "Description", "VpcId"]),
            json!({
                "Tags": tags(at(group, "/Tags")),
                "ingress": permissions(group, "/IpPermissions"),
                "egress": permissions(group, "/IpPermissionsEgress"),
            }),
        );
        Ok(standing(is, json!({"id": at(group, "/GroupId")})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (!what(before).is_null()).then(|| Terms::lossy(1, &["the group's id"]))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the group is not named")?;
        let was = what(before);
        let mut steps = Vec::new();
        if what(now).is_null() {
            let make = json!({
                "GroupName": at(was, "/GroupName"),
                "Description": at(was, "/Description"),
                "VpcId": at(was, "/VpcId"),
                "TagSpecifications": tagged(deed, "security-group", at(was, "/Tags"), id),
            });
            let name = format!("create the security group {id} again");
            steps.push(step(name, call(deed, "ec2", "CreateSecurityGroup", with(make, json!({})))));
        }
        // A new group lets everything out: that is revoked first, unless it was so.
        let open = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
        let fresh = json!({"ingress": [], "egress": open});
        let is = if what(now).is_null() { &fresh } else { what(now) };
        for (way, verb) in [("/ingress", "Ingress"), ("/egress", "Egress")] {
            let (had, has) = (at(was, way), at(is, way));
            let (more, fewer) = (missing(had, has), missing(has, had));
            for (permissions, operation, words) in [
                (more, "Revoke", "revoke the rules that it did not have"),
                (fewer, "Authorize", "allow its rules"),
            ] {
                if permissions.is_empty() {
                    continue;
                }
                let name = format!("{words}, {}", verb.to_lowercase());
                let Some(group) = word(now, "/handle/id") else {
                    steps.push(later(name));
                    continue;
                };
                let permissions: Vec<Value> = permissions.iter().map(|one| naming(one, group)).collect();
                let arguments = json!({"GroupId": group, "IpPermissions": permissions});
                let operation = format!("{operation}SecurityGroup{verb}");
                steps.push(step(name, call(deed, "ec2", &operation, arguments)));
            }
        }
        Ok(steps)
    }

    /// A new group lets everything out.
    fn between(&self, _deed: &Deed, before: &Value, _now: &Value) -> Vec<Value> {
        let mut egress = list(what(before), "/egress").to_vec();
        egress.push(json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}));
        egress.push(json!({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}));
        vec![set_by_service(before, &[("/is/egress", Value::Array(egress))])]
    }
}
