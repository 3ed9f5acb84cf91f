//! Requests that write a thing anew as a whole, or a size or a time of it: what of the present one is given up.
//!
//! Rows like those beside, for the services that have no forecaster of their own.

use interlock_action::Action;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    super::answer::{Live, entries, given, number, text},
    diff,
    settings::{Setting, compared},
};
use crate::rules::facts;

type Reads = Option<(&'static str, &'static str, Value)>;

/// Whether every entry of the present list stands, as it is, in the new one.
fn keeps_all(new: &[Value], now: &[Value]) -> bool {
    now.iter().all(|one| new.contains(one))
}

/// Whether the new value has all that the present one has, with the same content. Members that hold nothing count as
/// left out; what is new beside does not matter.
fn keeps(new: Option<&Value>, now: &Value) -> bool {
    match (new, now) {
        (_, Value::Null) => true,
        (None, now) => is_nothing(now),
        (Some(Value::Object(new)), Value::Object(now)) => {
            now.iter().all(|(name, now)| keeps(new.get(name), now))
        }
        (Some(Value::Array(new)), Value::Array(now)) => keeps_all(new, now),
        (Some(new), now) => new == now,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.iter().all(is_nothing),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Bool(true) => false,
    }
}

fn location_changed(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let now = text(answer, "/Table/StorageDescriptor/Location").unwrap_or_default();
        let new = text(&action.arguments, "/TableInput/StorageDescriptor/Location").unwrap_or_default();
        Some(now.trim_end_matches('/') != new.trim_end_matches('/'))
    })
}

/// Settings of a user pool that a request may leave out, and that then fall back.
const POOL: [&str; 12] = [
    "Policies",
    "DeletionProtection",
    "LambdaConfig",
    "AutoVerifiedAttributes",
    "MfaConfiguration",
    "DeviceConfiguration",
    "EmailConfiguration",
    "SmsConfiguration",
    "AdminCreateUserConfig",
    "UserPoolAddOns",
    "AccountRecoverySetting",
    "UserAttributeUpdateSettings",
];

fn pool_reset(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let pool = answer.get("UserPool")?;
        let kept = |member: &&str| match pool.get(member) {
            None => true,
            // These say that nothing is set.
            Some(Value::String(now)) if ["OFF", "INACTIVE"].contains(&now.as_str()) => true,
            Some(now) => keeps(action.arguments.get(member), now),
        };
        Some(!POOL.iter().all(kept))
    })
}

fn distribution_changed(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let now = answer.get("DistributionConfig")?;
        let new = action.arguments.get("DistributionConfig")?;
        let members = [
            "Origins",
            "OriginGroups",
            "DefaultCacheBehavior",
            "CacheBehaviors",
            "Aliases",
            "ViewerCertificate",
            "WebACLId",
            "Logging",
            "Restrictions",
        ];
        let origins = |of: &Value| -> Vec<String> {
            let items = entries(of, "/Origins/Items").iter();
            items.filter_map(|origin| text(origin, "/DomainName").map(str::to_owned)).collect()
        };
        Some(
            members.iter().any(|member| now.get(member).is_some_and(|now| !keeps(new.get(member), now)))
                || origins(now) != origins(new),
        )
    })
}

fn firewall_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let now = answer.get("WebACL")?;
        let opened = now.pointer("/DefaultAction/Block").is_some()
            && action.arguments.pointer("/DefaultAction/Block").is_none();
        let (new, now_rules) = (entries(&action.arguments, "/Rules"), entries(now, "/Rules"));
        // What no rule decides the default does, as if it were the last one.
        let blocks = now.pointer("/DefaultAction/Block").is_some();
        let before = |rule: &Value| {
            let of = |rule: &Value| number(rule, "/Priority");
            blocks || now_rules.iter().any(|one| of(one).is_none() || of(rule) < of(one))
        };
        let passes = |rule: &&Value| !now_rules.contains(rule) && lets_through(rule) && before(rule);
        Some(opened || !keeps_all(new, now_rules) || new.iter().any(|rule| passes(&rule)))
    })
}

/// Whether a rule of a firewall may keep a request from the rules after it, or change what they see of it, but for
/// keeping it out. Of a group's rules only those are known that AWS manages, as long as none is overridden.
fn lets_through(rule: &Value) -> bool {
    let has = |pointer: &str| rule.pointer(pointer).is_some_and(|value| !value.is_null());
    let listed = |pointer: &str| !entries(rule, pointer).is_empty();
    if has("/Action") {
        return !has("/Action/Block") && (!has("/Action/Count") || listed("/RuleLabels"));
    }
    let managed = "/Statement/ManagedRuleGroupStatement";
    text(rule, &format!("{managed}/VendorName")) != Some("AWS")
        || listed(&format!("{managed}/RuleActionOverrides"))
        || listed(&format!("{managed}/ExcludedRules"))
}

/// A group has no default: what none of its rules decides the firewall's next rules do. What gets past those is not to be seen
/// from here, so that wherever in the group a rule stands that lets something through, it may stand before one that stops it.
fn group_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let now = entries(answer.get("RuleGroup")?, "/Rules");
        let new = entries(&action.arguments, "/Rules");
        Some(!keeps_all(new, now) || new.iter().any(|rule| !now.contains(rule) && lets_through(rule)))
    })
}

fn patterns_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        // Nor does a set of patterns say what it is for.
        let now = entries(answer.get("RegexPatternSet")?, "/RegularExpressionList");
        let new = entries(&action.arguments, "/RegularExpressionList");
        Some(!keeps_all(new, now) || !keeps_all(now, new))
    })
}

fn addresses_dropped(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        // What a set is for, to let in or to keep out, it does not say: one that grows may let in more.
        let (new, now) =
            (entries(&action.arguments, "/Addresses"), entries(answer.get("IPSet")?, "/Addresses"));
        Some(!keeps_all(new, now) || !keeps_all(now, new))
    })
}

fn tag_moves(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let manifest = given(action, "imageManifest")?;
    let hex: String = Sha256::digest(manifest.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    compared(answer, |answer| {
        let images = answer.get("imageDetails")?.as_array()?;
        Some(images.iter().any(|image| text(image, "/imageDigest") != Some(&format!("sha256:{hex}"))))
    })
}

/// Members of an alarm that say what it watches and whom it tells. The threshold is looked at by itself.
const WATCHES: [&str; 18] = [
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "ComparisonOperator",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
    "ThresholdMetricId",
    "AlarmRule",
    "OKActions",
    "AlarmActions",
    "InsufficientDataActions",
];

fn alarm_loosened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let alarms = entries(answer, "/MetricAlarms").iter().chain(entries(answer, "/CompositeAlarms"));
        let name = given(action, "AlarmName")?;
        let Some(now) = alarms.into_iter().find(|one| text(one, "/AlarmName") == Some(name)) else {
            return Some(false);
        };
        let new = &action.arguments;
        let silenced = now.get("ActionsEnabled") != Some(&json!(false))
            && new.get("ActionsEnabled") == Some(&json!(false));
        let same = |member: &&str| match (new.get(member), now.get(member)) {
            (None, Some(now)) => is_nothing(now) || now == "missing",
            (Some(new), None) => is_nothing(new) || new == "missing",
            (new, now) => new.map(plain) == now.map(plain),
        };
        Some(silenced || !WATCHES.iter().all(same) || raised(new, now))
    })
}

/// Numbers count by their value, however they are written.
fn plain(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), |number| json!(number))
}

/// Whether the threshold is now further away, or nobody can tell.
fn raised(new: &Value, now: &Value) -> bool {
    let threshold = |of: &Value| of.get("Threshold").and_then(Value::as_f64);
    match (threshold(new), threshold(now)) {
        (None, None) => false,
        (Some(new_one), Some(now_one))
            if text(now, "/ComparisonOperator").is_some_and(|how| how.starts_with("Greater")) =>
        {
            new_one > now_one
        }
        (Some(new_one), Some(now_one))
            if text(now, "/ComparisonOperator")
                .is_some_and(|how| how.starts_with("Less") && !how.contains("Greater")) =>
        {
            new_one < now_one
        }
        (new, now) => new != now,
    }
}

/// Of a rule of events what it waits for: a pattern, a time, or both. How a pattern is written does not matter.
fn rule_changed(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let waits = |of: &Value| {
        let pattern = text(of, "/EventPattern").filter(|pattern| !pattern.is_empty());
        let parsed = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        let time = text(of, "/ScheduleExpression").filter(|time| !time.is_empty()).map(str::to_owned);
        (pattern.map(parsed), time)
    };
    let new: (Option<Value>, Option<String>) = waits(&action.arguments);
    compared(answer, |now| Some(new != waits(now)))
}

fn plan_weakened(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let new = entries(&action.arguments, "/BackupPlan/Rules");
        let kept = |now: &Value| {
            let of = |rule: &&Value| text(rule, "/RuleName") == text(now, "/RuleName");
            new.iter().find(of).is_some_and(|rule| {
                let same =
                    ["ScheduleExpression", "TargetBackupVaultName", "CopyActions", "EnableContinuousBackup"];
                let days = |of: &Value| number(of, "/Lifecycle/DeleteAfterDays").unwrap_or(u64::MAX);
                same.iter().all(|member| keeps(rule.get(member), now.get(member).unwrap_or(&Value::Null)))
                    && days(rule) >= days(now)
            })
        };
        Some(!entries(answer.get("BackupPlan")?, "/Rules").iter().all(kept))
    })
}

fn target_lowered(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let Some(now) = answer.get("ScalableTargets")?.as_array()?.first() else { return Some(false) };
        Some(diff::lowered(
            action,
            now,
            &[("/MinCapacity", "/MinCapacity"), ("/MaxCapacity", "/MaxCapacity")],
        ))
    })
}

fn schedule_lowered(action: &Action, answer: &Live<'_>) -> Option<bool> {
    // What an update leaves out is in the scheduled action that is there.
    action.arguments.get("ScalableTargetAction").filter(|set| !set.is_null())?;
    compared(answer, |answer| {
        let Some(now) = answer.get("ScalableTargets")?.as_array()?.first() else { return Some(false) };
        let (least, most) = ("/ScalableTargetAction/MinCapacity", "/ScalableTargetAction/MaxCapacity");
        let lowered = diff::lowered(action, now, &[(least, "/MinCapacity"), (most, "/MaxCapacity")]);
        let both = [least, most].iter().all(|size| number(&action.arguments, size).is_some());
        (lowered || both).then_some(lowered)
    })
}

fn spot_lowered(action: &Action, answer: &Live<'_>) -> Option<bool> {
    compared(answer, |answer| {
        let now = answer.pointer("/SpotFleetRequestConfigs/0/SpotFleetRequestConfig")?;
        Some(diff::lowered(action, now, &[("/TargetCapacity", "/TargetCapacity")]))
    })
}

fn fleet_lowered(action: &Action, answer: &Live<'_>) -> Option<bool> {
    let total = "/TargetCapacitySpecification/TotalTargetCapacity";
    compared(answer, |answer| Some(diff::lowered(action, answer.pointer("/Fleets/0")?, &[(total, total)])))
}

/// One read by members of the request of the same names.
fn by(action: &Action, service: &'static str, operation: &'static str, members: &[&str]) -> Reads {
    let mut arguments = serde_json::Map::new();
    for member in members {
        arguments.insert((*member).to_owned(), action.arguments.get(member)?.clone());
    }
    Some((service, operation, Value::Object(arguments)))
}

fn scalable_target(action: &Action) -> Reads {
    let resource = json!([given(action, "ResourceId")?]);
    let arguments = json!({"ServiceNamespace": given(action, "ServiceNamespace")?,
        "ScalableDimension": given(action, "ScalableDimension")?, "ResourceIds": resource});
    Some(("application-autoscaling", "DescribeScalableTargets", arguments))
}

/// The rows.
#[rustfmt::skip]
pub(super) const ROWS: &[Setting] = &[
    setting!("glue", "UpdateTable", GLUE_LOCATION_CHANGED, "table", "/Table", true, location_changed, |action| {
        let name = text(&action.arguments, "/TableInput/Name").or_else(|| given(action, "Name"))?;
        Some(("glue", "GetTable", json!({"DatabaseName": given(action, "DatabaseName")?, "Name": name})))
    }),
    setting!("cognito-idp", "UpdateUserPool", COGNITO_SETTINGS_RESET, "user pool", "", true, pool_reset,
        |action| by(action, "cognito-idp", "DescribeUserPool", &["UserPoolId"])),
    setting!("cloudfront", "UpdateDistribution", CLOUDFRONT_DISTRIBUTION_CHANGED, "distribution", "/DistributionConfig", true, distribution_changed,
        |action| by(action, "cloudfront", "GetDistributionConfig", &["Id"])),
    setting!("wafv2", "UpdateWebACL", WAFV2_PROTECTION_DROPPED, "firewall", "/WebACL", true, firewall_dropped,
        |action| by(action, "wafv2", "GetWebACL", &["Name", "Scope", "Id"])),
    setting!("wafv2", "UpdateIPSet", WAFV2_PROTECTION_DROPPED, "addresses", "/IPSet/Addresses", true, addresses_dropped,
        |action| by(action, "wafv2", "GetIPSet", &["Name", "Scope", "Id"])),
    setting!("wafv2", "UpdateRuleGroup", WAFV2_PROTECTION_DROPPED, "group of rules", "/RuleGroup", true, group_dropped,
        |action| by(action, "wafv2", "GetRuleGroup", &["Name", "Scope", "Id"])),
    setting!("wafv2", "UpdateRegexPatternSet", WAFV2_PROTECTION_DROPPED, "patterns", "/RegexPatternSet/RegularExpressionList", true, patterns_dropped,
        |action| by(action, "wafv2", "GetRegexPatternSet", &["Name", "Scope", "Id"])),
    setting!("ecr", "PutImage", ECR_TAG_MOVES, "tag", "/imageDetails/0/imageDigest", false, tag_moves, |action| {
        let image = json!([{"imageTag": given(action, "imageTag")?}]);
        Some(("ecr", "DescribeImages", json!({"repositoryName": given(action, "repositoryName")?, "imageIds": image})))
    }),
    setting!("cloudwatch", "PutMetricAlarm", CLOUDWATCH_ALARM_LOOSENED, "alarm", "/MetricAlarms/0", true, alarm_loosened,
        |action| Some(("cloudwatch", "DescribeAlarms", json!({"AlarmNames": [given(action, "AlarmName")?]})))),
    setting!("cloudwatch", "PutCompositeAlarm", CLOUDWATCH_ALARM_LOOSENED, "alarm", "/CompositeAlarms/0", true, alarm_loosened,
        |action| Some(("cloudwatch", "DescribeAlarms", json!({"AlarmNames": [given(action, "AlarmName")?], "AlarmTypes": ["CompositeAlarm", "MetricAlarm"]})))),
    setting!("events", "PutRule", EVENTS_RULE_CHANGED, "rule", "", true, rule_changed, |action| {
        let bus = action.arguments.get("EventBusName").filter(|bus| !bus.is_null());
        let mut arguments = json!({"Name": given(action, "Name")?});
        if let (Some(bus), Some(members)) = (bus, arguments.as_object_mut()) {
            members.insert("EventBusName".to_owned(), bus.clone());
        }
        Some(("events", "DescribeRule", arguments))
    }),
    setting!("backup", "UpdateBackupPlan", BACKUP_PLAN_WEAKENED, "plan", "/BackupPlan", true, plan_weakened,
        |action| by(action, "backup", "GetBackupPlan", &["BackupPlanId"])),
    setting!("application-autoscaling", "RegisterScalableTarget", AUTOSCALING_SIZE_LOWERED, "limits", "/ScalableTargets/0", true, target_lowered, |action| {
        scalable_target(action)
    }),
    setting!("application-autoscaling", "PutScheduledAction", AUTOSCALING_SIZE_LOWERED, "limits", "/ScalableTargets/0", false, schedule_lowered, |action| {
        scalable_target(action)
    }),
    setting!("ec2", "ModifySpotFleetRequest", AUTOSCALING_SIZE_LOWERED, "fleet", "", false, spot_lowered,
        |action| Some(("ec2", "DescribeSpotFleetRequests", json!({"SpotFleetRequestIds": [given(action, "SpotFleetRequestId")?]})))),
    setting!("ec2", "ModifyFleet", AUTOSCALING_SIZE_LOWERED, "fleet", "", false, fleet_lowered,
        |action| Some(("ec2", "DescribeFleets", json!({"FleetIds": [given(action, "FleetId")?]})))),
];

#[cfg(test)]
mod tests;
