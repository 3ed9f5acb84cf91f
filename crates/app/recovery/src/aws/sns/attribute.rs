//! One attribute of a topic.
//!
//! Kept: its value. Back: it is set again. Compared: the value, as JSON where it is such.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    iam::inline_policy::{document, spelled},
    one_read::{Ask, OneRead},
    way::{at, call, is, step, text},
};

/// The way.
pub(super) struct Attribute;

/// What a topic need not have: nothing is how there is none again.
const MAY_BE_EMPTY: [&str; 2] = ["DisplayName", "KmsMasterKeyId"];

fn of(deed: &Deed) -> Option<(&str, &str)> {
    let ours = is(deed, "sns", &["SetTopicAttributes"]);
    text(deed, "/TopicArn").zip(text(deed, "/AttributeName")).filter(|_| ours)
}

impl OneRead for Attribute {
    fn called(&self) -> &'static str {
        "sns/topic-attribute"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (topic, _) = of(deed)?;
        Some(Ask("sns", "GetTopicAttributes", json!({"TopicArn": topic})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, name) = of(deed).ok_or("the topic is not named")?;
        let all = at(answer.ok_or("the topic is not there")?, "/Attributes");
        let told = all.get(name).filter(|value| !value.is_null());
        let nothing = if MAY_BE_EMPTY.contains(&name) { json!("") } else { Value::Null };
        Ok(json!({name: told.map_or(nothing, |value| document(Some(value)))}))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let (_, name) = of(deed)?;
        before.get(name).filter(|value| !value.is_null()).map(|_| Terms::exact())
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (topic, name) = of(deed).ok_or("the topic is not named")?;
        let value = spelled(before.get(name).unwrap_or(&Value::Null));
        let arguments = json!({"TopicArn": topic, "AttributeName": name, "AttributeValue": value});
        let words = format!("set {name} of {topic} back");
        Ok(vec![step(words, call(deed, "sns", "SetTopicAttributes", arguments))])
    }
}
