use interlock_action::{Answer, Effect, Kind};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, having, survey, target};
use crate::rules::facts;

/// The fact that a request has before an answer.
fn fact(request: &str, arguments: Value, answer: Answer, name: &str) -> Option<bool> {
    let (service, operation) = request.split_once(':').unwrap();
    let mut action = having(action(service, operation, arguments), Effect::Update);
    action.targets = vec![target("the thing", Kind::Other, "thing")];
    let survey = survey(&action, |_, _| answer.clone());
    survey.facts.get(name).map(|value| value.as_bool().unwrap())
}

#[test]
fn an_alarm_that_is_there_is_loosened_or_not() {
    let alarm = |threshold: f64, action: &str| {
        json!({
            "AlarmName": "a", "Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold",
            "ActionsEnabled": true, "AlarmActions": [action], "OKActions": [], "Dimensions": [],
        })
    };
    let put = |new: Value, now: Value| {
        let answer = found(json!({"MetricAlarms": [now], "CompositeAlarms": []}));
        fact("cloudwatch:PutMetricAlarm", new, answer, facts::CLOUDWATCH_ALARM_LOOSENED)
    };
    let now = || alarm(10.0, "pager");
    assert_eq!(put(now(), now()), Some(false));
    assert_eq!(put(alarm(5.0, "pager"), now()), Some(false), "rings earlier");
    assert_eq!(put(alarm(11.0, "pager"), now()), Some(true), "rings later");
    assert_eq!(put(alarm(10.0, "nobody"), now()), Some(true), "tells somebody else");
    let changed = |member: &str, value: Value| {
        let mut new = now();
        new[member] = value;
        put(new, now())
    };
    assert_eq!(changed("TreatMissingData", json!("notBreaching")), Some(true));
    assert_eq!(changed("ActionsEnabled", json!(false)), Some(true));
    assert_eq!(changed("EvaluationPeriods", json!(30)), Some(true));
    assert_eq!(changed("AlarmName", json!("new")), Some(false), "nothing of that name is there");
    let unread = Answer::Unreadable("denied".to_owned());
    assert_eq!(
        fact("cloudwatch:PutMetricAlarm", now(), unread, facts::CLOUDWATCH_ALARM_LOOSENED),
        None,
        "what was not read is not known"
    );
}

#[test]
fn a_plan_keeps_its_rules_or_is_weaker() {
    let rule = |name: &str, days: u64| {
        json!({
            "RuleName": name, "TargetBackupVaultName": "v", "ScheduleExpression": "cron(0 5 * * ? *)",
            "Lifecycle": {"DeleteAfterDays": days},
        })
    };
    let put = |rules: Value| {
        let answer = found(json!({"BackupPlan": {"BackupPlanName": "p", "Rules": [rule("daily", 35)]}}));
        let arguments = json!({"BackupPlanId": "i", "BackupPlan": {"BackupPlanName": "p", "Rules": rules}});
        fact("backup:UpdateBackupPlan", arguments, answer, facts::BACKUP_PLAN_WEAKENED)
    };
    assert_eq!(put(json!([rule("daily", 35), rule("monthly", 365)])), Some(false));
    assert_eq!(put(json!([rule("daily", 90)])), Some(false));
    assert_eq!(put(json!([rule("daily", 7)])), Some(true));
    assert_eq!(put(json!([rule("weekly", 365)])), Some(true));
    assert_eq!(put(json!([])), Some(true));
    let mut off = rule("daily", 35);
    off["ScheduleExpression"] = json!("cron(0 5 1 1 ? *)");
    assert_eq!(put(json!([off])), Some(true));
}

#[test]
fn a_recovery_point_expires_earlier_or_not() {
    let put = |new: Value, now: Value| {
        let arguments = json!({"BackupVaultName": "v", "RecoveryPointArn": "p", "Lifecycle": new});
        let answer = found(json!({ "Lifecycle": now }));
        fact("backup:UpdateRecoveryPointLifecycle", arguments, answer, facts::BACKUP_RETENTION_LOWERED)
    };
    assert_eq!(put(json!({"DeleteAfterDays": 365}), json!({"DeleteAfterDays": 35})), Some(false));
    assert_eq!(put(json!({"DeleteAfterDays": 1}), json!({"DeleteAfterDays": 35})), Some(true));
    assert_eq!(put(json!({"DeleteAfterDays": 365}), json!({})), Some(true), "it was kept for ever");
}

#[test]
fn a_pool_that_is_written_anew_loses_what_is_left_out() {
    let now = json!({"UserPool": {
        "MfaConfiguration": "ON", "DeletionProtection": "ACTIVE", "LambdaConfig": {"PreSignUp": "f"},
        "Policies": {"PasswordPolicy": {"MinimumLength": 12}}, "UserPoolAddOns": {},
    }});
    let put = |mut new: Value| {
        new["UserPoolId"] = json!("p");
        fact("cognito-idp:UpdateUserPool", new, found(now.clone()), facts::COGNITO_SETTINGS_RESET)
    };
    let whole = json!({
        "MfaConfiguration": "ON", "DeletionProtection": "ACTIVE", "LambdaConfig": {"PreSignUp": "f", "PostConfirmation": "g"},
        "Policies": {"PasswordPolicy": {"MinimumLength": 12}},
    });
    assert_eq!(put(whole.clone()), Some(false));
    assert_eq!(put(json!({"UserPoolTags": {"team": "web"}})), Some(true));
    let mut less = whole;
    less["Policies"]["PasswordPolicy"]["MinimumLength"] = json!(6);
    assert_eq!(put(less), Some(true));
}

#[test]
fn firewalls_and_distributions_keep_what_they_have() {
    let rule = json!({"Name": "rate", "Priority": 0});
    let put = |default: Value, rules: Value| {
        let answer = found(json!({"WebACL": {"DefaultAction": {"Block": {}}, "Rules": [rule.clone()]}}));
        let arguments =
            json!({"Name": "w", "Scope": "REGIONAL", "Id": "i", "DefaultAction": default, "Rules": rules});
        fact("wafv2:UpdateWebACL", arguments, answer, facts::WAFV2_PROTECTION_DROPPED)
    };
    assert_eq!(
        put(
            json!({"Block": {}}),
            json!([rule.clone(), {"Name": "more", "Priority": 1, "Action": {"Block": {}}}])
        ),
        Some(false)
    );
    assert_eq!(put(json!({"Block": {}}), json!([])), Some(true));
    assert_eq!(put(json!({"Allow": {}}), json!([rule.clone()])), Some(true));

    let origins = |domain: &str| json!({"Quantity": 1, "Items": [{"Id": "web", "DomainName": domain}]});
    let update = |new: Value| {
        let now = json!({"Comment": "a", "WebACLId": "w", "Origins": origins("web.example.org")});
        let arguments = json!({"Id": "E", "DistributionConfig": new});
        let answer = found(json!({ "DistributionConfig": now }));
        fact("cloudfront:UpdateDistribution", arguments, answer, facts::CLOUDFRONT_DISTRIBUTION_CHANGED)
    };
    assert_eq!(
        update(json!({"Comment": "b", "WebACLId": "w", "Origins": origins("web.example.org")})),
        Some(false)
    );
    assert_eq!(
        update(json!({"Comment": "a", "WebACLId": "", "Origins": origins("web.example.org")})),
        Some(true)
    );
    assert_eq!(
        update(json!({"Comment": "a", "WebACLId": "w", "Origins": origins("evil.example")})),
        Some(true)
    );
}

#[test]
fn a_firewall_rule_that_comes_first_may_let_through() {
    let block = || json!({"Name": "block", "Priority": 5, "Action": {"Block": {}}});
    let put = |default: &str, rule: Value| {
        let default = json!({ default: {} });
        let answer = found(json!({"WebACL": {"DefaultAction": default.clone(), "Rules": [block()]}}));
        let arguments = json!({
            "Name": "w", "Scope": "REGIONAL", "Id": "i", "DefaultAction": default, "Rules": [block(), rule],
        });
        fact("wafv2:UpdateWebACL", arguments, answer, facts::WAFV2_PROTECTION_DROPPED)
    };
    let rule = |priority: u64, action: Value| json!({"Name": "new", "Priority": priority, "Action": action});
    assert_eq!(put("Allow", rule(1, json!({"Allow": {}}))), Some(true));
    assert_eq!(put("Allow", rule(9, json!({"Allow": {}}))), Some(false), "what it lets in comes in anyway");
    assert_eq!(put("Block", rule(9, json!({"Allow": {}}))), Some(true), "the default kept it out");
    assert_eq!(put("Allow", rule(1, json!({"Captcha": {}}))), Some(true));
    assert_eq!(put("Allow", rule(1, json!({"Block": {}}))), Some(false));
    let mut counted = rule(1, json!({"Count": {}}));
    assert_eq!(put("Allow", counted.clone()), Some(false));
    counted["RuleLabels"] = json!([{"Name": "trusted"}]);
    assert_eq!(put("Allow", counted), Some(true), "a later rule may spare what has the label");
    let group = |statement: Value| json!({"Name": "new", "Priority": 1, "OverrideAction": {"None": {}}, "Statement": statement});
    let managed =
        |vendor: &str| json!({"ManagedRuleGroupStatement": {"VendorName": vendor, "Name": "common"}});
    assert_eq!(put("Allow", group(managed("AWS"))), Some(false));
    assert_eq!(put("Allow", group(managed("Somebody"))), Some(true));
    let mut overridden = managed("AWS");
    overridden["ManagedRuleGroupStatement"]["RuleActionOverrides"] =
        json!([{"Name": "r", "ActionToUse": {"Allow": {}}}]);
    assert_eq!(put("Allow", group(overridden)), Some(true));
    assert_eq!(put("Allow", group(json!({"RuleGroupReferenceStatement": {"ARN": "a"}}))), Some(true));
}

#[test]
fn a_rule_of_events_waits_for_the_same_or_not() {
    let put = |new: Value, answer: Answer| {
        let mut arguments = json!({"Name": "paid", "EventBusName": "shop"});
        arguments.as_object_mut().unwrap().extend(new.as_object().unwrap().clone());
        fact("events:PutRule", arguments, answer, facts::EVENTS_RULE_CHANGED)
    };
    let pattern = |text: &str| json!({ "EventPattern": text });
    let now =
        || found(json!({"Name": "paid", "EventPattern": "{\"source\":[\"shop\"]}", "State": "ENABLED"}));
    assert_eq!(put(pattern("{ \"source\": [\"shop\"] }"), now()), Some(false), "written otherwise");
    assert_eq!(put(pattern("{\"source\":[\"nobody\"]}"), now()), Some(true));
    assert_eq!(put(json!({"ScheduleExpression": "rate(1 day)"}), now()), Some(true));
    assert_eq!(put(pattern("{}"), Answer::NotFound), Some(false), "there is none yet");
    assert_eq!(put(pattern("{}"), Answer::Unreadable("denied".to_owned())), None);
    let daily = || found(json!({"Name": "paid", "ScheduleExpression": "rate(1 day)"}));
    assert_eq!(put(json!({"ScheduleExpression": "rate(1 day)", "Description": "d"}), daily()), Some(false));
    assert_eq!(put(json!({"ScheduleExpression": "rate(9999 days)"}), daily()), Some(true));
}

#[test]
fn sizes_and_times_are_compared_with_what_is_there() {
    let shards = |asked: u64| {
        let answer = found(json!({"StreamDescriptionSummary": {"OpenShardCount": 4}}));
        let arguments = json!({"StreamName": "s", "TargetShardCount": asked});
        fact("kinesis:UpdateShardCount", arguments, answer, facts::AUTOSCALING_SIZE_LOWERED)
    };
    assert_eq!((shards(2), shards(4), shards(8)), (Some(true), Some(false), Some(false)));
    let target = |answer: Value, least: u64| {
        let arguments = json!({"ServiceNamespace": "ecs", "ScalableDimension": "d", "ResourceId": "r", "MinCapacity": least});
        fact(
            "application-autoscaling:RegisterScalableTarget",
            arguments,
            found(answer),
            facts::AUTOSCALING_SIZE_LOWERED,
        )
    };
    let four = || json!({"ScalableTargets": [{"MinCapacity": 4, "MaxCapacity": 8}]});
    assert_eq!((target(four(), 1), target(four(), 4)), (Some(true), Some(false)));
    assert_eq!(target(json!({"ScalableTargets": []}), 1), Some(false), "there is none yet");
    let kept = |asked: &str| {
        let answer = found(json!({"Attributes": {"MessageRetentionPeriod": "345600"}}));
        let arguments = json!({"QueueUrl": "u", "Attributes": {"MessageRetentionPeriod": asked}});
        fact("sqs:SetQueueAttributes", arguments, answer, facts::SQS_RETENTION_LOWERED)
    };
    assert_eq!((kept("60"), kept("1209600")), (Some(true), Some(false)));
    let limits = |timeout: u64| {
        let answer = found(json!({"Versions": [{"Version": "$LATEST", "Timeout": 30, "MemorySize": 256}]}));
        let arguments = json!({"FunctionName": "f", "Timeout": timeout});
        fact("lambda:UpdateFunctionConfiguration", arguments, answer, facts::LAMBDA_LIMITS_LOWERED)
    };
    assert_eq!((limits(3), limits(60)), (Some(true), Some(false)));
}

#[test]
fn a_tag_stands_on_an_image_by_the_digest_of_its_manifest() {
    let put = |answer: Answer| {
        let arguments = json!({"repositoryName": "r", "imageTag": "latest", "imageManifest": "{}"});
        fact("ecr:PutImage", arguments, answer, facts::ECR_TAG_MOVES)
    };
    let image = |digest: &str| found(json!({"imageDetails": [{"imageDigest": digest}]}));
    // SHA-256 of `{}`.
    let same = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(put(image(same)), Some(false));
    assert_eq!(put(image("sha256:00")), Some(true));
    assert_eq!(put(Answer::NotFound), Some(false));
}

#[test]
fn groups_of_rules_keep_what_they_have() {
    let block = json!({"Name": "stop", "Priority": 5, "Action": {"Block": {}}, "Statement": {"GeoMatchStatement": {"CountryCodes": ["XX"]}}});
    let put_to = |rules: Value, answer: Answer| {
        let arguments =
            json!({"Name": "g", "Scope": "REGIONAL", "Id": "i", "LockToken": "t", "Rules": rules});
        fact("wafv2:UpdateRuleGroup", arguments, answer, facts::WAFV2_PROTECTION_DROPPED)
    };
    let put =
        |rules: Value| put_to(rules, found(json!({"RuleGroup": {"Name": "g", "Rules": [block.clone()]}})));
    let with = |priority: u64, action: Value| json!([block.clone(), {"Name": "new", "Priority": priority, "Action": action, "Statement": {}}]);
    assert_eq!(put(json!([block.clone()])), Some(false), "nothing changes");
    assert_eq!(put(with(9, json!({"Block": {}}))), Some(false), "more is stopped");
    assert_eq!(put(with(0, json!({"Count": {}}))), Some(false), "counting stops nothing and lets nothing by");
    assert_eq!(put(with(0, json!({"Allow": {}}))), Some(true), "let in before it is stopped");
    assert_eq!(put(with(9, json!({"Allow": {}}))), Some(true), "let in before the firewall's next rules");
    assert_eq!(put(json!([])), Some(true), "a rule is gone");
    let mut counted = block.clone();
    counted["Action"] = json!({"Count": {}});
    assert_eq!(put(json!([counted])), Some(true), "what was stopped is counted");
    let mut narrower = block.clone();
    narrower["Statement"]["GeoMatchStatement"]["CountryCodes"] = json!(["YY"]);
    assert_eq!(put(json!([narrower])), Some(true));
    let mut later = block.clone();
    later["Priority"] = json!(50);
    assert_eq!(put(json!([later])), Some(true), "its place is part of it");
    let unread = Answer::Unreadable("denied".to_owned());
    assert_eq!(put_to(json!([block.clone()]), unread), None, "what was not read is not known");
}

#[test]
fn sets_of_patterns_keep_what_they_have_and_get_nothing_more() {
    let set = |all: &[&str]| -> Value { all.iter().map(|one| json!({"RegexString": one})).collect() };
    let put = |new: &[&str]| {
        let answer = found(json!({"RegexPatternSet": {"RegularExpressionList": set(&["a", "b"])}}));
        let arguments =
            json!({"Name": "p", "Scope": "REGIONAL", "Id": "i", "RegularExpressionList": set(new)});
        fact("wafv2:UpdateRegexPatternSet", arguments, answer, facts::WAFV2_PROTECTION_DROPPED)
    };
    assert_eq!(put(&["b", "a"]), Some(false));
    assert_eq!(put(&["a"]), Some(true));
    assert_eq!(put(&["a", "b", ".*"]), Some(true), "a set that lets in may let in more");
}
