//! What is refused, and what is held: bodies and requests that two parsers could read differently.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use flate2::Compression;
use flate2::write::GzEncoder;
use interlock_reader_aws::ReadError;
use interlock_reader_aws::catalogue::Protocol;
use interlock_reader_aws::wire::{Body, MAX_BODY, Parsed, Request, parse_as, write};
use serde_json::{Value, json};
use std::io::Write as _;
use wire_common::{arrived, operation, request, service};

type Read = Result<Parsed, ReadError>;

fn read(name: &str, operation_name: &str, protocol: Protocol, request: &Request) -> Read {
    let service = service(name);
    let operation = operation(&service, operation_name);
    let labels = wire_common::labels(&service, &operation, request).unwrap_or_default();
    parse_as(&service, &operation, protocol, &labels, request)
}

#[track_caller]
fn ambiguous(read: Read, words: &str) {
    match read {
        Err(ReadError::Ambiguous(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn malformed(read: Read, words: &str) {
    match read {
        Err(ReadError::Malformed(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn too_large(read: Read, words: &str) {
    match read {
        Err(ReadError::TooLarge(why)) => assert!(why.contains(words), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn unknown(read: Read, wanted: &[&str]) -> Value {
    let read = read.unwrap();
    assert_eq!(read.unknown_members, wanted);
    read.parameters
}

const JSON: (&str, &str) = ("content-type", "application/x-amz-json-1.0");
const TARGET: (&str, &str) = ("x-amz-target", "DynamoDB_20120810.PutItem");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

fn put_item(body: &[u8]) -> Read {
    read("dynamodb", "PutItem", Protocol::Json10, &request("POST", "/", &[JSON, TARGET], body))
}

fn rds(body: &str) -> Read {
    let body = format!("Action=DeleteDBInstance&Version=2014-10-31{body}");
    read("rds", "DeleteDBInstance", Protocol::Query, &request("POST", "/", &[FORM], body.as_bytes()))
}

fn s3(operation: &str, method: &str, target: &str, body: &[u8]) -> Read {
    s3_with(operation, method, target, &[], body)
}

fn s3_with(operation: &str, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Read {
    let mut all = vec![("host", "bucket.s3.us-east-1.amazonaws.com")];
    all.extend_from_slice(headers);
    read("s3", operation, Protocol::RestXml, &request(method, target, &all, body))
}

#[test]
fn json_bodies() {
    assert!(put_item(br#"{"TableName":"t","Item":{"a":{"S":"b"}}}"#).is_ok());
    ambiguous(put_item(br#"{"TableName":"t","TableName":"u"}"#), "`TableName` stands twice");
    ambiguous(put_item(br#"{"Item":{"a":{"S":"b"},"a":{"S":"c"}}}"#), "`a` stands twice");
    malformed(put_item(br#"{"TableName":"t""#), "not JSON");
    malformed(put_item(br#"{"TableName":"t"}{}"#), "more bytes");
    malformed(put_item(br#"["TableName"]"#), "a JSON object");
    malformed(put_item(b"{\"TableName\":\"\xff\"}"), "not JSON");
    malformed(put_item(br#"{"TableName":7}"#), "`TableName` is not text");
    malformed(put_item(br#"{"Item":{"a":{"BOOL":"true"}}}"#), "`Item.a.BOOL` is not `true` or `false`");
    malformed(put_item(br#"{"Item":{"a":{"B":"???"}}}"#), "`Item.a.B` is not base64");
    let deep = format!("{}{}", r#"{"Item":{"a":{"L":["#, "[".repeat(2000));
    too_large(put_item(deep.as_bytes()), "nested");
    too_large(put_item(&vec![b' '; MAX_BODY + 1]), "a body of");
    unknown(put_item(br#"{"TableName":"t","Nope":1,"Item":{"a":{"Z":"?"}}}"#), &["Nope", "Item.a.Z"]);
    let secret = put_item(br#"{"TableName":{"x":"hunter2"}}"#).unwrap_err().to_string();
    assert!(!secret.contains("hunter2"), "{secret}");
}

#[test]
fn many_unknown_members_are_counted_and_long_names_cut() {
    let members: Vec<String> = (0..100).map(|at| format!("\"{}{at}\":1", "n".repeat(500))).collect();
    let read = put_item(format!("{{{}}}", members.join(",")).as_bytes()).unwrap();
    assert_eq!(read.unknown_members.len(), 33);
    assert_eq!(read.unknown_members.last().unwrap(), "and 68 more");
    assert!(read.unknown_members.iter().all(|name| name.chars().count() < 100));
}

#[test]
fn forms() {
    let parameters = unknown(rds("&DBInstanceIdentifier=a+b&SkipFinalSnapshot=True"), &[]);
    assert_eq!(parameters, json!({"DBInstanceIdentifier": "a b", "SkipFinalSnapshot": true}));
    ambiguous(rds("&SkipFinalSnapshot=true&SkipFinalSnapshot=false"), "stands twice");
    ambiguous(rds("&Action=DescribeDBInstances"), "`Action` stands more than once");
    ambiguous(rds("&action=DescribeDBInstances"), "`Action` stands more than once");
    ambiguous(rds("&%41ction=DescribeDBInstances"), "`Action` stands more than once");
    ambiguous(rds("&DBInstanceIdentifier=a;SkipFinalSnapshot=true"), "`;`");
    malformed(rds("&SkipFinalSnapshot=1"), "`SkipFinalSnapshot` is not `true` or `false`");
    malformed(rds("&SkipFinalSnapshot.member.1=true"), "`SkipFinalSnapshot` is not");
    malformed(rds("&DBInstanceIdentifier=%ff"), "UTF-8");
    malformed(rds("&DBInstanceIdentifier=%f"), "`%`");
    too_large(rds(&format!("&{}a=1", "a.".repeat(2000))), "nested");
    too_large(rds(&format!("&DBInstanceIdentifier={}", "a".repeat(MAX_BODY))), "a body of");
    unknown(rds("&DBInstanceIdentifier=a&Nope=1&Nope2.member.1=2"), &["Nope", "Nope2"]);
    let body = "Action=DeleteDBInstance&Version=1999-01-01&DBInstanceIdentifier=a";
    let old = request("POST", "/", &[FORM], body.as_bytes());
    unknown(read("rds", "DeleteDBInstance", Protocol::Query, &old), &["Version 1999-01-01"]);
}

#[test]
fn an_action_in_two_places() {
    let body = b"Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=a";
    let target = "/?Action=DescribeDBInstances";
    let two = request("POST", target, &[FORM], body);
    ambiguous(read("rds", "DeleteDBInstance", Protocol::Query, &two), "`Action` stands more than once");
    let split = request("POST", "/?DBInstanceIdentifier=b", &[FORM], body);
    ambiguous(read("rds", "DeleteDBInstance", Protocol::Query, &split), "in the query and in the body");
    let other = request("POST", "/", &[FORM], b"Action=DescribeDBInstances&Version=2014-10-31");
    ambiguous(read("rds", "DeleteDBInstance", Protocol::Query, &other), "`Action` is not");
    let both = request("POST", "/", &[FORM, TARGET], b"Action=X");
    ambiguous(read("dynamodb", "PutItem", Protocol::Json10, &both), "together with `Action`");
    let both = request("POST", "/?Action=X", &[JSON, TARGET], b"{}");
    ambiguous(read("dynamodb", "PutItem", Protocol::Json10, &both), "together with `Action`");
    let smithy = request("POST", "/", &[JSON, TARGET, ("smithy-protocol", "rpc-v2-cbor")], b"{}");
    ambiguous(read("dynamodb", "PutItem", Protocol::Json10, &smithy), "together with `smithy-protocol`");
    let form = request("POST", "/", &[FORM, TARGET], b"{}");
    ambiguous(read("dynamodb", "PutItem", Protocol::Json10, &form), "a form where the protocol has none");
    let json = request("POST", "/", &[JSON], body);
    ambiguous(read("rds", "DeleteDBInstance", Protocol::Query, &json), "content type says otherwise");
    let presigned =
        "/?Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=a&X-Amz-Signature=0&X-Amz-Date=1";
    let parameters =
        unknown(read("rds", "DeleteDBInstance", Protocol::Query, &request("GET", presigned, &[], b"")), &[]);
    assert_eq!(parameters, json!({"DBInstanceIdentifier": "a"}));
}

#[test]
fn lists_in_forms_are_numbered_without_a_gap() {
    let read = |service, name, protocol, body: &str| {
        let body = format!("Action={name}&{body}");
        read(service, name, protocol, &request("POST", "/", &[FORM], body.as_bytes()))
    };
    let ec2 = |body| read("ec2", "TerminateInstances", Protocol::Ec2, body);
    let parameters = unknown(
        ec2(
            "InstanceId.1=i-1&InstanceId.10=i-10&InstanceId.2=i-2&InstanceId.3=3&InstanceId.4=4&InstanceId.5=5&InstanceId.6=6&InstanceId.7=7&InstanceId.8=8&InstanceId.9=9",
        ),
        &[],
    );
    assert_eq!(parameters["InstanceIds"][9], "i-10");
    for body in ["InstanceId.1=a&InstanceId.3=b", "InstanceId.0=a", "InstanceId.01=a", "InstanceId.x=a"] {
        malformed(ec2(body), "numbered from 1");
    }
    ambiguous(ec2("InstanceId.1=a&InstanceId=b"), "a value beside");
    malformed(ec2("InstanceId.1=a&InstanceId.2.x=b"), "`InstanceIds[1]` is not text");
    let rds = |body| read("rds", "AddTagsToResource", Protocol::Query, body);
    let wanted = json!({"ResourceName": "r", "Tags": [{"Key": "k", "Value": "v"}]});
    assert_eq!(unknown(rds("ResourceName=r&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v"), &[]), wanted);
    assert_eq!(unknown(rds("ResourceName=r&Tags.member.1.Key=k&Tags.member.1.Value=v"), &[]), wanted);
    malformed(rds("ResourceName=r&Tags.Tag.1.Key=k&Tags.member.1.Key=l"), "numbered from 1");
}

#[test]
fn s3_sub_resources_and_headers() {
    let parameters =
        unknown(s3("DeleteObject", "DELETE", "/a/b%2Fc?versionId=1&x-id=DeleteObject", b""), &[]);
    assert_eq!(parameters, json!({"Bucket": "bucket", "Key": "a/b/c", "VersionId": "1"}));
    ambiguous(s3("DeleteObject", "DELETE", "/a?tagging", b""), "another operation's query");
    ambiguous(s3("PutBucketAcl", "PUT", "/?acl&policy", b""), "another operation's query");
    ambiguous(s3("PutBucketAcl", "PUT", "/?acl&acl=x", b""), "`acl`");
    ambiguous(s3("DeleteObject", "DELETE", "/a?versionId=1&versionId=2", b""), "`VersionId` stands twice");
    ambiguous(s3("DeleteObject", "DELETE", "/a?x-id=GetObject", b""), "another operation");
    ambiguous(s3("DeleteObject", "DELETE", "/a/../b", b""), "`.` or `..`");
    ambiguous(s3("DeleteObject", "DELETE", "/a/%2e%2E/b", b""), "`.` or `..`");
    unknown(s3("DeleteObject", "DELETE", "/a?nope=1", b""), &["?nope"]);
    let header = |name, value| s3_with("DeleteObject", "DELETE", "/a", &[(name, value)], b"");
    unknown(header("x-amz-nope", "1"), &["x-amz-nope"]);
    unknown(header("x-amz-date", "1"), &[]);
    unknown(header("x-amz-acl", "public-read"), &["x-amz-acl"]);
    let parameters = unknown(header("x-amz-bypass-governance-retention", "true"), &[]);
    assert_eq!(parameters["BypassGovernanceRetention"], true);
    ambiguous(header("x-http-method-override", "GET"), "another method");
    ambiguous(header("x-amz-target", "X.Y"), "RPC target");
    let twice = [("x-amz-mfa", "1"), ("x-amz-mfa", "2")];
    ambiguous(s3_with("DeleteObject", "DELETE", "/a", &twice, b""), "several headers");
    let presigned = "/a?X-Amz-Algorithm=A&X-Amz-Credential=B&X-Amz-Date=C&X-Amz-Expires=1&X-Amz-SignedHeaders=host;x&X-Amz-Signature=D";
    unknown(s3("GetObject", "GET", presigned, b""), &[]);
    unknown(s3("PutObject", "PUT", "/a?x-amz-acl=public-read", b""), &["?x-amz-acl"]);
}

#[test]
fn framing_is_told_once() {
    let with = |headers: &[(&str, &str)]| {
        let mut all = vec![JSON, TARGET];
        all.extend_from_slice(headers);
        read("dynamodb", "PutItem", Protocol::Json10, &request("POST", "/", &all, b"{}"))
    };
    assert!(with(&[("content-length", "2")]).is_ok());
    ambiguous(with(&[("content-length", "2"), ("transfer-encoding", "chunked")]), "`Transfer-Encoding`");
    ambiguous(with(&[("content-length", "2"), ("content-length", "3")]), "`content-length` stands twice");
    ambiguous(with(&[("x-amz-target", "DynamoDB_20120810.Scan")]), "`x-amz-target` stands twice");
    ambiguous(with(&[("host", "a"), ("host", "b")]), "`host` stands twice");
    malformed(with(&[("x-a", "b\r\nc: d")]), "line break");
    malformed(with(&[("content-encoding", "br")]), "other than `gzip`");
    malformed(with(&[("content-encoding", "gzip, gzip")]), "other than `gzip`");
    let mut streamed = request("POST", "/", &[JSON, TARGET], b"");
    streamed.body = Body::Streamed { length: Some(2) };
    malformed(read("dynamodb", "PutItem", Protocol::Json10, &streamed), "streamed");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_is_read_under_a_cap() {
    let put = |body: &[u8]| {
        let headers = [("content-type", "application/cbor"), ("content-encoding", "gzip")];
        read("cloudwatch", "PutMetricData", Protocol::Cbor, &request("POST", "/", &headers, body))
    };
    let body = b"\xa1\x69Namespace\x61n";
    assert_eq!(unknown(put(&gzip(body)), &[]), json!({"Namespace": "n"}));
    malformed(put(body), "gzip");
    malformed(put(&gzip(body)[..12]), "gzip");
    let bomb = gzip(&vec![0; MAX_BODY + 1]);
    assert!(bomb.len() < MAX_BODY / 100);
    too_large(put(&bomb), "a body of");
}

#[test]
fn an_object_is_not_decompressed() {
    let body = gzip(b"x");
    let put = |encoding| s3_with("PutObject", "PUT", "/a", &[("content-encoding", encoding)], &body).unwrap();
    assert_eq!(put("aws-chunked,gzip").parameters["ContentEncoding"], "gzip");
    assert_eq!(put("aws-chunked").parameters.get("ContentEncoding"), None);
    let mut streamed = request("PUT", "/a", &[("host", "bucket.s3.us-east-1.amazonaws.com")], b"");
    streamed.body = Body::Streamed { length: None };
    let parameters = unknown(read("s3", "PutObject", Protocol::RestXml, &streamed), &[]);
    assert_eq!(parameters, json!({"Bucket": "bucket", "Key": "a"}));
}

#[test]
fn cbor_bodies() {
    let put =
        |body: &[u8]| read("cloudwatch", "PutMetricData", Protocol::Cbor, &request("POST", "/", &[], body));
    ambiguous(put(b"\xa2\x69Namespace\x61n\x69Namespace\x61m"), "`Namespace` stands twice");
    malformed(put(b"\xa1\x69Namespace\x61n\x00"), "more bytes");
    malformed(put(b"\xa1\x69Namespace\x07"), "`Namespace` is not text");
    malformed(put(b"\xa1\x69Namespace"), "cut short");
    malformed(put(b"\x80"), "a CBOR map");
    too_large(put(&vec![0x81; 2000]), "nested");
    unknown(put(b"\xa1\x64Nope\x01"), &["Nope"]);
}

#[test]
fn xml_bodies() {
    let delete = |body: &str| s3("DeleteObjects", "POST", "/?delete", body.as_bytes());
    let parameters = unknown(
        delete(
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key><VersionId>1</VersionId></Object><Quiet>true</Quiet></Delete>",
        ),
        &[],
    );
    let wanted = json!({"Objects": [{"Key": "a&b"}, {"Key": "c", "VersionId": "1"}], "Quiet": true});
    assert_eq!(parameters["Delete"], wanted);
    ambiguous(
        delete("<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>"),
        "`Delete.Objects[0].Key` stands twice",
    );
    ambiguous(delete("<Delete><x:Object xmlns:x='u'/></Delete>"), "prefix");
    malformed(delete("<!DOCTYPE Delete><Delete/>"), "document type");
    malformed(delete("<Delete><Object><Key>a<!-- -->b</Key></Object></Delete>"), "comment");
    malformed(delete("<Delete>"), "cut short");
    malformed(delete("<Delete/><Delete/>"), "second root");
    malformed(delete("<Delete>text</Delete>"), "a structure");
    malformed(delete("<Delete><Object><Key><b/></Key></Object></Delete>"), "is not text");
    too_large(delete(&"<Delete>".repeat(2000)), "nested");
    unknown(
        delete("<Delete><Nope/><Object nope='1'><Key>a</Key></Object></Delete>"),
        &["Delete.Objects[0].@nope", "Delete.Nope"],
    );
    unknown(delete("<Remove/>"), &["the element `Remove`"]);
}

/// Builds, then takes one thing away or changes it: the writer refuses what it cannot say.
#[test]
fn what_cannot_be_written() {
    let refused = |name: &str, operation_name: &str, protocol, parameters: Value| {
        let service = service(name);
        let operation = operation(&service, operation_name);
        match write(&service, &operation, protocol, "us-east-1", None, &parameters) {
            Err(ReadError::Unwritable(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let why = refused("rds", "DeleteDBInstance", Protocol::Query, json!({"Nope": 1}));
    assert!(why.contains("`Nope`"), "{why}");
    let why = refused("rds", "DeleteDBInstance", Protocol::Query, json!({"SkipFinalSnapshot": "yes"}));
    assert!(why.contains("`SkipFinalSnapshot`"), "{why}");
    let why = refused("s3", "DeleteObject", Protocol::RestXml, json!({"Bucket": "bucket"}));
    assert!(why.contains("`Key`"), "{why}");
    for key in ["..", "a/../b"] {
        let why = refused("s3", "DeleteObject", Protocol::RestXml, json!({"Bucket": "bucket", "Key": key}));
        assert!(why.contains("`..`"), "{why}");
    }
    let metadata = json!({"Bucket": "bucket", "Key": "k", "Metadata": {"a": "b\r\nc: d"}});
    let why = refused("s3", "PutObject", Protocol::RestXml, metadata);
    assert!(why.contains("`Metadata.a`"), "{why}");
    let why = refused("s3control", "ListJobs", Protocol::RestXml, json!({"AccountId": "evil.example/"}));
    assert!(why.contains("AccountId"), "{why}");
    let service = service("rds");
    let operation = operation(&service, "DescribeDBInstances");
    let evil = write(&service, &operation, Protocol::Query, "evil.example/", None, &json!({}));
    assert!(matches!(evil, Err(ReadError::Unwritable(_))), "{evil:?}");
}

#[test]
fn a_bucket_stands_where_its_name_can() {
    let service = service("s3");
    let operation = operation(&service, "PutObject");
    let written = |bucket: &str| {
        let parameters = json!({"Bucket": bucket, "Key": "a b/ü"});
        write(&service, &operation, Protocol::RestXml, "eu-west-1", None, &parameters).unwrap()
    };
    for name in ["dev-b/../prod-a", "prod-a/k", "a%2Fb", "a?b", "a b", ""] {
        let parameters = json!({"Bucket": name, "Key": "k"});
        let refused = write(&service, &operation, Protocol::RestXml, "eu-west-1", None, &parameters);
        assert!(refused.is_err(), "{name}");
    }
    let plain = written("bucket");
    assert_eq!(
        (plain.host.as_str(), plain.path.as_str()),
        ("bucket.s3.eu-west-1.amazonaws.com", "/a%20b/%C3%BC")
    );
    let moved = plain.with_bucket_in_path();
    assert_eq!(
        (moved.host.as_str(), moved.path.as_str()),
        ("s3.eu-west-1.amazonaws.com", "/bucket/a%20b/%C3%BC")
    );
    let dotted = written("my.bucket");
    assert_eq!(
        (dotted.host.as_str(), dotted.path.as_str()),
        ("s3.eu-west-1.amazonaws.com", "/my.bucket/a%20b/%C3%BC")
    );
    let zone = written("b--usw2-az1--x-s3");
    assert_eq!(zone.host, "b--usw2-az1--x-s3.s3express-usw2-az1.eu-west-1.amazonaws.com");
    assert_eq!(zone.signing_name, "s3express");
    let point = written("arn:aws:s3:us-west-2:111122223333:accesspoint/ap");
    assert_eq!(point.host, "ap-111122223333.s3-accesspoint.us-west-2.amazonaws.com");
}

#[test]
fn a_rebuilt_body_has_its_own_checksum() {
    let service = service("s3");
    let operation = operation(&service, "DeleteObjects");
    let parameters =
        json!({"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}]}, "ChecksumAlgorithm": "SHA256"});
    let written = write(&service, &operation, Protocol::RestXml, "us-east-1", None, &parameters).unwrap();
    let header =
        |name: &str| written.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.clone());
    assert!(header("x-amz-checksum-sha256").is_some(), "{written:?}");
    assert_eq!(header("content-type").as_deref(), Some("application/xml"));
    let mut forged = arrived(&written);
    forged.headers.push(("content-md5".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA==".to_owned()));
    let read = read("s3", "DeleteObjects", Protocol::RestXml, &forged).unwrap();
    assert_eq!(read.parameters, parameters);
}
