//! What has shared tables or no words of its own: stores that are looked into, settings, tags, topics.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

#[test]
fn forecasts_come_true() {
    FAMILY.run();
}

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let group = |one: &Value| Some(arn("logs", &format!("log-group:{}", text(one, "logGroupName"))));
    for one in all.list(bed, ("logs", "DescribeLogGroups", json!({})), "/logGroups", group) {
        let name = text(&one, "logGroupName");
        let streams = bed.ok("logs", "DescribeLogStreams", json!({ "logGroupName": name }));
        for stream in entries(&streams, "/logStreams") {
            all.add(
                format!("{}#{}", arn("logs", &format!("log-group:{name}")), text(&stream, "logStreamName")),
                stream,
            );
        }
    }
    all.list(bed, ("sns", "ListTopics", json!({})), "/Topics", named("TopicArn"));
    for url in entries(&bed.ok("sqs", "ListQueues", json!({})), "/QueueUrls") {
        let url = url.as_str().unwrap();
        let of = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = bed.ok("sqs", "GetQueueAttributes", of)["Attributes"].clone();
        all.add(text(&attributes, "QueueArn").to_owned(), attributes);
    }
    let volume = |one: &Value| Some(arn("ec2", &format!("volume/{}", text(one, "VolumeId"))));
    all.list(bed, ("ec2", "DescribeVolumes", json!({})), "/Volumes", volume);
    let repository = named("repositoryArn");
    all.list(bed, ("ecr", "DescribeRepositories", json!({})), "/repositories", repository);
    all
}

fn log_group(bed: &Bed) {
    bed.ok("logs", "CreateLogGroup", json!({"logGroupName": "/app"}));
    bed.ok("logs", "CreateLogGroup", json!({"logGroupName": "/app/other"}));
}

fn tagged(bed: &Bed) -> Value {
    let tags = json!([{"ResourceType": "volume", "Tags": [{"Key": "env", "Value": "prod"}]}]);
    let create = json!({"AvailabilityZone": "us-east-1a", "Size": 8, "TagSpecifications": tags});
    bed.ok("ec2", "CreateVolume", create)["VolumeId"].clone()
}

const CASES: &[Case] = &[
    Case {
        name: "a log group with a stream is deleted",
        forecaster: "compare/empty",
        scene: |bed| {
            log_group(bed);
            bed.ok("logs", "CreateLogStream", json!({"logGroupName": "/app", "logStreamName": "a"}));
            Scene::request("logs", "DeleteLogGroup", json!({"logGroupName": "/app"}))
        },
    },
    Case {
        name: "an empty repository is deleted",
        forecaster: "compare/empty",
        scene: |bed| {
            bed.ok("ecr", "CreateRepository", json!({"repositoryName": "team/app"}));
            Scene::request("ecr", "DeleteRepository", json!({"repositoryName": "team/app"}))
        },
    },
    Case {
        name: "logs are kept for less long",
        forecaster: "compare/settings",
        scene: |bed| {
            log_group(bed);
            // What is older than that goes later, by itself.
            Scene::request(
                "logs",
                "PutRetentionPolicy",
                json!({"logGroupName": "/app", "retentionInDays": 7}),
            )
            .overwrites()
        },
    },
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
