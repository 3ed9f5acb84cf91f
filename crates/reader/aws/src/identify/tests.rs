use proptest::prelude::*;

use super::{Candidate, alias, identify};
use crate::{
    ReadError,
    catalogue::{Catalogue, Protocol, Service, ShapeId},
    wire::{Body, Request, Scope},
};

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Body::Bytes(body.as_bytes().to_vec()),
    }
}

fn scope(service: &str) -> Scope {
    Scope { region: "eu-west-1".to_owned(), service: service.to_owned() }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");

fn names(found: &[Candidate]) -> Vec<String> {
    found.iter().map(|one| format!("{}:{}", one.service.name, one.operation.name)).collect()
}

#[track_caller]
fn is(signing: &str, request: &Request, wanted: &[&str]) -> Vec<Candidate> {
    let found = identify(request, Some(&scope(signing))).unwrap();
    assert_eq!(names(&found), wanted);
    found
}

#[track_caller]
fn refused(signing: &str, request: &Request) {
    let error = identify(request, Some(&scope(signing))).unwrap_err();
    assert!(matches!(error, ReadError::Ambiguous(_)), "{error}");
}

#[track_caller]
fn unknown(signing: &str, request: &Request) {
    let error = identify(request, Some(&scope(signing))).unwrap_err();
    assert!(matches!(error, ReadError::Unknown(_)), "{error}");
}

#[test]
fn each_protocol_names_its_operation() {
    let found = is(
        "rds",
        &request("POST", "/", &[FORM], "Action=DeleteDBInstance&Version=2014-10-31&DBInstanceIdentifier=a"),
        &["rds:DeleteDBInstance"],
    );
    assert_eq!(found[0].protocol, Protocol::Query);
    let found = is(
        "ec2",
        &request("GET", "/?Action=DescribeInstances&Version=2016-11-15", &[], ""),
        &["ec2:DescribeInstances"],
    );
    assert_eq!(found[0].protocol, Protocol::Ec2);
    let headers =
        [("x-amz-target", "DynamoDB_20120810.DeleteTable"), ("content-type", "application/x-amz-json-1.0")];
    let found = is("dynamodb", &request("POST", "/", &headers, "{}"), &["dynamodb:DeleteTable"]);
    assert_eq!(found[0].protocol, Protocol::Json10);
    let target = "/service/GraniteServiceVersion20100801/operation/DeleteAlarms";
    let found = is(
        "monitoring",
        &request("POST", target, &[("smithy-protocol", "rpc-v2-cbor")], ""),
        &["cloudwatch:DeleteAlarms"],
    );
    assert_eq!(found[0].protocol, Protocol::Cbor);
    let found = is(
        "lambda",
        &request("DELETE", "/2015-03-31/functions/my%3Afunction", &[], ""),
        &["lambda:DeleteFunction"],
    );
    assert_eq!(found[0].labels, [("FunctionName".to_owned(), "my:function".to_owned())]);
    is("route53", &request("DELETE", "/2013-04-01/hostedzone/Z1", &[], ""), &["route53:DeleteHostedZone"]);
}

#[test]
fn services_that_speak_several_protocols_are_known_by_the_request() {
    is(
        "monitoring",
        &request("POST", "/", &[FORM], "Action=DeleteAlarms&Version=2010-08-01"),
        &["cloudwatch:DeleteAlarms"],
    );
    is(
        "monitoring",
        &request("POST", "/", &[("x-amz-target", "GraniteServiceVersion20100801.DeleteAlarms")], "{}"),
        &["cloudwatch:DeleteAlarms"],
    );
    // SQS left its query protocol behind, and the model that would read it is gone.
    unknown("sqs", &request("POST", "/", &[FORM], "Action=PurgeQueue&Version=2012-11-05"));
}

#[test]
fn older_versions_are_the_same_operation_and_unknown_ones_are_not() {
    let with =
        |version: &str| request("POST", "/", &[FORM], &format!("Action=DescribeVpcs&Version={version}"));
    is("ec2", &with("2014-09-01"), &["ec2:DescribeVpcs"]);
    unknown("ec2", &with("2099-01-01"));
    unknown("ec2", &request("POST", "/", &[FORM], "Action=DescribeVpcs"));
    unknown("ec2", &request("POST", "/", &[FORM], "Action=describevpcs&Version=2016-11-15"));
    unknown("ec2", &request("POST", "/else", &[FORM], "Action=DescribeVpcs&Version=2016-11-15"));
}

#[test]
fn what_two_parsers_could_read_differently_is_refused() {
    let delete = "Action=DeleteVpc&Version=2016-11-15";
    refused("ec2", &request("POST", "/?Action=DescribeVpcs", &[FORM], delete));
    refused("ec2", &request("POST", "/", &[FORM], &format!("Action=DescribeVpcs&{delete}")));
    refused("ec2", &request("POST", "/", &[FORM], &format!("{delete}&action=DescribeVpcs")));
    refused("ec2", &request("POST", "/", &[FORM], &format!("{delete}&%41ction=DescribeVpcs")));
    refused("ec2", &request("POST", "/", &[FORM], &format!("{delete}&Version=2014-09-01")));
    refused("ec2", &request("POST", "/?Version=2014-09-01", &[FORM], delete));
    refused("ec2", &request("POST", "/?VpcId=vpc-1", &[FORM], delete));
    refused("ec2", &request("POST", "/", &[FORM], "action=DeleteVpc&Version=2016-11-15"));
    refused("ec2", &request("POST", "/?Action=DescribeVpcs&Version=2016-11-15", &[FORM], "VpcId=vpc-1"));
    let target = ("x-amz-target", "AmazonSQS.ListQueues");
    refused("sqs", &request("POST", "/", &[FORM, target], "Action=PurgeQueue&Version=2012-11-05"));
    refused("sqs", &request("POST", "/?Action=PurgeQueue", &[target], ""));
    refused("sqs", &request("POST", "/", &[target, ("x-amz-target", "AmazonSQS.PurgeQueue")], ""));
    refused(
        "monitoring",
        &request(
            "POST",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            &[
                ("smithy-protocol", "rpc-v2-cbor"),
                ("x-amz-target", "GraniteServiceVersion20100801.DeleteAlarms"),
            ],
            "",
        ),
    );
    refused("s3", &request("GET", "/bucket/../other", &[], ""));
    refused("s3", &request("GET", "/bucket/%2e%2E/other", &[], ""));
    assert!(matches!(
        identify(&request("GET", "/bucket/%zz", &[], ""), Some(&scope("s3"))),
        Err(ReadError::Malformed(_))
    ));
}

#[test]
fn a_target_of_another_service_is_unknown() {
    unknown("sqs", &request("POST", "/", &[("x-amz-target", "DynamoDB_20120810.DeleteTable")], "{}"));
    unknown("dynamodb", &request("POST", "/", &[("x-amz-target", "DeleteTable")], "{}"));
    unknown("dynamodb", &request("GET", "/", &[("x-amz-target", "DynamoDB_20120810.DeleteTable")], ""));
    unknown(
        "monitoring",
        &request("POST", "/service/X/operation/DeleteAlarms", &[("smithy-protocol", "rpc-v2-cbor")], ""),
    );
    unknown("monitoring", &request("POST", "/", &[("smithy-protocol", "rpc-v3")], ""));
    unknown("nothing-signs-so", &request("GET", "/", &[], ""));
    // A stray target header at a REST service names nothing that it knows.
    unknown("lambda", &request("GET", "/2015-03-31/functions/", &[("x-amz-target", "A.B")], ""));
}

#[test]
fn s3_is_told_by_sub_resource_and_header() {
    is("s3", &request("GET", "/bucket", &[], ""), &["s3:ListObjects"]);
    is("s3", &request("GET", "/bucket/?list-type=2&prefix=a", &[], ""), &["s3:ListObjectsV2"]);
    is("s3", &request("PUT", "/bucket/a/b.txt", &[], "x"), &["s3:PutObject"]);
    is("s3", &request("PUT", "/bucket/a?x-id=PutObject", &[], "x"), &["s3:PutObject"]);
    is("s3", &request("PUT", "/bucket/a", &[("x-amz-copy-source", "/other/b")], ""), &["s3:CopyObject"]);
    is("s3", &request("PUT", "/bucket/a?partNumber=1&uploadId=u", &[], ""), &["s3:UploadPart"]);
    is("s3", &request("DELETE", "/bucket/a?uploadId=u", &[], ""), &["s3:AbortMultipartUpload"]);
    is("s3", &request("DELETE", "/bucket/a?versionId=u", &[], ""), &["s3:DeleteObject"]);
    is("s3", &request("DELETE", "/bucket?policy", &[], ""), &["s3:DeleteBucketPolicy"]);
    is("s3", &request("DELETE", "/bucket?policy=", &[], ""), &["s3:DeleteBucketPolicy"]);
    is("s3", &request("DELETE", "/bucket?%70olicy", &[], ""), &["s3:DeleteBucketPolicy"]);
    is("s3", &request("PUT", "/bucket?lifecycle", &[], ""), &["s3:PutBucketLifecycleConfiguration"]);
    is("s3", &request("GET", "/", &[], ""), &["s3:ListBuckets"]);
    is("s3express", &request("GET", "/", &[], ""), &["s3:ListDirectoryBuckets"]);
    let found = is("s3", &request("GET", "/bucket/dir%20one//x/?acl", &[], ""), &["s3:GetObjectAcl"]);
    assert_eq!(
        found[0].labels,
        [("Bucket".to_owned(), "bucket".to_owned()), ("Key".to_owned(), "dir one//x/".to_owned())]
    );
    let presigned = "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b";
    is("s3", &request("GET", presigned, &[], ""), &["s3:GetObject"]);
    is(
        "s3",
        &request("DELETE", "/v20180820/jobs/1/tagging", &[("x-amz-account-id", "1")], ""),
        &["s3control:DeleteJobTagging"],
    );
}

#[test]
fn several_sub_resources_are_refused() {
    refused("s3", &request("GET", "/bucket?acl&policy", &[], ""));
    refused("s3", &request("DELETE", "/bucket?policy&tagging", &[], ""));
    // `delete` asks for DeleteObjects, by POST; here it would stand beside a DELETE of the bucket.
    refused("s3", &request("DELETE", "/bucket?delete", &[], ""));
    refused("s3", &request("GET", "/bucket/key?acl&acl", &[], ""));
    refused("s3", &request("DELETE", "/bucket/key?x-id=GetObject", &[], ""));
}

#[test]
fn the_bucket_may_stand_in_the_host() {
    let at = |host: &str, method: &str, target: &str| request(method, target, &[("host", host)], "");
    for (host, bucket) in [
        ("school.s3.eu-west-1.amazonaws.com", "school"),
        ("school.s3.amazonaws.com", "school"),
        ("a.b.c.s3.dualstack.eu-west-1.amazonaws.com:443", "a.b.c"),
        ("school.s3-eu-west-1.amazonaws.com", "school"),
        ("school.s3-accelerate.amazonaws.com", "school"),
        ("school.s3-fips.us-east-1.amazonaws.com", "school"),
        ("s3.s3.eu-west-1.amazonaws.com", "s3"),
        ("school.s3.cn-north-1.amazonaws.com.cn", "school"),
        ("SCHOOL.S3.EU-WEST-1.AMAZONAWS.COM", "school"),
        ("x--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com", "x--use1-az4--x-s3"),
        (
            "p-123456789012.s3-accesspoint.eu-west-1.amazonaws.com",
            "arn:aws:s3:eu-west-1:123456789012:accesspoint/p",
        ),
        ("school.localhost:4566", "school"),
    ] {
        let found = is("s3", &at(host, "DELETE", "/"), &["s3:DeleteBucket"]);
        assert_eq!(found[0].labels, [("Bucket".to_owned(), bucket.to_owned())], "{host}");
        let found = is("s3", &at(host, "GET", "/a/b"), &["s3:GetObject"]);
        assert!(found[0].labels.contains(&("Key".to_owned(), "a/b".to_owned())), "{host}");
    }
    for host in
        ["s3.eu-west-1.amazonaws.com", "s3.amazonaws.com", "127.0.0.1:5000", "localhost:4566", "[::1]:80"]
    {
        let found = is("s3", &at(host, "DELETE", "/school"), &["s3:DeleteBucket"]);
        assert_eq!(found[0].labels, [("Bucket".to_owned(), "school".to_owned())], "{host}");
    }
    is(
        "s3",
        &at("123456789012.s3-control.eu-west-1.amazonaws.com", "GET", "/v20180820/jobs"),
        &["s3control:ListJobs"],
    );
    is("s3", &at("v20180820.s3.eu-west-1.amazonaws.com", "GET", "/jobs"), &["s3:GetObject"]);
    unknown("s3", &at("123456789012.s3-control.eu-west-1.amazonaws.com", "GET", "/bucket/key"));
}

#[test]
fn the_host_is_a_hint_and_must_not_contradict_the_signature() {
    let form = "Action=DeleteDBInstance&Version=2014-10-31";
    let at = |host: &str| request("POST", "/", &[FORM, ("host", host)], form);
    is("rds", &at("rds.eu-west-1.amazonaws.com"), &["rds:DeleteDBInstance"]);
    is("rds", &at("gateway.internal:8080"), &["rds:DeleteDBInstance"]);
    refused("rds", &at("iam.amazonaws.com"));
    refused("rds", &at("ec2.eu-west-1.amazonaws.com"));
    refused("ec2", &request("GET", "/b/k", &[("host", "b.s3.amazonaws.com")], ""));
    // The same path in two services that sign alike: the host says which.
    let import = |host: &str| request("GET", "/imports/1", &[("host", host)], "");
    is("lex", &import("models.lex.eu-west-1.amazonaws.com"), &["lex-models:GetImport"]);
    is("lex", &import("models-v2-lex.eu-west-1.amazonaws.com"), &["lexv2-models:DescribeImport"]);
    assert_eq!(identify(&import("proxy"), Some(&scope("lex"))).unwrap().len(), 2);
}

#[test]
fn literals_come_before_labels() {
    is(
        "apigateway",
        &request("GET", "/restapis/a/resources/b/methods/GET", &[], ""),
        &["apigateway:GetMethod"],
    );
    is("apigateway", &request("GET", "/apikeys", &[], ""), &["apigateway:GetApiKeys"]);
    is("lambda", &request("GET", "/2015-03-31/functions", &[], ""), &["lambda:ListFunctions"]);
    is("lambda", &request("GET", "/2015-03-31/functions/", &[], ""), &["lambda:ListFunctions"]);
    let found = is(
        "workspaces-web",
        &request("PUT", "/portals/arn%3Aaws%3Aa%2Fb/c/userSettings?userSettingsArn=x", &[], ""),
        &["workspaces-web:AssociateUserSettings"],
    );
    assert_eq!(found[0].labels, [("portalArn".to_owned(), "arn:aws:a/b/c".to_owned())]);
    unknown("lambda", &request("GET", "/2015-03-31//", &[], ""));
    unknown("lambda", &request("PATCH", "/2015-03-31/functions", &[], ""));
}

#[test]
fn base_paths_of_endpoints_are_part_of_the_path() {
    for path in ["/tiles/t/1/2/3", "/v2/tiles/t/1/2/3"] {
        is("geo-maps", &request("GET", path, &[], ""), &["geo-maps:GetTile"]);
    }
}

#[test]
fn without_a_signature_the_host_chooses() {
    let post = |host: &str| {
        request("POST", "/", &[FORM, ("host", host)], "Action=DescribeDBInstances&Version=2014-10-31")
    };
    assert_eq!(
        names(&identify(&post("rds.us-east-1.amazonaws.com"), None).unwrap()),
        ["rds:DescribeDBInstances"]
    );
    assert_eq!(names(&identify(&post("127.0.0.1"), None).unwrap()), ["rds:DescribeDBInstances"]);
    assert!(identify(&post("iam.amazonaws.com"), None).is_err());
}

/// What is dropped in favour of another name takes no parameter that the other does not take at the same place.
#[test]
fn covered_services_are_covered() {
    let catalogue = Catalogue::get();
    for (covered, covering) in alias::COVERED {
        let (narrow, wide) = (catalogue.service(covered).unwrap(), catalogue.service(covering).unwrap());
        assert_eq!(narrow.host, wide.host);
        assert_eq!(narrow.signing_name, wide.signing_name);
        let mut compared = 0;
        for operation in &narrow.operations {
            let Some(other) = wide.operation(operation.name) else { continue };
            let inputs = operation.input.zip(other.input);
            assert!(operation.input.is_none() || inputs.is_some(), "{covered}:{}", operation.name);
            if let Some((narrow_input, wide_input)) = inputs {
                let mut seen = Vec::new();
                assert!(
                    covers(&wide, wide_input, &narrow, narrow_input, &mut seen),
                    "{covered}:{}",
                    operation.name
                );
            }
            assert!(other.access >= operation.access, "{covered}:{}", operation.name);
            compared += 1;
        }
        assert!(compared >= 8, "{covered}");
    }
}

fn covers(
    wide: &Service,
    a: ShapeId,
    narrow: &Service,
    b: ShapeId,
    seen: &mut Vec<(ShapeId, ShapeId)>,
) -> bool {
    use crate::catalogue::Kind;
    if seen.contains(&(a, b)) {
        return true;
    }
    seen.push((a, b));
    match (&wide.shape(a).unwrap().kind, &narrow.shape(b).unwrap().kind) {
        (Kind::Structure(a), Kind::Structure(b)) => b.members.iter().all(|member| {
            a.member(member.name).is_some_and(|other| {
                (other.location, other.location_name) == (member.location, member.location_name)
                    && covers(wide, other.shape, narrow, member.shape, seen)
            })
        }),
        (Kind::List { member: a, .. }, Kind::List { member: b, .. })
        | (Kind::Map { value: a, .. }, Kind::Map { value: b, .. }) => covers(wide, *a, narrow, *b, seen),
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Text that looks like parts of requests.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9/?&=%.{}+:;@ -]{0,24}",
        any::<String>(),
        prop::sample::select(vec![
            "Action=DeleteVpc",
            "Version=2016-11-15",
            "rpc-v2-cbor",
            "AmazonSQS.PurgeQueue",
            "%2e%2e",
            "%",
            "//",
            "acl",
            "policy",
            "uploadId=",
            "/2015-03-31/functions/",
            "s3.amazonaws.com",
            "x-amz-target",
            "application/x-www-form-urlencoded",
            "/service/a/operation/b",
            "\u{0}",
            "é",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_requests_never_panic(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "", "é"]),
        path in prop::collection::vec(piece(), 0..5),
        query in prop::collection::vec(piece(), 0..5),
        headers in prop::collection::vec((prop::sample::select(vec!["host", "content-type", "x-amz-target", "smithy-protocol", "x-amz-copy-source"]), piece()), 0..5),
        body in prop::collection::vec(piece(), 0..4),
        signing in prop::sample::select(vec!["s3", "ec2", "rds", "sqs", "lambda", "monitoring", "lex", "route53", "geo-maps", "execute-api"]),
    ) {
        let request = Request {
            method: method.to_owned(),
            path: path.join("/"),
            query: query.join("&"),
            headers: headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            body: Body::Bytes(body.join("&").into_bytes()),
        };
        if let Ok(found) = identify(&request, Some(&scope(signing))) {
            prop_assert!(!found.is_empty());
            prop_assert!(found.iter().all(|one| one.service.signs_as(signing)));
        }
    }
}
