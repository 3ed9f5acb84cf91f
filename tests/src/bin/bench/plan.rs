//! A large plan, read: from its bytes to what each change does.

use std::time::Instant;

use interlock_reader_terraform::{Place, Plan, read};
use serde_json::{Value, json};

use crate::stats::Times;

const ROUNDS: usize = 20;

/// Attributes of a resource of each kind, as a provider plans them.
fn attributes(kind: &str, nth: usize) -> Value {
    match kind {
        "aws_instance" => json!({
            "ami": "ami-0abcdef1234567890", "instance_type": "t3.micro", "subnet_id": format!("subnet-{nth:08x}"),
            "vpc_security_group_ids": [format!("sg-{nth:08x}")], "monitoring": true, "ebs_optimized": false,
            "root_block_device": [{"volume_size": 20, "volume_type": "gp3", "encrypted": true}],
            "tags": {"Name": format!("web-{nth}"), "team": "courses"}, "user_data": "#!/bin/sh\necho hello\n",
        }),
        "aws_security_group" => json!({
            "name": format!("web-{nth}"), "description": "web", "vpc_id": "vpc-0123456789abcdef0",
            "ingress": [{"from_port": 443, "to_port": 443, "protocol": "tcp", "cidr_blocks": ["10.0.0.0/8"],
                "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": false, "description": ""}],
            "egress": [],
        }),
        "aws_iam_role" => json!({
            "name": format!("role-{nth}"), "path": "/",
            "assume_role_policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"}}]}",
        }),
        "aws_db_instance" => json!({
            "identifier": format!("db-{nth}"), "engine": "postgres", "instance_class": "db.t3.micro",
            "allocated_storage": 20, "password": "not-a-password", "backup_retention_period": 7,
            "vpc_security_group_ids": ["sg-1"], "skip_final_snapshot": false,
        }),
        "aws_s3_bucket" => {
            json!({"bucket": format!("bucket-{nth}"), "force_destroy": false, "tags": {"team": "courses"}})
        }
        _ => json!({"name": format!("queue-{nth}"), "visibility_timeout_seconds": 30, "fifo_queue": false}),
    }
}

fn change(nth: usize) -> Value {
    const KINDS: [&str; 6] = [
        "aws_instance",
        "aws_security_group",
        "aws_iam_role",
        "aws_db_instance",
        "aws_s3_bucket",
        "aws_sqs_queue",
    ];
    let kind = KINDS[nth % KINDS.len()];
    let (before, after) = (attributes(kind, nth), attributes(kind, nth + 1));
    let (actions, before, after) = match nth % 4 {
        0 => (json!(["update"]), before, after),
        1 => (json!(["delete"]), before, Value::Null),
        _ => (json!(["create"]), Value::Null, after),
    };
    json!({
        "address": format!("module.m{}.{kind}.x[{nth}]", nth % 50), "mode": "managed", "type": kind, "name": "x",
        "index": nth, "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": actions, "before": before, "after": after, "after_unknown": {"id": true, "arn": true},
            "before_sensitive": {}, "after_sensitive": {}},
    })
}

pub(crate) fn measure(resources: usize) {
    let changes: Vec<Value> = (0..resources).map(change).collect();
    let plan = json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "complete": true, "errored": false, "applyable": true,
        "configuration": {}, "resource_changes": changes,
    });
    let bytes = serde_json::to_vec(&plan).unwrap();
    let place = Place { region: Some("us-east-1"), account: Some("123456789012") };
    let mut times = Times::default();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let plan = Plan::parse(&bytes).unwrap();
        let reading = read(&plan, None, place);
        times.push(begun.elapsed());
        assert_eq!(reading.changes.len(), resources);
    }
    println!(
        "a plan of {resources} changes ({:.1} MB), read: p50 {:.0} ms, p99 {:.0} ms",
        bytes.len() as f64 / 1e6,
        times.at(0.5) / 1e3,
        times.at(0.99) / 1e3,
    );
}
