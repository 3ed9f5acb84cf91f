//! Answers of a real server to requests that were written here, read as botocore reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use interlock_reader_aws::catalogue::{Access, Location, Operation, Protocol, Service};
use interlock_reader_aws::wire::{ServiceError, read_answer};
use serde_json::{Value, json};
use wire_common::moto::{Answer, Moto};
use wire_common::{Botocore, operation, service};

struct Bed {
    moto: Moto,
    botocore: Botocore,
    compared: usize,
    errors: usize,
}

impl Bed {
    fn start() -> Self {
        Self { moto: Moto::start(), botocore: Botocore::start(), compared: 0, errors: 0 }
    }

    /// Calls with the preferred protocol and reads the answer.
    fn call(&mut self, service_name: &str, name: &str, parameters: Value) -> Result<Value, ServiceError> {
        let service = service(service_name);
        let operation = operation(&service, name);
        // moto does not answer CBOR paths.
        let protocol = *service.protocols.iter().find(|protocol| **protocol != Protocol::Cbor).unwrap();
        let answer = self.moto.call(&service, &operation, protocol, &parameters).expect("an answer");
        let read = read_answer(&service, &operation, protocol, answer.status, &answer.headers, &answer.body);
        if let Some(why) = self.differs(&service, &operation, protocol, &answer, &read) {
            panic!("{service_name} {name}: {why}");
        }
        read
    }

    fn ok(&mut self, service: &str, name: &str, parameters: Value) -> Value {
        self.call(service, name, parameters).unwrap_or_else(|error| panic!("{service} {name}: {error}"))
    }

    /// How the reading differs from botocore's.
    fn differs(
        &mut self,
        service: &Service,
        operation: &Operation,
        protocol: Protocol,
        answer: &Answer,
        read: &Result<Value, ServiceError>,
    ) -> Option<String> {
        let (status, headers, body) = (answer.status, &answer.headers, &answer.body);
        let theirs = self.botocore.parse(service.name, operation.name, protocol, status, headers, body);
        if theirs.get("unparsed").is_some() || operation.name == "GetBucketLocation" {
            return None;
        }
        match read {
            Ok(ours) => {
                self.compared += 1;
                difference(ours, &without_empty_headers(service, operation, theirs), "")
            }
            Err(error) => {
                self.errors += 1;
                let code = theirs["Error"]["Code"].as_str().unwrap_or_default();
                (code != error.code).then(|| format!("code `{}` not `{code}`", error.code))
            }
        }
    }
}

/// botocore gives an empty map where no header has the prefix.
fn without_empty_headers(service: &Service, operation: &Operation, mut theirs: Value) -> Value {
    let output = service.output(operation);
    for member in output.iter().flat_map(|output| &output.members) {
        if member.location == Location::Headers && theirs[member.name] == json!({}) {
            theirs.as_object_mut().unwrap().remove(member.name);
        }
    }
    theirs
}

/// Where two readings differ. Numbers are compared by value, points in time to the second (botocore rounds).
fn difference(ours: &Value, theirs: &Value, path: &str) -> Option<String> {
    let clash = || Some(format!("at `{path}`: {ours} not {theirs}"));
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            let keys = left.keys().chain(right.keys());
            for key in keys {
                match (left.get(key), right.get(key)) {
                    (Some(left), Some(right)) => {
                        if let Some(why) = difference(left, right, &format!("{path}.{key}")) {
                            return Some(why);
                        }
                    }
                    (left, right) => return Some(format!("at `{path}.{key}`: {left:?} not {right:?}")),
                }
            }
            None
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .enumerate()
            .find_map(|(at, (left, right))| difference(left, right, &format!("{path}[{at}]"))),
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => None,
        (Value::String(left), Value::String(right))
            if left.ends_with('Z') && left.len() >= 20 && left.get(..19) == right.get(..19) =>
        {
            None
        }
        (left, right) if left == right => None,
        _ => clash(),
    }
}

const DATABASE: &str = "course-management-prod";

#[test]
fn reads_of_the_core_services() {
    let mut bed = Bed::start();
    database(&mut bed);
    network(&mut bed);
    storage(&mut bed);
    identity(&mut bed);
    table(&mut bed);
    names_and_trails(&mut bed);
    println!("{} answers and {} errors read as botocore reads them", bed.compared, bed.errors);
    assert!(bed.compared >= 50, "{}", bed.compared);
    assert!(bed.errors >= 5, "{}", bed.errors);
}

fn database(bed: &mut Bed) {
    let create = json!({
        "DBInstanceIdentifier": DATABASE, "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
        "AllocatedStorage": 100, "MasterUsername": "root", "MasterUserPassword": "not<&>secret",
        "DeletionProtection": true, "Tags": [{"Key": "env", "Value": "prod & more"}],
    });
    let made = bed.ok("rds", "CreateDBInstance", create);
    assert_eq!(made["DBInstance"]["AllocatedStorage"], 100);
    bed.ok(
        "rds",
        "CreateDBSnapshot",
        json!({"DBInstanceIdentifier": DATABASE, "DBSnapshotIdentifier": "before"}),
    );
    let found = bed.ok("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": DATABASE}));
    let instance = &found["DBInstances"][0];
    assert_eq!(instance["DeletionProtection"], true);
    assert_eq!(instance["TagList"][0]["Value"], "prod & more");
    assert!(instance["InstanceCreateTime"].as_str().unwrap().ends_with('Z'));
    let snapshots = bed.ok("rds", "DescribeDBSnapshots", json!({"DBInstanceIdentifier": DATABASE}));
    assert!(
        snapshots["DBSnapshots"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["DBSnapshotIdentifier"] == "before")
    );
    bed.ok("rds", "ListTagsForResource", json!({"ResourceName": instance["DBInstanceArn"]}));
    bed.ok("rds", "DescribeDBClusters", json!({}));
    let error = bed.call("rds", "DescribeDBInstances", json!({"DBInstanceIdentifier": "nope"})).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("DBInstanceNotFound", 404));
    assert!(error.message.contains("nope"), "{error}");
}

fn network(bed: &mut Bed) {
    let vpcs = bed.ok("ec2", "DescribeVpcs", json!({"Filters": [{"Name": "isDefault", "Values": ["true"]}]}));
    let vpc = vpcs["Vpcs"][0]["VpcId"].clone();
    assert!(vpc.as_str().unwrap().starts_with("vpc-"));
    assert_eq!(vpcs["Vpcs"][0]["IsDefault"], true);
    let group = json!({
        "GroupName": "g", "Description": "d", "VpcId": vpc,
        "TagSpecifications": [{"ResourceType": "security-group", "Tags": [{"Key": "k", "Value": "v"}]}],
    });
    let group = bed.ok("ec2", "CreateSecurityGroup", group)["GroupId"].clone();
    let rule = json!({"GroupId": group, "IpPermissions": [{
        "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "a"}],
    }]});
    bed.ok("ec2", "AuthorizeSecurityGroupIngress", rule);
    let groups = bed.ok("ec2", "DescribeSecurityGroups", json!({"GroupIds": [group]}));
    let permission = &groups["SecurityGroups"][0]["IpPermissions"][0];
    assert_eq!(permission["FromPort"], 22);
    assert_eq!(permission["IpRanges"][0]["CidrIp"], "0.0.0.0/0");
    let run = json!({"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 2, "InstanceType": "t3.micro"});
    let made = bed.ok("ec2", "RunInstances", run);
    let id = made["Instances"][0]["InstanceId"].clone();
    let found = bed.ok("ec2", "DescribeInstances", json!({"InstanceIds": [id]}));
    assert_eq!(found["Reservations"][0]["Instances"][0]["InstanceId"], id);
    for name in [
        "DescribeVolumes",
        "DescribeSubnets",
        "DescribeRouteTables",
        "DescribeNetworkInterfaces",
        "DescribeTags",
    ] {
        bed.ok("ec2", name, json!({}));
    }
    let error = bed.call("ec2", "DescribeInstances", json!({"InstanceIds": ["i-nope"]})).unwrap_err();
    assert_eq!(error.code, "InvalidInstanceID.NotFound");
}

fn storage(bed: &mut Bed) {
    bed.ok("s3", "CreateBucket", json!({"Bucket": "bucket"}));
    let versioned = json!({"Bucket": "bucket", "VersioningConfiguration": {"Status": "Enabled"}});
    bed.ok("s3", "PutBucketVersioning", versioned);
    let tags = json!({"Bucket": "bucket", "Tagging": {"TagSet": [{"Key": "env", "Value": "<prod>"}]}});
    bed.ok("s3", "PutBucketTagging", tags);
    let object = json!({
        "Bucket": "bucket", "Key": "a b/ü+&.txt", "Body": "aGVsbG8=", "Metadata": {"k": "v"}, "ContentType": "text/plain",
    });
    bed.ok("s3", "PutObject", object);
    bed.ok("s3", "PutObject", json!({"Bucket": "bucket", "Key": "other"}));
    let head = bed.ok("s3", "HeadObject", json!({"Bucket": "bucket", "Key": "a b/ü+&.txt"}));
    assert_eq!((&head["ContentLength"], &head["Metadata"]["k"]), (&json!(5), &json!("v")));
    assert!(head["LastModified"].as_str().unwrap().ends_with('Z'));
    let list = bed.ok("s3", "ListObjectsV2", json!({"Bucket": "bucket"}));
    assert_eq!(list["Contents"][0]["Key"], "a b/ü+&.txt");
    assert_eq!(list["Contents"][0]["Size"], 5);
    let removed = json!({"Bucket": "bucket", "Delete": {"Objects": [{"Key": "other"}]}});
    let removed = bed.ok("s3", "DeleteObjects", removed);
    assert_eq!(removed["Deleted"][0]["Key"], "other");
    let versions = bed.ok("s3", "ListObjectVersions", json!({"Bucket": "bucket"}));
    assert_eq!(versions["DeleteMarkers"].as_array().unwrap().len(), 1);
    assert_eq!(bed.ok("s3", "GetBucketVersioning", json!({"Bucket": "bucket"}))["Status"], "Enabled");
    assert_eq!(bed.ok("s3", "GetBucketTagging", json!({"Bucket": "bucket"}))["TagSet"][0]["Value"], "<prod>");
    assert!(bed.ok("s3", "GetBucketLocation", json!({"Bucket": "bucket"}))["LocationConstraint"].is_string());
    bed.ok("s3", "GetBucketAcl", json!({"Bucket": "bucket"}));
    bed.ok("s3", "ListBuckets", json!({}));
    let error = bed.call("s3", "GetBucketPolicy", json!({"Bucket": "bucket"})).unwrap_err();
    assert_eq!(error.code, "NoSuchBucketPolicy");
    let error = bed.call("s3", "HeadObject", json!({"Bucket": "bucket", "Key": "nope"})).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("404", 404));
}

fn identity(bed: &mut Bed) {
    let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#;
    bed.ok("iam", "CreateRole", json!({"RoleName": "role", "AssumeRolePolicyDocument": trust}));
    bed.ok("iam", "PutRolePolicy", json!({"RoleName": "role", "PolicyName": "p", "PolicyDocument": policy}));
    let role = bed.ok("iam", "GetRole", json!({"RoleName": "role"}));
    assert_eq!(role["Role"]["RoleName"], "role");
    assert_eq!(bed.ok("iam", "ListRolePolicies", json!({"RoleName": "role"}))["PolicyNames"], json!(["p"]));
    bed.ok("iam", "GetRolePolicy", json!({"RoleName": "role", "PolicyName": "p"}));
    bed.ok("iam", "ListUsers", json!({}));
    bed.ok("iam", "ListPolicies", json!({"Scope": "AWS", "MaxItems": 5}));
    let error = bed.call("iam", "GetRole", json!({"RoleName": "nope"})).unwrap_err();
    assert_eq!(error.code, "NoSuchEntity");
    assert_eq!(bed.ok("sts", "GetCallerIdentity", json!({}))["Account"], "123456789012");
    let key = bed.ok("kms", "CreateKey", json!({"Description": "d"}))["KeyMetadata"]["KeyId"].clone();
    let key = bed.ok("kms", "DescribeKey", json!({"KeyId": key}));
    assert_eq!(key["KeyMetadata"]["Enabled"], true);
    bed.ok("kms", "ListKeys", json!({}));
    bed.ok("kms", "ListAliases", json!({}));
    bed.ok("secretsmanager", "CreateSecret", json!({"Name": "s", "SecretBinary": "AP8=", "ClientRequestToken": "0123456789abcdef0123456789abcdef"}));
    let secret = bed.ok("secretsmanager", "DescribeSecret", json!({"SecretId": "s"}));
    assert_eq!(secret["Name"], "s");
    assert_eq!(bed.ok("secretsmanager", "GetSecretValue", json!({"SecretId": "s"}))["SecretBinary"], "AP8=");
    bed.ok("secretsmanager", "ListSecrets", json!({}));
    let error = bed.call("secretsmanager", "DescribeSecret", json!({"SecretId": "nope"})).unwrap_err();
    assert_eq!(error.code, "ResourceNotFoundException");
}

fn table(bed: &mut Bed) {
    let create = json!({
        "TableName": "t", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    });
    bed.ok("dynamodb", "CreateTable", create);
    let item = json!({"k": {"S": "a"}, "b": {"B": "AP8="}, "n": {"N": "1.50"}, "l": {"L": [{"NULL": true}]}});
    bed.ok("dynamodb", "PutItem", json!({"TableName": "t", "Item": item}));
    let found = bed.ok("dynamodb", "GetItem", json!({"TableName": "t", "Key": {"k": {"S": "a"}}}));
    assert_eq!(found["Item"], item);
    let table = bed.ok("dynamodb", "DescribeTable", json!({"TableName": "t"}));
    assert_eq!(table["Table"]["ItemCount"], 1);
    assert!(table["Table"]["CreationDateTime"].as_str().unwrap().ends_with('Z'));
    bed.ok("dynamodb", "DescribeContinuousBackups", json!({"TableName": "t"}));
    bed.ok("dynamodb", "ListBackups", json!({}));
    let error = bed.call("dynamodb", "DescribeTable", json!({"TableName": "nope"})).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ResourceNotFoundException", 400));
    bed.ok("logs", "CreateLogGroup", json!({"logGroupName": "g"}));
    bed.ok("logs", "DescribeLogGroups", json!({}));
    bed.ok("lambda", "ListFunctions", json!({}));
    let error = bed.call("lambda", "GetFunction", json!({"FunctionName": "nope"})).unwrap_err();
    assert_eq!((error.code.as_str(), error.status), ("ResourceNotFoundException", 404));
}

fn names_and_trails(bed: &mut Bed) {
    let zone =
        json!({"Name": "example.org.", "CallerReference": "1", "HostedZoneConfig": {"Comment": "a & b"}});
    let zone = bed.ok("route53", "CreateHostedZone", zone)["HostedZone"]["Id"].clone();
    let zone = zone.as_str().unwrap().trim_start_matches("/hostedzone/").to_owned();
    let change = json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": [{
        "Action": "CREATE",
        "ResourceRecordSet": {"Name": "www.example.org.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]},
    }]}});
    bed.ok("route53", "ChangeResourceRecordSets", change);
    let records = bed.ok("route53", "ListResourceRecordSets", json!({"HostedZoneId": zone}));
    let records = records["ResourceRecordSets"].as_array().unwrap();
    assert!(records.iter().any(|one| one["Name"] == "www.example.org." && one["TTL"] == 60));
    let found = bed.ok("route53", "GetHostedZone", json!({"Id": zone}));
    assert_eq!(found["HostedZone"]["Config"]["Comment"], "a & b");
    bed.ok("route53", "ListHostedZones", json!({}));
    let error = bed.call("route53", "GetHostedZone", json!({"Id": "nope"})).unwrap_err();
    assert_eq!(error.code, "NoSuchHostedZone");
    bed.ok("cloudtrail", "CreateTrail", json!({"Name": "trail", "S3BucketName": "bucket"}));
    assert_eq!(bed.ok("cloudtrail", "DescribeTrails", json!({}))["trailList"][0]["Name"], "trail");
    bed.ok("cloudtrail", "GetTrailStatus", json!({"Name": "trail"}));
    let alarm = json!({
        "AlarmName": "a", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "m",
        "Namespace": "n", "Period": 60, "Statistic": "Sum", "Threshold": 1.5,
    });
    bed.ok("cloudwatch", "PutMetricAlarm", alarm);
    let alarms = bed.ok("cloudwatch", "DescribeAlarms", json!({}));
    assert_eq!(alarms["MetricAlarms"][0]["Threshold"], 1.5);
}

/// Every read without required parameters of the services that moto knows.
#[test]
fn reads_of_whatever_moto_has() {
    const SERVICES: [&str; 44] = [
        "acm",
        "apigateway",
        "apigatewayv2",
        "applicationautoscaling",
        "athena",
        "autoscaling",
        "backup",
        "batch",
        "cloudformation",
        "cloudfront",
        "cloudtrail",
        "cloudwatch",
        "codebuild",
        "cognito-idp",
        "config",
        "dms",
        "ds",
        "dynamodb",
        "ebs",
        "ec2",
        "ecr",
        "ecs",
        "efs",
        "eks",
        "elasticache",
        "elasticbeanstalk",
        "elb",
        "elbv2",
        "emr",
        "events",
        "firehose",
        "glue",
        "guardduty",
        "iam",
        "kinesis",
        "kms",
        "lambda",
        "logs",
        "rds",
        "redshift",
        "route53",
        "secretsmanager",
        "sns",
        "ssm",
    ];
    let mut bed = Bed::start();
    let mut faults = Vec::new();
    for name in SERVICES {
        let Some(service) = interlock_reader_aws::catalogue::Catalogue::get().service(name) else { continue };
        for operation in &service.operations {
            let input = service.input(operation);
            let free = input.is_none_or(|input| input.members.iter().all(|member| !member.required));
            if !matches!(operation.access, Access::Read | Access::List) || !free {
                continue;
            }
            for protocol in &service.protocols {
                let Some(answer) = bed.moto.call(&service, operation, *protocol, &json!({})) else {
                    println!("{name} {} {protocol:?}: moto does not answer", operation.name);
                    continue;
                };
                let (status, headers, body) = (answer.status, &answer.headers, &answer.body);
                let read = read_answer(&service, operation, *protocol, status, headers, body);
                if let Some(why) = bed.differs(&service, operation, *protocol, &answer, &read) {
                    faults.push(format!(
                        "{name} {} {protocol:?}: {}",
                        operation.name,
                        why.chars().take(400).collect::<String>()
                    ));
                }
            }
        }
    }
    println!("{} answers and {} errors compared with botocore's reading", bed.compared, bed.errors);
    faults.iter().for_each(|fault| println!("{fault}"));
    assert!(bed.compared >= 240, "{}", bed.compared);
    assert!(faults.is_empty(), "{} differ", faults.len());
}
