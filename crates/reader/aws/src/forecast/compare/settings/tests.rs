use interlock_action::{Answer, Effect, Kind, Reversibility, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

fn set(service: &str, operation: &str, arguments: Value, read: &'static str, answer: Answer) -> Survey {
    let mut action = having(action(service, operation, arguments), Effect::Update);
    action.targets = vec![target("the thing", Kind::Other, "thing")];
    survey(&action, |operation, _| {
        assert_eq!(operation, read);
        answer.clone()
    })
}

fn fact(survey: &Survey, name: &str) -> Option<bool> {
    survey.facts.get(name).map(|value| value.as_bool().unwrap())
}

#[test]
fn a_dropped_notification_target_is_seen() {
    let lambda = |arn: &str| json!([{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]);
    let one = |now: &str, new: &str| {
        let arguments = json!({"Bucket": "b", "NotificationConfiguration": {"LambdaFunctionConfigurations": lambda(new)}});
        let answer = found(json!({"LambdaFunctionConfigurations": lambda(now)}));
        let survey = set(
            "s3",
            "PutBucketNotificationConfiguration",
            arguments,
            "GetBucketNotificationConfiguration",
            answer,
        );
        fact(&survey, facts::S3_NOTIFICATION_DROPPED)
    };
    assert_eq!(one("arn:aws:lambda:r:1:function:a", "arn:aws:lambda:r:1:function:a"), Some(false));
    assert_eq!(one("arn:aws:lambda:r:1:function:a", "arn:aws:lambda:r:1:function:b"), Some(true));
}

#[test]
fn a_notification_is_kept_as_it_is_or_wider() {
    let one = |events: Value, rules: Value| {
        json!({"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:r:1:q", "Events": events,
            "Filter": {"Key": {"FilterRules": rules}}}]})
    };
    let of = |name: &str, value: &str| json!({"Name": name, "Value": value});
    let created = || json!(["s3:ObjectCreated:Put"]);
    let pictures = || json!([of("Prefix", "pictures/"), of("Suffix", ".jpg")]);
    let put = |new: Value| {
        let mut now = one(created(), pictures());
        now["QueueConfigurations"][0]["Id"] = json!("one");
        let survey = set(
            "s3",
            "PutBucketNotificationConfiguration",
            json!({"Bucket": "b", "NotificationConfiguration": new}),
            "GetBucketNotificationConfiguration",
            found(now),
        );
        fact(&survey, facts::S3_NOTIFICATION_DROPPED)
    };
    let turned = json!([of("suffix", ".jpg"), of("prefix", "pictures/")]);
    assert_eq!(put(one(created(), turned)), Some(false), "neither id, case nor order says anything");
    assert_eq!(put(one(json!(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]), pictures())), Some(false));
    assert_eq!(put(one(created(), json!([of("prefix", "pic")]))), Some(false), "wider");
    assert_eq!(put(one(json!(["s3:ObjectRemoved:*"]), pictures())), Some(true), "other events");
    assert_eq!(put(one(created(), json!([of("prefix", "pictures/old/"), of("suffix", ".jpg")]))), Some(true));
    assert_eq!(put(one(created(), json!([of("suffix", ".png")]))), Some(true));
    assert_eq!(put(one(json!([]), json!([]))), Some(true));
}

#[test]
fn an_access_block_is_loosened_or_not() {
    let block = |flag: bool| {
        json!({
            "BlockPublicAcls": flag, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true,
        })
    };
    let put = |answer| {
        let arguments = json!({"Bucket": "b", "PublicAccessBlockConfiguration": block(false)});
        set("s3", "PutPublicAccessBlock", arguments, "GetPublicAccessBlock", answer)
    };
    let loosened = put(found(json!({"PublicAccessBlockConfiguration": block(true)})));
    assert_eq!(fact(&loosened, facts::S3_ACCESS_BLOCK_LOOSENED), Some(true));
    assert_eq!(loosened.forecast.reversibility, Reversibility::Exact);
    assert_eq!(fact(&put(Answer::NotFound), facts::S3_ACCESS_BLOCK_LOOSENED), Some(false));
    let unread = put(Answer::Unreadable("denied".to_owned()));
    assert_eq!(fact(&unread, facts::S3_ACCESS_BLOCK_LOOSENED), None);
    assert_eq!(unread.forecast.reversibility, Reversibility::None);
}

#[test]
fn only_a_parameter_that_is_known_to_be_plain_is_no_secret() {
    let get = |names: Value, found_now: Value| {
        let read = action("ssm", "GetParameters", json!({"Names": names, "WithDecryption": true}));
        let read = having(read, Effect::SensitiveRead);
        let survey = survey(&read, |operation, _| match operation {
            "DescribeParameters" => found(json!({ "Parameters": found_now.clone() })),
            _ => Answer::Unreadable("not asked".to_owned()),
        });
        fact(&survey, facts::SSM_PARAMETER_SECRET)
    };
    let of = |name: &str, kind: &str| json!({"Name": name, "Type": kind});
    assert_eq!(get(json!(["/a:3"]), json!([of("/a", "String")])), Some(false));
    assert_eq!(get(json!(["/a", "/b"]), json!([of("/a", "String"), of("/b", "SecureString")])), Some(true));
    assert_eq!(get(json!(["/a", "/b"]), json!([of("/a", "String")])), Some(true), "one is not told");
    assert_eq!(get(json!([]), json!([])), None, "nothing is named");
}
