//! The settings that are compared, one row a request.

use interlock_action::Action;
use serde_json::{Value, json};

use super::{
    super::answer::{Live, entries, flag, number, text},
    notification,
    settings::Setting,
};
use crate::rules::facts;

fn given<'a>(action: &'a Action, member: &str) -> Option<&'a str> {
    action.arguments.get(member)?.as_str()
}

fn by_bucket(action: &Action) -> Option<Value> {
    Some(json!({ "Bucket": given(action, "Bucket")? }))
}

/// A fact that is known only from a found answer; where there is nothing yet it has this value.
fn compared(answer: &Live<'_>, absent: Option<bool>, found: impl Fn(&Value) -> Option<bool>) -> Option<bool> {
    match answer {
        Live::Found(answer) => found(answer),
        Live::Absent => absent,
        Live::Unread(_) => None,
    }
}

fn notifications_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let new = action.arguments.get("NotificationConfiguration").unwrap_or(&Value::Null);
    compared(answer, Some(false), |answer| Some(!notification::keeps(new, answer)))
}

fn block_loosened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let flags = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    compared(answer, Some(false), |answer| {
        Some(flags.iter().any(|name| {
            let pointer = format!("/PublicAccessBlockConfiguration/{name}");
            flag(answer, &pointer) == Some(true) && flag(&action.arguments, &pointer) != Some(true)
        }))
    })
}

fn lock_weakened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, Some(false), |answer| {
        let rule = "/ObjectLockConfiguration/Rule/DefaultRetention";
        let Some(now) = answer.pointer(rule).filter(|now| now.is_object()) else { return Some(false) };
        let Some(new) = action.arguments.pointer(rule).filter(|new| new.is_object()) else {
            return Some(true);
        };
        let days = |of: &Value| {
            number(of, "/Days").or_else(|| number(of, "/Years").map(|years| years.saturating_mul(365)))
        };
        let softer = text(now, "/Mode") == Some("COMPLIANCE") && text(new, "/Mode") != Some("COMPLIANCE");
        Some(softer || days(new) < days(now))
    })
}

fn parameters_changed(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, None, |answer| {
        let now = answer.get("Parameters")?.as_array()?;
        let same = |asked: &Value| {
            let name = text(asked, "/ParameterName");
            let present = now.iter().find(|one| text(one, "/ParameterName") == name);
            present.is_some_and(|one| one.get("ParameterValue") == asked.get("ParameterValue"))
        };
        Some(!entries(&action.arguments, "/Parameters").iter().all(same))
    })
}

fn parameter_group(action: &Action) -> Option<(&'static str, &'static str, Value)> {
    // Only what somebody set is listed: a parameter that is not has its engine's default, which is another value.
    if let Some(group) = given(action, "DBClusterParameterGroupName") {
        let arguments = json!({"DBClusterParameterGroupName": group, "Source": "user"});
        return Some(("rds", "DescribeDBClusterParameters", arguments));
    }
    let group = given(action, "DBParameterGroupName")?;
    Some(("rds", "DescribeDBParameters", json!({"DBParameterGroupName": group, "Source": "user"})))
}

fn policy_changed(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let parsed = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let asked = parsed(given(action, "Policy"));
    compared(answer, None, |answer| Some(asked.is_none() || asked != parsed(text(answer, "/Policy"))))
}

/// Whether one of the parameters is a secret one; of one that is not found nothing is known.
fn secret_parameter(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, None, |answer| {
        let found = answer.get("Parameters")?.as_array()?;
        let names = asked_parameters(action);
        let plain = |name: &&str| {
            let known = found.iter().find(|one| text(one, "/Name") == Some(*name));
            known
                .and_then(|one| text(one, "/Type"))
                .is_some_and(|kind| ["String", "StringList"].contains(&kind))
        };
        Some(names.is_empty() || !names.iter().all(plain))
    })
}

/// The names of the parameters that a request asks for, without versions and labels.
fn asked_parameters(action: &Action) -> Vec<&str> {
    let several = entries(&action.arguments, "/Names").iter().filter_map(Value::as_str);
    let all = given(action, "Name").into_iter().chain(several);
    all.map(|name| if name.starts_with("arn:") { name } else { name.split(':').next().unwrap_or(name) })
        .collect()
}

fn parameters_read(action: &Action) -> Option<(&'static str, &'static str, Value)> {
    let names = asked_parameters(action);
    if names.is_empty() {
        return None;
    }
    let filter = json!([{"Key": "Name", "Option": "Equals", "Values": names}]);
    Some(("ssm", "DescribeParameters", json!({ "ParameterFilters": filter, "MaxResults": 50 })))
}

/// A bucket that the answer to a HEAD with the expected owner proves to be the account's own.
fn own_bucket(action: &Action, bucket: &str) -> Option<(&'static str, &'static str, Value)> {
    let account = action.account.as_ref()?;
    let name = bucket.strip_prefix("arn:aws:s3:::").unwrap_or(bucket);
    Some(("s3", "HeadBucket", json!({"Bucket": name, "ExpectedBucketOwner": account})))
}

fn foreign(_action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, None, |_| Some(false))
}

fn replicated_to(action: &Action) -> Option<(&'static str, &'static str, Value)> {
    let rules = entries(&action.arguments, "/ReplicationConfiguration/Rules");
    let mut buckets: Vec<&str> = rules.iter().filter_map(|rule| text(rule, "/Destination/Bucket")).collect();
    buckets.dedup();
    match buckets.as_slice() {
        [one] => own_bucket(action, one),
        // Several destinations are not looked at one by one: the fact stays unknown.
        _ => None,
    }
}

fn template(action: &Action) -> Option<(&'static str, &'static str, Value)> {
    let given = |pointer: &str| text(&action.arguments, pointer);
    let version = given("/LaunchTemplate/Version").unwrap_or("$Default");
    let id = given("/LaunchTemplate/LaunchTemplateId").map(|id| ("LaunchTemplateId", id));
    let (member, value) =
        id.or_else(|| given("/LaunchTemplate/LaunchTemplateName").map(|name| ("LaunchTemplateName", name)))?;
    Some(("ec2", "DescribeLaunchTemplateVersions", json!({ member: value, "Versions": [version] })))
}

fn template_has_profile(_action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, None, |answer| {
        let version = answer.pointer("/LaunchTemplateVersions/0/LaunchTemplateData")?;
        Some(version.get("IamInstanceProfile").is_some_and(|profile| !profile.is_null()))
    })
}

macro_rules! setting {
    ($service:literal, $operation:literal, $fact:ident $worst:literal, $words:literal, $shown:literal, $exact:literal, $judge:expr, $read:expr) => {
        Setting {
            service: $service,
            operation: $operation,
            read: $read,
            fact: (facts::$fact, $worst),
            judge: $judge,
            words: $words,
            shown: $shown,
            exact: $exact,
        }
    };
}

/// The rows.
pub(super) const ROWS: &[Setting] = &[
    setting!("s3", "PutBucketPolicy", S3_BUCKET_POLICY_EXISTS true, "bucket policy", "/Policy", true,
        |_, answer| compared(answer, Some(false), |_| Some(true)),
        |action| Some(("s3", "GetBucketPolicy", by_bucket(action)?))),
    setting!("s3", "DeleteBucketPolicy", S3_BUCKET_POLICY_EXISTS true, "bucket policy", "/Policy", true,
        |_, answer| compared(answer, Some(false), |_| Some(true)),
        |action| Some(("s3", "GetBucketPolicy", by_bucket(action)?))),
    setting!("s3", "PutBucketNotificationConfiguration", S3_NOTIFICATION_DROPPED true, "notification configuration", "", true,
        notifications_dropped, |action| Some(("s3", "GetBucketNotificationConfiguration", by_bucket(action)?))),
    setting!("s3", "PutPublicAccessBlock", S3_ACCESS_BLOCK_LOOSENED true, "public access block", "/PublicAccessBlockConfiguration", true,
        block_loosened, |action| Some(("s3", "GetPublicAccessBlock", by_bucket(action)?))),
    setting!("s3", "DeletePublicAccessBlock", S3_ACCESS_BLOCK_LOOSENED true, "public access block", "/PublicAccessBlockConfiguration", true,
        block_loosened, |action| Some(("s3", "GetPublicAccessBlock", by_bucket(action)?))),
    setting!("s3", "PutObjectLockConfiguration", S3_OBJECT_LOCK_WEAKENED true, "object lock configuration", "/ObjectLockConfiguration", false,
        lock_weakened, |action| Some(("s3", "GetObjectLockConfiguration", by_bucket(action)?))),
    setting!("s3", "PutBucketReplication", S3_DESTINATION_FOREIGN true, "replication destination", "", false,
        foreign, replicated_to),
    setting!("rds", "StartExportTask", S3_DESTINATION_FOREIGN true, "export bucket", "", false,
        foreign, |action| own_bucket(action, given(action, "S3BucketName")?)),
    setting!("dynamodb", "ExportTableToPointInTime", S3_DESTINATION_FOREIGN true, "export bucket", "", false,
        foreign, |action| own_bucket(action, given(action, "S3Bucket")?)),
    setting!("rds", "ModifyDBParameterGroup", RDS_PARAMETERS_CHANGED true, "parameters", "/Parameters", true,
        parameters_changed, parameter_group),
    setting!("rds", "ModifyDBClusterParameterGroup", RDS_PARAMETERS_CHANGED true, "parameters", "/Parameters", true,
        parameters_changed, parameter_group),
    setting!("kms", "PutKeyPolicy", KMS_POLICY_CHANGED true, "key policy", "/Policy", true,
        policy_changed,
        |action| Some(("kms", "GetKeyPolicy", json!({"KeyId": given(action, "KeyId")?, "PolicyName": "default"})))),
    setting!("ssm", "GetParameter", SSM_PARAMETER_SECRET true, "parameter", "", false,
        secret_parameter, parameters_read),
    setting!("ssm", "GetParameters", SSM_PARAMETER_SECRET true, "parameters", "", false,
        secret_parameter, parameters_read),
    setting!("ec2", "RunInstances", EC2_TEMPLATE_HAS_PROFILE true, "launch template", "", false,
        template_has_profile, template),
];
