//! An entry of a network ACL: created, replaced, deleted.
//!
//! Kept: the entry of that number and direction. Back: it is created, replaced or deleted. Compared: the whole entry.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, only, step, text, with},
};

/// The way.
pub(super) struct Entry;

const OPERATIONS: &[&str] = &["CreateNetworkAclEntry", "ReplaceNetworkAclEntry", "DeleteNetworkAclEntry"];

fn of(deed: &Deed) -> Option<(&str, Value)> {
    let acl = text(deed, "/NetworkAclId").filter(|_| is(deed, "ec2", OPERATIONS))?;
    let place = only(&deed.arguments, &["RuleNumber", "Egress"]);
    (place.as_object()?.len() == 2).then_some((acl, place))
}

impl OneRead for Entry {
    fn called(&self) -> &'static str {
        "ec2/network-acl-entry"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("ec2", "DescribeNetworkAcls", json!({"NetworkAclIds": [of(deed)?.0]})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, place) = of(deed).ok_or("the entry is not named")?;
        let answer = answer.ok_or("the network ACL is not there")?;
        let ours = |one: &&Value| only(one, &["RuleNumber", "Egress"]) == place;
        let members = ["Protocol", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "IcmpTypeCode", "PortRange"];
        let entry = list(answer, "/NetworkAcls/0/Entries").iter().find(ours);
        Ok(entry.map_or(Value::Null, |entry| only(entry, &members)))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (acl, place) = of(deed).ok_or("the entry is not named")?;
        let (operation, words) = match (before, now) {
            (Value::Null, _) => ("DeleteNetworkAclEntry", "delete"),
            (_, Value::Null) => ("CreateNetworkAclEntry", "create"),
            _ => ("ReplaceNetworkAclEntry", "set"),
        };
        let name = format!("{words} entry {} of {acl}", at(&place, "/RuleNumber"));
        let arguments = with(with(place, json!({"NetworkAclId": acl})), before.clone());
        Ok(vec![step(name, call(deed, "ec2", operation, arguments))])
    }
}
