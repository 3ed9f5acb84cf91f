//! SQS: queues.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

const URL: &str = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs";

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for url in entries(&bed.ok("sqs", "ListQueues", json!({})), "/QueueUrls") {
        let which = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let record = bed.ok("sqs", "GetQueueAttributes", which);
        all.add(text(&record["Attributes"], "QueueArn").to_owned(), record);
    }
    all
}

fn queue(bed: &Bed) {
    bed.ok("sqs", "CreateQueue", json!({"QueueName": "jobs"}));
    bed.ok("sqs", "SendMessage", json!({"QueueUrl": URL, "MessageBody": "hello"}));
}

const CASES: &[Case] = &[
    Case {
        name: "a queue is emptied",
        forecaster: "sqs/queue",
        scene: |bed| {
            queue(bed);
            Scene::request("sqs", "PurgeQueue", json!({ "QueueUrl": URL })).overwrites()
        },
    },
    Case {
        name: "a queue goes",
        forecaster: "sqs/queue",
        scene: |bed| {
            queue(bed);
            Scene::request("sqs", "DeleteQueue", json!({ "QueueUrl": URL }))
        },
    },
    Case {
        name: "messages are kept for a shorter time",
        forecaster: "sqs/queue",
        scene: |bed| {
            queue(bed);
            let set = json!({"QueueUrl": URL, "Attributes": {"MessageRetentionPeriod": "60", "VisibilityTimeout": "5"}});
            Scene::request("sqs", "SetQueueAttributes", set)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
