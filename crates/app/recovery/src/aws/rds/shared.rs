//! With whom a snapshot of a database or of a cluster is shared.
//!
//! Kept: the accounts that may restore it. Back: who was added is removed, who was removed is added. Compared: the same.
//! What somebody copied meanwhile stays a copy.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, missing, sorted, step, text, with, word},
};

/// The way of one kind of snapshot.
pub(super) struct Shared {
    name: &'static str,
    id: &'static str,
    modify: &'static str,
    describe: &'static str,
    attributes: &'static str,
}

/// Snapshots of instances.
pub(super) static INSTANCE: Shared = Shared {
    name: "rds/snapshot-sharing",
    id: "DBSnapshotIdentifier",
    modify: "ModifyDBSnapshotAttribute",
    describe: "DescribeDBSnapshotAttributes",
    attributes: "/DBSnapshotAttributesResult/DBSnapshotAttributes",
};

/// Snapshots of clusters.
pub(super) static CLUSTER: Shared = Shared {
    name: "rds/cluster-snapshot-sharing",
    id: "DBClusterSnapshotIdentifier",
    modify: "ModifyDBClusterSnapshotAttribute",
    describe: "DescribeDBClusterSnapshotAttributes",
    attributes: "/DBClusterSnapshotAttributesResult/DBClusterSnapshotAttributes",
};

impl Shared {
    fn thing<'a>(&self, deed: &'a Deed) -> Option<(&'a str, &'a str)> {
        let named = text(deed, &format!("/{}", self.id)).zip(text(deed, "/AttributeName"));
        named.filter(|_| is(deed, "rds", &[self.modify]))
    }
}

impl OneRead for Shared {
    fn called(&self) -> &'static str {
        self.name
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (snapshot, _) = self.thing(deed)?;
        Some(Ask("rds", self.describe, json!({self.id: snapshot})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, attribute) = self.thing(deed).ok_or("the snapshot is not named")?;
        let answer = answer.ok_or("the snapshot is not there")?;
        let own = |one: &&Value| word(one, "/AttributeName") == Some(attribute);
        let values = list(answer, self.attributes).iter().find(own);
        let values = values.map_or(Vec::new(), |one| list(one, "/AttributeValues").to_vec());
        Ok(json!({"shared with": sorted(values)}))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (snapshot, attribute) = self.thing(deed).ok_or("the snapshot is not named")?;
        let (was, is) = (at(before, "/shared with"), at(now, "/shared with"));
        let some = |them: Vec<Value>| if them.is_empty() { Value::Null } else { Value::Array(them) };
        let arguments = json!({
            self.id: snapshot,
            "AttributeName": attribute,
            "ValuesToAdd": some(missing(is, was)),
            "ValuesToRemove": some(missing(was, is)),
        });
        let name = format!("share {snapshot} with whom it was shared");
        Ok(vec![step(name, call(deed, "rds", self.modify, with(arguments, json!({}))))])
    }
}
