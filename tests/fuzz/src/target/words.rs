//! Text inside parameters that is a language of its own: policies, statements, names of resources, queue addresses.

use interlock_reader_aws::{catalogue::Catalogue, judge};
use serde_json::{Value, json};

use super::judge::gist;
use crate::{
    Target,
    cursor::Cursor,
    operations::{ACCOUNT, REGION},
    seeds,
};

pub(super) const TARGET: Target = Target {
    name: "words",
    about: "languages inside parameters: policy documents, SQL and PartiQL, ARNs and names, addresses",
    millis: 1_000,
    run,
    seeds: || {
        let texts = [
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]},"Action":["s3:*","iam:Pass*"],"Resource":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}]}"#,
            r#"{"Statement":{"Effect":"Deny","NotPrincipal":"*","NotAction":"a:*","NotResource":"b"}}"#,
            "SELECT * FROM \"t\".\"i\" WHERE a = ?",
            "WITH x AS (SELECT 1) DELETE FROM t; DROP TABLE u -- c",
            "/* a */ INSERT INTO t VALUE {'a':1}",
            "arn:aws:rds:us-east-1:111122223333:cluster-snapshot:rds:prod-2026",
            "arn:aws:lambda:us-east-1:111122223333:function:f:$LATEST",
            "https://sqs.us-east-1.amazonaws.com/111122223333/q",
            "AWS::RDS::DBInstance",
        ];
        let mut seeds = Vec::new();
        for (at, _) in PLACES.iter().enumerate() {
            for text in texts {
                seeds.push([&[u8::try_from(at).unwrap()], text.as_bytes()].concat());
            }
            for body in seeds::hostile_bodies() {
                seeds.push([&[u8::try_from(at).unwrap()], body.as_slice()].concat());
            }
        }
        seeds
    },
};

/// An operation, and its parameters around a text.
struct Place {
    service: &'static str,
    operation: &'static str,
    parameters: fn(&str) -> Value,
}

const fn place(service: &'static str, operation: &'static str, parameters: fn(&str) -> Value) -> Place {
    Place { service, operation, parameters }
}

const PLACES: [Place; 18] = [
    place("iam", "PutRolePolicy", |t| json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": t})),
    place("iam", "CreateRole", |t| json!({"RoleName": "r", "AssumeRolePolicyDocument": t})),
    place("s3", "PutBucketPolicy", |t| json!({"Bucket": "b", "Policy": t})),
    place("kms", "PutKeyPolicy", |t| json!({"KeyId": "k", "Policy": t})),
    place(
        "sqs",
        "SetQueueAttributes",
        |t| json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/q", "Attributes": {"Policy": t}}),
    ),
    place("secretsmanager", "PutResourcePolicy", |t| json!({"SecretId": "s", "ResourcePolicy": t})),
    place("dynamodb", "ExecuteStatement", |t| json!({"Statement": t})),
    place(
        "dynamodb",
        "BatchExecuteStatement",
        |t| json!({"Statements": [{"Statement": "SELECT * FROM a"}, {"Statement": t}]}),
    ),
    place("athena", "StartQueryExecution", |t| json!({"QueryString": t})),
    place("timestream-query", "Query", |t| json!({"QueryString": t})),
    place("rds", "DeleteDBInstance", |t| json!({"DBInstanceIdentifier": t})),
    place("rds", "AddTagsToResource", |t| json!({"ResourceName": t, "Tags": [{"Key": t, "Value": t}]})),
    place("lambda", "DeleteFunction", |t| json!({"FunctionName": t})),
    place("dynamodb", "DeleteTable", |t| json!({"TableName": t})),
    place("sqs", "DeleteQueue", |t| json!({"QueueUrl": t})),
    place("cloudcontrol", "DeleteResource", |t| json!({"TypeName": t, "Identifier": t})),
    place("cloudcontrol", "CreateResource", |t| json!({"TypeName": "AWS::S3::Bucket", "DesiredState": t})),
    place("secretsmanager", "GetSecretValue", |t| json!({"SecretId": t})),
];

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let place = &PLACES[cursor.below(PLACES.len())];
    let Ok(text) = std::str::from_utf8(cursor.rest()) else { return };
    let service = Catalogue::get().service(place.service).unwrap();
    let operation = service.operation(place.operation).unwrap();
    let judged =
        |text: &str| judge(&service, operation, Some(REGION), Some(ACCOUNT), &(place.parameters)(text));
    let action = judged(text);
    assert!(!action.claims.is_empty(), "{} does nothing at all", action.operation);
    let statement = ["ExecuteStatement", "BatchExecuteStatement", "StartQueryExecution", "Query"];
    if statement.contains(&place.operation) {
        assert!(action.mutates() || !begins_a_change(text), "only reads: `{text}`");
        return;
    }
    // The same document in another spelling. A member that stands twice has no second spelling.
    if let Ok(value) = serde_json::from_str::<Value>(text)
        && value.is_object()
        && serde_json::from_str::<Value>(&value.to_string()).ok().as_ref() == Some(&value)
        && place.operation.contains("Policy")
    {
        let spelt = |text: String| gist(&judged(&text));
        assert_eq!(spelt(value.to_string()), spelt(serde_json::to_string_pretty(&value).unwrap()), "{value}");
    }
}

/// An independent look: whether a statement's first word, past white space, is that of a change.
fn begins_a_change(text: &str) -> bool {
    const CHANGES: [&str; 8] = ["INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "MERGE", "ALTER", "UNLOAD"];
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    CHANGES.contains(&first.as_str())
}
