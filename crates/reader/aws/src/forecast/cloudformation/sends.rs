//! Where a resource of a stack sends what it has: addresses and accounts that are not the account's own.

use interlock_action::Effect;
use serde_json::Value;

use super::touch::{Changed, Touch, is_told};

/// The types, and the property that says where.
const SENDS: [(&str, &str); 3] = [
    ("AWS::SNS::Topic", "Subscription"),
    ("AWS::SNS::Subscription", "Endpoint"),
    ("AWS::S3::Bucket", "NotificationConfiguration"),
];

/// What of a change sends data elsewhere. `property`: the one that changes; none where all of it is new.
pub(super) fn tell(changed: &Changed<'_>, property: Option<&str>, own: Option<&str>, touch: &mut Touch) {
    let about = |name: &str| property.is_none_or(|property| property == name);
    for (_, name) in SENDS.into_iter().filter(|(kind, name)| *kind == changed.kind && about(name)) {
        // A new thing of which nothing is told sends what it has only where it is made for that.
        let untold = property.is_some() || changed.kind == "AWS::SNS::Subscription";
        let value = changed.becomes(property, name).filter(is_told);
        if value.map_or(untold, |value| leaves(&value, own)) {
            touch.add([Effect::Exfiltrate], name);
        }
    }
}

/// Whether an address, or a thing of another account, stands in it.
fn leaves(value: &Value, own: Option<&str>) -> bool {
    match value {
        Value::String(text) => {
            let account = text.starts_with("arn:").then(|| text.split(':').nth(4)).flatten();
            // An address of the web or of a person, or a number.
            let outside = text.contains("://")
                || text.contains('@')
                || (text.starts_with('+') && text.chars().skip(1).all(|sign| sign.is_ascii_digit()));
            outside || account.is_some_and(|account| !account.is_empty() && Some(account) != own)
        }
        Value::Array(list) => list.iter().any(|one| leaves(one, own)),
        Value::Object(members) => members.values().any(|one| leaves(one, own)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
