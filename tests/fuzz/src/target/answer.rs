//! Answers of the services, in every protocol: bytes, headers and status that nobody vouches for.

use interlock_action::canonical;
use interlock_reader_aws::wire::{Body, read_answer, write_error};

use crate::{
    Target,
    cursor::Cursor,
    http,
    operations::{chosen, place},
    seeds,
};

pub(super) const TARGET: Target = Target {
    name: "answer",
    about: "the services' answers and errors, in every protocol",
    millis: 1_000,
    run,
    seeds: || {
        let answers: [(&str, &str, u8, &str); 8] = [
            (
                "rds",
                "DescribeDBInstances",
                0,
                "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>a</DBInstanceIdentifier><AllocatedStorage>20</AllocatedStorage></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
            ),
            (
                "ec2",
                "DescribeVolumes",
                0,
                "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId><size>8</size></item></volumeSet></DescribeVolumesResponse>",
            ),
            (
                "s3",
                "ListObjectsV2",
                0,
                "<?xml version=\"1.0\"?><ListBucketResult><KeyCount>1</KeyCount><Contents><Key>a&amp;b</Key><Size>3</Size></Contents></ListBucketResult>",
            ),
            ("s3", "GetObject", 1, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>"),
            (
                "dynamodb",
                "DescribeTable",
                0,
                "{\"Table\":{\"TableName\":\"t\",\"ItemCount\":7,\"CreationDateTime\":1.5e9}}",
            ),
            (
                "dynamodb",
                "DescribeTable",
                1,
                "{\"__type\":\"com.amazonaws#ResourceNotFoundException\",\"message\":\"no\"}",
            ),
            (
                "lambda",
                "GetFunction",
                0,
                "{\"Configuration\":{\"FunctionName\":\"f\",\"Timeout\":3},\"Code\":{\"Location\":\"https://x\"}}",
            ),
            ("cloudwatch", "DescribeAlarms", 0, "\u{7f}"),
        ];
        let input = |service, operation, status: u8, body: &[u8]| {
            [
                place(service, operation).to_be_bytes().as_slice(),
                &[status],
                b"GET /\nx-amzn-errortype: A:b\n\n",
                body,
            ]
            .concat()
        };
        let mut seeds: Vec<Vec<u8>> = answers
            .iter()
            .map(|(service, operation, status, body)| input(service, operation, *status, body.as_bytes()))
            .collect();
        for body in seeds::hostile_bodies() {
            for (service, operation, _, _) in answers {
                seeds.push(input(service, operation, 0, &body));
                seeds.push(input(service, operation, 1, &body));
            }
        }
        seeds
    },
};

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let (service, operation, protocol) = chosen(&mut cursor);
    let status = [200, 400, 404, 500, 204, 302][cursor.below(6)];
    let Some(answer) = http::parse(cursor.rest()) else { return };
    let Body::Bytes(body) = &answer.body else { return };
    match read_answer(service, operation, *protocol, status, &answer.headers, body) {
        Ok(value) => {
            assert!((200..300).contains(&status), "a success of status {status}");
            canonical(&value).expect("an answer has a canonical form");
        }
        Err(error) => {
            // Told on to the agent, a service's words must not become headers of their own.
            let (headers, _) = write_error(
                *protocol,
                service,
                false,
                error.status,
                &error.code,
                &error.message,
                &error.code,
            );
            for (name, value) in headers {
                assert!(http::is_header(&name, &value), "`{name}: {value}` is no header");
            }
        }
    }
}
