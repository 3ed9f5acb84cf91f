//! What has shared tables or no words of its own: tags, topics.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    all.list(bed, ("sns", "ListTopics", json!({})), "/Topics", named("TopicArn"));
    for url in entries(&bed.ok("sqs", "ListQueues", json!({})), "/QueueUrls") {
        let url = url.as_str().unwrap();
        let of = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = bed.ok("sqs", "GetQueueAttributes", of)["Attributes"].clone();
        all.add(text(&attributes, "QueueArn").to_owned(), attributes);
    }
    let volume = |one: &Value| Some(arn("ec2", &format!("volume/{}", text(one, "VolumeId"))));
    all.list(bed, ("ec2", "DescribeVolumes", json!({})), "/Volumes", volume);
    all
}

fn tagged(bed: &Bed) -> Value {
    let tags = json!([{"ResourceType": "volume", "Tags": [{"Key": "env", "Value": "prod"}]}]);
    let create = json!({"AvailabilityZone": "us-east-1a", "Size": 8, "TagSpecifications": tags});
    bed.ok("ec2", "CreateVolume", create)["VolumeId"].clone()
}

const CASES: &[Case] = &[
    Case {
        name: "a tag changes",
        forecaster: "compare/tags",
        scene: |bed| {
            let tags = json!([{"Key": "env", "Value": "dev"}]);
            Scene::request("ec2", "CreateTags", json!({"Resources": [tagged(bed)], "Tags": tags}))
        },
    },
    Case {
        name: "a tag is removed",
        forecaster: "compare/tags",
        scene: |bed| {
            let tags = json!([{"Key": "env"}]);
            Scene::request("ec2", "DeleteTags", json!({"Resources": [tagged(bed)], "Tags": tags}))
        },
    },
    Case {
        name: "a topic is deleted",
        forecaster: "generic",
        scene: |bed| {
            let topic = bed.ok("sns", "CreateTopic", json!({"Name": "news"}))["TopicArn"].clone();
            Scene::request("sns", "DeleteTopic", json!({ "TopicArn": topic }))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
