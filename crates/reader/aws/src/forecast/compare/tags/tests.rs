use interlock_action::{Answer, ClassifierWrite, Effect, Kind, Reversibility, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

fn write(writes: Vec<ClassifierWrite>, tags: Value) -> Survey {
    let mut action = having(action("ec2", "CreateTags", json!({"Resources": ["vol-1"]})), Effect::Update);
    action.targets = vec![target("arn:aws:ec2:us-east-1:111122223333:volume/vol-1", Kind::Volume, "vol-1")];
    action.writes = writes;
    survey(&action, |_, _| found(json!({"Volumes": [{"VolumeId": "vol-1", "Tags": tags}]})))
}

#[test]
fn only_tags_that_are_there_change() {
    let set =
        |value: &str| vec![ClassifierWrite::Tag { key: "env".to_owned(), value: Some(value.to_owned()) }];
    let tags = json!([{"Key": "env", "Value": "prod"}]);
    let changed = write(set("dev"), tags.clone());
    assert_eq!(changed.facts.get(facts::EC2_TAGS_CHANGED), Some(&json!(true)));
    assert_eq!(changed.forecast.changes[0].what, "vol-1: tag env changes from prod to dev");
    assert_eq!(changed.forecast.reversibility, Reversibility::Exact);
    assert_eq!(write(set("prod"), tags.clone()).facts.get(facts::EC2_TAGS_CHANGED), Some(&json!(false)));
    assert_eq!(write(set("dev"), json!([])).facts.get(facts::EC2_TAGS_CHANGED), Some(&json!(false)));
    let all = write(vec![ClassifierWrite::AllTags], tags);
    assert_eq!(all.forecast.changes[0].what, "vol-1: loses tag env=prod");
}

#[test]
fn unread_tags_may_change() {
    let mut action = having(action("ec2", "CreateTags", json!({"Resources": ["vol-1"]})), Effect::Update);
    action.targets = vec![target("arn:aws:ec2:us-east-1:111122223333:volume/vol-1", Kind::Volume, "vol-1")];
    action.writes = vec![ClassifierWrite::AllTags];
    let survey = survey(&action, |_, _| Answer::Unreadable("denied".to_owned()));
    assert_eq!(survey.facts.get(facts::EC2_TAGS_CHANGED), None);
}
