//! Who stands behind a route table or a network ACL: the subnets that it holds for, and the instances in them.

use interlock_action::{Action, Answers, Read};
use serde_json::{Value, json};

use super::super::{
    answer::{entries, flag, listed, text, texts},
    draft::Draft,
    words,
};

const INSTANCES: &str = "ec2 instances behind it";

/// The subnets that are told to be behind it.
pub(super) fn subnets(record: &Value) -> Vec<&str> {
    texts(record, "/Associations", "SubnetId")
}

/// Whether it also holds for every subnet of its VPC that has no other.
pub(super) fn is_main(record: &Value) -> bool {
    let main = entries(record, "/Associations").iter().any(|one| flag(one, "/Main") == Some(true));
    main || flag(record, "/IsDefault") == Some(true)
}

/// The read of the instances: of the subnets, or of the whole VPC for one that holds for the rest of it.
pub(super) fn read(action: &Action, record: &Value) -> Option<Read> {
    let subnets = subnets(record);
    let filter = match (is_main(record), text(record, "/VpcId")) {
        (true, Some(vpc)) => json!({"Name": "vpc-id", "Values": [vpc]}),
        _ if subnets.is_empty() => return None,
        _ => json!({ "Name": "subnet-id", "Values": subnets }),
    };
    Some(crate::call::read(action, INSTANCES, "ec2", "DescribeInstances", json!({ "Filters": [filter] })))
}

/// Says who stands behind it.
pub(super) fn tell(answers: &Answers, record: &Value, draft: &mut Draft) {
    let subnets = subnets(record);
    let main = is_main(record);
    if main {
        let vpc = text(record, "/VpcId").unwrap_or("its VPC");
        draft.depend(format!("every subnet of {vpc} that has no other"));
    }
    if !subnets.is_empty() {
        draft.depend(format!("subnets {}", words::some(&subnets, 10)));
    }
    if !main && subnets.is_empty() {
        return;
    }
    instances(answers, INSTANCES, "behind it", draft);
}

/// Says which instances a read found, and where: `behind it`.
pub(in crate::forecast) fn instances(answers: &Answers, key: &str, place: &str, draft: &mut Draft) {
    let found = listed(answers, key, "Reservations");
    draft.gap(found.gap(&format!("instances {place}")));
    let all: Vec<&str> =
        found.entries().iter().flat_map(|one| texts(one, "/Instances", "InstanceId")).collect();
    if !all.is_empty() {
        draft.depend(format!("instances {place}: {}", words::some(&all, 10)));
    }
}
