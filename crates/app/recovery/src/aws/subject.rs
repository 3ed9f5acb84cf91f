//! What a change writes, under one name: whichever request writes it, and however it calls the thing.
//!
//! A name is the family of the way, the thing's ARN, as the reader tells it from an id, a name or an ARN, and the part of the
//! thing that is written, where a way writes one part only. Where a request leaves a part of the ARN open, the reader has a `*`
//! for it. Ways that keep the same members of a thing are one family.

use std::collections::BTreeSet;

use interlock_action::{Deed, Kind, Relation, Target};
use interlock_reader_aws::record_name;
use serde_json::Value;

use super::way::at;

/// Ways whose state is a part of another's.
const FAMILIES: [(&str, &str); 14] = [
    ("acm/certificate-options", "acm/certificate"),
    ("efs/lifecycle", "efs/file-system"),
    ("efs/backup-policy", "efs/file-system"),
    ("cloudformation/deleted-stack", "cloudformation/stack"),
    ("cognito-idp/deleted-user-pool", "cognito-idp/user-pool"),
    ("eks/cluster-config", "eks/cluster"),
    ("lambda/code", "lambda/function"),
    ("lambda/configuration", "lambda/function"),
    ("opensearch/domain-config", "opensearch/domain"),
    ("s3/acl", "s3/objects"),
    ("autoscaling/processes", "autoscaling/group"),
    ("cloudwatch/alarm-actions", "cloudwatch/alarm"),
    ("dynamodb/index", "dynamodb/table-settings"),
    // All properties of a resource, whatever else writes them.
    ("cloudcontrol/resource", "*"),
];

/// Ways that write one part of a thing, or several: where the request names them, one pointer a step, `*` for each element.
/// Several places name one part together.
const PARTS: [(&str, &[&str]); 17] = [
    ("iam/access-key", &["/AccessKeyId"]),
    ("iam/inline-policy", &["/PolicyName"]),
    ("iam/attached-policy", &["/PolicyArn"]),
    ("iam/membership", &["/GroupName", "/UserName", "/InstanceProfileName", "/RoleName"]),
    ("lambda/alias", &["/Name"]),
    ("lambda/permission", &["/StatementId", "/Qualifier"]),
    ("logs/subscription", &["/filterName"]),
    ("ec2/route", &["/DestinationCidrBlock", "/DestinationIpv6CidrBlock", "/DestinationPrefixListId"]),
    ("ec2/network-acl-entry", &["/RuleNumber", "/Egress"]),
    ("ec2/tags", &["/Tags/*/Key"]),
    ("elbv2/targets", &["/Targets/*/Id"]),
    ("elbv2/attributes", &["/Attributes/*/Key"]),
    ("sns/topic-attribute", &["/AttributeName"]),
    ("rds/parameters", &["/Parameters/*/ParameterName"]),
    ("route53/records", &["/ChangeBatch/Changes/*/ResourceRecordSet/Name"]),
    ("rds/snapshot-sharing", &["/AttributeName"]),
    ("rds/cluster-snapshot-sharing", &["/AttributeName"]),
];

/// What the way writes; `reads` are the keys of the reads that told its state.
pub(super) fn about(way: &str, deed: &Deed, reads: &BTreeSet<String>) -> Vec<String> {
    let family = FAMILIES.iter().find(|(one, _)| *one == way).map_or(way, |known| known.1);
    // All properties are every part.
    let parts = if family == "*" { vec!["*".to_owned()] } else { parts(way, deed, reads) };
    let written = |target: &&Target| matches!(target.relation, Relation::Acts | Relation::Creates);
    let things = deed.targets.iter().filter(written).flat_map(things);
    things.flat_map(|thing| parts.iter().map(move |part| format!("{family} {thing} {part}"))).collect()
}

/// The names of a target.
fn things(target: &Target) -> Vec<String> {
    let id = target.id.as_str();
    match target.kind {
        // A key may hold any sign, and leaves nothing open.
        Kind::Object => vec![plain(id)],
        // A secret's ARN ends in six signs that its name does not tell.
        Kind::Secret => vec![id.to_owned(), format!("{id}-??????")],
        _ => [vec![id.to_owned()], under_its_service(id)].concat(),
    }
}

/// What the thing's own service may call it, where Cloud Control names it by its type or by an ARN with more behind it.
fn under_its_service(id: &str) -> Vec<String> {
    // The first of several identifiers is the ARN, where there is one.
    if let Some((arn, _)) = id.split_once('|').filter(|_| !id.contains(":cloudcontrolapi:")) {
        return vec![arn.to_owned()];
    }
    let Some((service, name)) = id.split_once(":AWS::").and_then(|(_, rest)| {
        let (service, rest) = rest.split_once("::")?;
        Some((service.to_ascii_lowercase(), rest.split_once('/')?.1))
    }) else {
        return Vec::new();
    };
    // A queue is named by its address.
    let name = match name.split_once("://") {
        Some((_, address)) => address.rsplit('/').next().unwrap_or(address),
        None => name,
    };
    let name = plain(name).replace('|', "*");
    [":", "/"].iter().map(|border| format!("arn:*:{service}:*{border}{name}")).collect()
}

/// A text that leaves nothing open, whatever an agent has written in it.
fn plain(text: &str) -> String {
    text.replace('*', "%2A").replace('?', "%3F")
}

/// The parts of the things that are written; of a way that writes the whole thing a single one.
fn parts(way: &str, deed: &Deed, reads: &BTreeSet<String>) -> Vec<String> {
    match way {
        // Each setting has a read of its own.
        "s3/bucket-settings" => {
            reads.iter().filter_map(|key| key.split(' ').nth(1)).map(str::to_owned).collect()
        }
        "dynamodb/items" => reads.iter().filter_map(|key| item(key)).collect(),
        _ => match PARTS.iter().find(|(one, _)| *one == way) {
            Some((_, places)) => named(deed, places),
            None => vec![String::new()],
        },
    }
}

/// The key of an item, from the read of it. Its table, by name or ARN, is the thing.
fn item(read: &str) -> Option<String> {
    let arguments = read.strip_prefix("undo dynamodb:GetItem ")?;
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let key = at(&arguments, "/Key").as_object()?;
    let mut members: Vec<String> = key.iter().map(|(name, value)| format!("{name}={value}")).collect();
    members.sort();
    Some(plain(&members.join(" ")))
}

/// The parts that a request names; whatever there is, where it names none.
fn named(deed: &Deed, places: &[&str]) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    for place in places {
        let found = match place.split_once("/*") {
            None => vec![at(&deed.arguments, place)],
            Some((all, rest)) => {
                let all = at(&deed.arguments, all).as_array().map_or(&[][..], Vec::as_slice);
                all.iter().map(|one| at(one, rest)).collect()
            }
        };
        let texts = found.into_iter().filter(|value| !value.is_null()).map(|value| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            plain(&if place.ends_with("ResourceRecordSet/Name") { record_name(&text) } else { text })
        });
        let texts: Vec<String> = texts.collect();
        if !texts.is_empty() {
            parts = parts
                .iter()
                .flat_map(|part| texts.iter().map(move |text| format!("{part}/{text}")))
                .collect();
        }
    }
    if parts == [""] { vec!["*".to_owned()] } else { parts }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Answers, Deed, Sealer, Securing};
    use interlock_flow::{Undo as _, overlap};
    use interlock_reader_aws::{catalogue::Catalogue, judge};
    use serde_json::{Value, json};

    use super::super::AwsUndo;

    fn about((what, arguments): &(&str, Value)) -> Vec<String> {
        let (service, verb) = what.split_once(':').unwrap();
        let service = Catalogue::get().service(service).unwrap();
        let operation = service.operation(verb).unwrap();
        let action = judge(&service, operation, Some("us-east-1"), Some("123456789012"), arguments);
        let deed = Deed::of(&action, &Securing::NotNeeded, &Sealer::new([7; 32]));
        // A table has one key here.
        let schema = json!({"Table": {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}});
        let mut answers = Answers::new();
        for _ in 0..2 {
            for read in AwsUndo.reads(&deed, &answers) {
                let told = read.call.operation.verb() == "DescribeTable";
                answers.insert(read.key, if told { Answer::Found(schema.clone()) } else { Answer::NotFound });
            }
        }
        let about = AwsUndo.about(&deed, &answers.into_keys().collect());
        assert!(!about.is_empty(), "{what} has no way");
        about
    }

    /// An operation, and what it is asked with.
    type Asked = (&'static str, Value);

    /// Requests that write one thing, which each calls otherwise.
    fn pairs() -> Vec<(Asked, Asked)> {
        let arn = |service: &str, rest: &str| format!("arn:aws:{service}:us-east-1:123456789012:{rest}");
        vec![
            (
                ("kms:DisableKey", json!({"KeyId": "1-2-3-4-5"})),
                ("kms:ScheduleKeyDeletion", json!({"KeyId": arn("kms", "key/1-2-3-4-5")})),
            ),
            (
                ("s3:PutObject", json!({"Bucket": "files", "Key": "a/b"})),
                (
                    "s3:DeleteObjects",
                    json!({"Bucket": "files", "Delete": {"Objects": [{"Key": "x"}, {"Key": "a/b"}]}}),
                ),
            ),
            (
                ("s3:PutObject", json!({"Bucket": "files", "Key": "a"})),
                ("s3:PutObjectAcl", json!({"Bucket": "files", "Key": "a", "ACL": "private"})),
            ),
            (
                ("dynamodb:UpdateTable", json!({"TableName": "t", "BillingMode": "PAY_PER_REQUEST"})),
                (
                    "dynamodb:UpdateTable",
                    json!({"TableName": arn("dynamodb", "table/t"), "TableClass": "STANDARD"}),
                ),
            ),
            (
                ("lambda:UpdateFunctionConfiguration", json!({"FunctionName": "f", "Timeout": 3})),
                (
                    "lambda:UpdateFunctionConfiguration",
                    json!({"FunctionName": arn("lambda", "function:f"), "Timeout": 4}),
                ),
            ),
            (
                ("lambda:UpdateFunctionCode", json!({"FunctionName": "f", "ImageUri": "r/web:v2"})),
                ("lambda:DeleteFunction", json!({"FunctionName": arn("lambda", "function:f")})),
            ),
            (
                (
                    "opensearch:UpdateDomainConfig",
                    json!({"DomainName": "d", "SnapshotOptions": {"AutomatedSnapshotStartHour": 3}}),
                ),
                ("es:DeleteElasticsearchDomain", json!({"DomainName": "d"})),
            ),
            (
                ("secretsmanager:PutSecretValue", json!({"SecretId": "my-secret", "SecretString": "x"})),
                (
                    "secretsmanager:UpdateSecret",
                    json!({"SecretId": arn("secretsmanager", "secret:my-secret-aB3dE6"), "Description": "x"}),
                ),
            ),
            (
                ("ecs:UpdateService", json!({"cluster": "main", "service": "web", "desiredCount": 1})),
                (
                    "ecs:UpdateService",
                    json!({"cluster": arn("ecs", "cluster/main"), "service": arn("ecs", "service/main/web"), "desiredCount": 2}),
                ),
            ),
            (
                (
                    "cognito-idp:UpdateUserPool",
                    json!({"UserPoolId": "us-east-1_a", "MfaConfiguration": "ON"}),
                ),
                ("cognito-idp:DeleteUserPool", json!({"UserPoolId": "us-east-1_a"})),
            ),
            (
                ("efs:PutLifecycleConfiguration", json!({"FileSystemId": "fs-1", "LifecyclePolicies": []})),
                (
                    "efs:DeleteFileSystem",
                    json!({"FileSystemId": arn("elasticfilesystem", "file-system/fs-1")}),
                ),
            ),
            (
                (
                    "cloudwatch:PutMetricAlarm",
                    json!({"AlarmName": "cpu", "MetricName": "m", "Namespace": "n", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}),
                ),
                ("cloudwatch:DisableAlarmActions", json!({"AlarmNames": ["cpu", "disk"]})),
            ),
        ]
    }

    /// The same, where one of them goes by Cloud Control.
    fn by_cloud_control() -> Vec<(Asked, Asked)> {
        let update = |kind: &str, id: &str| {
            let arguments = json!({"TypeName": kind, "Identifier": id, "PatchDocument": "[]"});
            ("cloudcontrol:UpdateResource", arguments)
        };
        let queue = "https://sqs.us-east-1.amazonaws.com/123456789012/jobs";
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-aB3dE6";
        let service = "arn:aws:ecs:us-east-1:123456789012:service/main/web|main";
        vec![
            (
                update("AWS::ECS::Service", service),
                ("ecs:UpdateService", json!({"cluster": "main", "service": "web", "desiredCount": 1})),
            ),
            (
                update("AWS::SecretsManager::Secret", secret),
                ("secretsmanager:PutSecretValue", json!({"SecretId": "db", "SecretString": "x"})),
            ),
            (
                update("AWS::SQS::Queue", queue),
                ("sqs:SetQueueAttributes", json!({"QueueUrl": queue, "Attributes": {"DelaySeconds": "1"}})),
            ),
        ]
    }

    #[test]
    fn one_thing_has_one_subject_however_it_is_called() {
        for (one, other) in pairs().iter().chain(&by_cloud_control()) {
            let (first, second) = (about(one), about(other));
            assert!(overlap(&first, &second) && overlap(&second, &first), "{first:?}\n{second:?}");
        }
    }

    /// Otherwise what many writers do beside each other would be no one's.
    #[test]
    fn things_beside_each_other_have_subjects_of_their_own() {
        let pairs = [
            (
                ("s3:PutObject", json!({"Bucket": "files", "Key": "a"})),
                ("s3:PutObject", json!({"Bucket": "files", "Key": "*"})),
            ),
            (
                ("ecs:UpdateService", json!({"cluster": "main", "service": "web", "desiredCount": 1})),
                ("ecs:UpdateService", json!({"cluster": "main", "service": "api", "desiredCount": 1})),
            ),
            (
                (
                    "cloudcontrol:UpdateResource",
                    json!({"TypeName": "AWS::SQS::Queue", "Identifier": "https://sqs.us-east-1.amazonaws.com/123456789012/jobs", "PatchDocument": "[]"}),
                ),
                (
                    "sqs:SetQueueAttributes",
                    json!({"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/old-jobs", "Attributes": {"DelaySeconds": "1"}}),
                ),
            ),
            (
                ("s3:PutBucketPolicy", json!({"Bucket": "files", "Policy": "{}"})),
                ("s3:PutBucketPolicy", json!({"Bucket": "files-2", "Policy": "{}"})),
            ),
            (
                ("s3:PutBucketPolicy", json!({"Bucket": "files", "Policy": "{}"})),
                ("s3:PutBucketTagging", json!({"Bucket": "files", "Tagging": {"TagSet": []}})),
            ),
            (
                ("dynamodb:PutItem", json!({"TableName": "t", "Item": {"id": {"S": "a"}}})),
                ("dynamodb:PutItem", json!({"TableName": "t", "Item": {"id": {"S": "b"}}})),
            ),
            (
                ("iam:PutRolePolicy", json!({"RoleName": "r", "PolicyName": "one", "PolicyDocument": "{}"})),
                ("iam:PutRolePolicy", json!({"RoleName": "r", "PolicyName": "*", "PolicyDocument": "{}"})),
            ),
            (
                ("lambda:UpdateAlias", json!({"FunctionName": "f", "Name": "live"})),
                ("lambda:UpdateFunctionConfiguration", json!({"FunctionName": "f", "Timeout": 3})),
            ),
        ];
        for (one, other) in &pairs {
            let (first, second) = (about(one), about(other));
            assert!(!overlap(&first, &second), "{first:?}\n{second:?}");
        }
    }
}
