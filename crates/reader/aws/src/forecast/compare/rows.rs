//! The settings that are compared, one row a request.

use interlock_action::Action;
use serde_json::{Value, json};

use super::{
    super::answer::{Live, entries, flag, given, number, text},
    notification,
    settings::{Setting, compared},
};
use crate::rules::facts;

fn by_bucket(action: &Action) -> Option<Value> {
    Some(json!({ "Bucket": given(action, "Bucket")? }))
}

fn notifications_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let new = action.arguments.get("NotificationConfiguration").unwrap_or(&Value::Null);
    compared(answer, |answer| Some(!notification::keeps(new, answer)))
}

fn block_loosened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let flags = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"];
    compared(answer, |answer| {
        Some(flags.iter().any(|name| {
            let pointer = format!("/PublicAccessBlockConfiguration/{name}");
            flag(answer, &pointer) == Some(true) && flag(&action.arguments, &pointer) != Some(true)
        }))
    })
}

fn lock_weakened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
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
    answer.found().and_then(|answer| {
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
    answer.found().map(|answer| asked.is_none() || asked != parsed(text(answer, "/Policy")))
}

/// Whether one of the parameters is a secret one; of one that is not found nothing is known.
fn secret_parameter(action: &Action, answer: &Live<'_>) -> Option<bool> {
    answer.found().and_then(|answer| {
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
    answer.found().map(|_| false)
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
    answer.found().and_then(|answer| {
        let version = answer.pointer("/LaunchTemplateVersions/0/LaunchTemplateData")?;
        Some(version.get("IamInstanceProfile").is_some_and(|profile| !profile.is_null()))
    })
}

/// The rows.
#[rustfmt::skip]
pub(super) const ROWS: &[Setting] = &[
    setting!("s3", "PutBucketPolicy", S3_BUCKET_POLICY_EXISTS, "bucket policy", "/Policy", true,
        |_, answer| compared(answer, |_| Some(true)),
        |action| Some(("s3", "GetBucketPolicy", by_bucket(action)?))),
    setting!("s3", "DeleteBucketPolicy", S3_BUCKET_POLICY_EXISTS, "bucket policy", "/Policy", true,
        |_, answer| compared(answer, |_| Some(true)),
        |action| Some(("s3", "GetBucketPolicy", by_bucket(action)?))),
    setting!("s3", "PutBucketNotificationConfiguration", S3_NOTIFICATION_DROPPED, "notification configuration", "", true,
        notifications_dropped, |action| Some(("s3", "GetBucketNotificationConfiguration", by_bucket(action)?))),
    setting!("s3", "PutPublicAccessBlock", S3_ACCESS_BLOCK_LOOSENED, "public access block", "/PublicAccessBlockConfiguration", true,
        block_loosened, |action| Some(("s3", "GetPublicAccessBlock", by_bucket(action)?))),
    setting!("s3", "DeletePublicAccessBlock", S3_ACCESS_BLOCK_LOOSENED, "public access block", "/PublicAccessBlockConfiguration", true,
        block_loosened, |action| Some(("s3", "GetPublicAccessBlock", by_bucket(action)?))),
    setting!("s3", "PutObjectLockConfiguration", S3_OBJECT_LOCK_WEAKENED, "object lock configuration", "/ObjectLockConfiguration", false,
        lock_weakened, |action| Some(("s3", "GetObjectLockConfiguration", by_bucket(action)?))),
    setting!("s3", "PutBucketReplication", S3_DESTINATION_FOREIGN, "replication destination", "", false,
        foreign, replicated_to),
    setting!("rds", "StartExportTask", S3_DESTINATION_FOREIGN, "export bucket", "", false,
        foreign, |action| own_bucket(action, given(action, "S3BucketName")?)),
    setting!("dynamodb", "ExportTableToPointInTime", S3_DESTINATION_FOREIGN, "export bucket", "", false,
        foreign, |action| own_bucket(action, given(action, "S3Bucket")?)),
    setting!("rds", "ModifyDBParameterGroup", RDS_PARAMETERS_CHANGED, "parameters", "/Parameters", true,
        parameters_changed, parameter_group),
    setting!("rds", "ModifyDBClusterParameterGroup", RDS_PARAMETERS_CHANGED, "parameters", "/Parameters", true,
        parameters_changed, parameter_group),
    setting!("kms", "PutKeyPolicy", KMS_POLICY_CHANGED, "key policy", "/Policy", true,
        policy_changed,
        |action| Some(("kms", "GetKeyPolicy", json!({"KeyId": given(action, "KeyId")?, "PolicyName": "default"})))),
    setting!("ssm", "GetParameter", SSM_PARAMETER_SECRET, "parameter", "", false,
        secret_parameter, parameters_read),
    setting!("ssm", "GetParameters", SSM_PARAMETER_SECRET, "parameters", "", false,
        secret_parameter, parameters_read),
    setting!("ec2", "RunInstances", EC2_TEMPLATE_HAS_PROFILE, "launch template", "", false,
        template_has_profile, template),
    setting!("autoscaling", "CreateAutoScalingGroup", EC2_TEMPLATE_HAS_PROFILE, "launch template", "", false,
        template_has_profile, template),
    setting!("autoscaling", "UpdateAutoScalingGroup", EC2_TEMPLATE_HAS_PROFILE, "launch template", "", false,
        template_has_profile, template),
];
