//! CloudWatch Logs: groups, streams, retention.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for group in entries(&bed.ok("logs", "DescribeLogGroups", json!({})), "/logGroups") {
        let id = arn("logs", &format!("log-group:{}", text(&group, "logGroupName")));
        let of = json!({"logGroupName": text(&group, "logGroupName")});
        for stream in entries(&bed.ok("logs", "DescribeLogStreams", of), "/logStreams") {
            all.add(format!("{id}#{}", text(&stream, "logStreamName")), stream);
        }
        all.add(id, group);
    }
    all
}

fn group(bed: &Bed) {
    bed.ok("logs", "CreateLogGroup", json!({"logGroupName": "/app"}));
    bed.ok("logs", "CreateLogStream", json!({"logGroupName": "/app", "logStreamName": "one"}));
}

const CASES: &[Case] = &[
    Case {
        name: "a group goes with its streams",
        forecaster: "logs/log_group",
        scene: |bed| {
            group(bed);
            Scene::request("logs", "DeleteLogGroup", json!({"logGroupName": "/app"}))
        },
    },
    Case {
        name: "a stream goes",
        forecaster: "logs/log_group",
        scene: |bed| {
            group(bed);
            let delete = json!({"logGroupName": "/app", "logStreamName": "one"});
            Scene::request("logs", "DeleteLogStream", delete)
        },
    },
    Case {
        name: "events are kept for a shorter time",
        forecaster: "logs/log_group",
        scene: |bed| {
            group(bed);
            let put = json!({"logGroupName": "/app", "retentionInDays": 7});
            Scene::request("logs", "PutRetentionPolicy", put)
        },
    },
    Case {
        name: "events are kept for ever",
        forecaster: "logs/log_group",
        scene: |bed| {
            group(bed);
            bed.ok("logs", "PutRetentionPolicy", json!({"logGroupName": "/app", "retentionInDays": 7}));
            Scene::request("logs", "DeleteRetentionPolicy", json!({"logGroupName": "/app"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
