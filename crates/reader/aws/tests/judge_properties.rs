//! No text panics the reader, wherever it stands in a request: letters of several bytes, in what it takes apart by hand:
//! statements, policy documents, addresses, ARNs, names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test: a fault here is a failed test"
)]

use interlock_reader_aws::catalogue::{Catalogue, Kind, Operation, Service, ShapeId};
use interlock_reader_aws::judge;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

/// Of one request so many values are made up.
const MOST: usize = 80;

/// Makes up parameters whose texts are all the next of these.
struct Filler<'t> {
    texts: &'t [String],
    next: usize,
    left: usize,
}

impl Filler<'_> {
    fn text(&mut self) -> String {
        self.next += 1;
        self.texts[self.next % self.texts.len()].clone()
    }

    fn value(&mut self, service: &Service, shape: ShapeId, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        Some(match &service.shape(shape)?.kind {
            Kind::Structure(structure) => {
                let depth = depth.checked_sub(1)?;
                let mut made = Map::new();
                for member in &structure.members {
                    if let Some(value) = self.value(service, member.shape, depth) {
                        made.insert(member.name.to_owned(), value);
                    }
                }
                Value::Object(made)
            }
            Kind::List { member, .. } => {
                json!([self.value(service, *member, depth.checked_sub(1)?)?])
            }
            Kind::Map { value, .. } => {
                let key = self.text();
                json!({ key: self.value(service, *value, depth.checked_sub(1)?)? })
            }
            Kind::String | Kind::Blob { .. } | Kind::Timestamp(_) => Value::from(self.text()),
            Kind::Boolean => json!(depth.is_multiple_of(2)),
            Kind::Document => json!({ self.text(): self.text() }),
            _ => json!(depth),
        })
    }
}

fn judged(service: &Service, operation: &Operation, texts: &[String], from: usize) {
    let mut filler = Filler { texts, next: from, left: MOST };
    let parameters =
        operation.input.and_then(|input| filler.value(service, input, 6)).unwrap_or_else(|| json!({}));
    let action = judge(service, operation, Some("us-east-1"), Some("111122223333"), &parameters);
    assert!(!action.claims.is_empty(), "{}:{}", service.name, operation.name);
}

/// What the reader looks for in texts, and letters of one byte to four.
const PIECES: [&str; 46] = [
    "é",
    "ß",
    "漢",
    "🦀",
    "\u{a0}",
    "\u{2028}",
    "\u{301}",
    "\u{0}",
    "SELECT ",
    "FROM ",
    "DELETE FROM ",
    "count",
    "1INTO",
    "(",
    "(1)",
    ")",
    "$",
    "${",
    "}",
    ".",
    "\"",
    "'",
    "`",
    "--",
    "/*",
    ";",
    "arn:",
    "arn:aws:iam::111122223333:role/",
    "arn:aws:s3:::",
    "aws:",
    "111122223333",
    ":",
    "/",
    "https://",
    "s3://",
    "@",
    "#",
    "?",
    "*",
    "::/0",
    "\\052",
    "%C3",
    "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"",
    "\",\"Action\":\"",
    "\",\"Resource\":\"",
    "\"}]}",
];

/// Operations whose parameters the reader takes apart by hand.
const TAKEN_APART: [(&str, &str); 26] = [
    ("rds-data", "ExecuteStatement"),
    ("redshift-data", "ExecuteStatement"),
    ("redshift-data", "BatchExecuteStatement"),
    ("athena", "StartQueryExecution"),
    ("timestream-query", "Query"),
    ("dynamodb", "ExecuteStatement"),
    ("dynamodb", "ExecuteTransaction"),
    ("iam", "PutRolePolicy"),
    ("iam", "UpdateAssumeRolePolicy"),
    ("s3", "PutBucketPolicy"),
    ("s3", "CopyObject"),
    ("s3", "PutBucketAcl"),
    ("kms", "PutKeyPolicy"),
    ("events", "CreateApiDestination"),
    ("events", "PutTargets"),
    ("sqs", "SetQueueAttributes"),
    ("lambda", "AddPermission"),
    ("route53", "ChangeResourceRecordSets"),
    ("cloudformation", "CreateStack"),
    ("cloudcontrol", "UpdateResource"),
    ("scheduler", "CreateSchedule"),
    ("ec2", "AuthorizeSecurityGroupIngress"),
    ("ec2", "CreateTags"),
    ("firehose", "CreateDeliveryStream"),
    ("cloudwatch", "PutMetricAlarm"),
    ("dms", "CreateReplicationTask"),
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 1..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_text_panics_what_takes_it_apart(texts in prop::collection::vec(text(), 1..4)) {
        for (service, operation) in TAKEN_APART {
            let service = Catalogue::get().service(service).unwrap();
            judged(&service, service.operation(operation).unwrap(), &texts, 0);
        }
    }
}

#[test]
fn no_text_panics_any_operation() {
    let texts = [
        "é",
        "SELECT é(1)",
        "漢/🦀:é",
        "arn:aws:é:漢:ß:🦀/é",
        "arn:aws:iam::111122223333:role/é",
        "https://é@漢.example/🦀",
        "s3://é/漢",
        "{\"Statement\":[{\"Effect\":\"é\",\"Principal\":{\"AWS\":\"漢\"},\"Action\":\"é:*\",\"Resource\":\"${é}\"}]}",
        "é::/0",
        "AWS::é::漢",
        "\u{a0}\u{2028}\u{301}",
    ]
    .map(str::to_owned);
    let mut operations: usize = 0;
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        for operation in &service.operations {
            operations += 1;
            judged(&service, operation, &texts, operations);
        }
    }
    assert!(operations > 10_000, "only {operations} operations");
}
