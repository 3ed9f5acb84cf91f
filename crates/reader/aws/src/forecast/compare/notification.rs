//! Notifications of a bucket: whether everybody who is told now is still told of as much.

use serde_json::Value;

use super::super::answer::{entries, text};

/// The lists of a configuration, each with its entries' member for the target.
const LISTS: [(&str, &str); 3] = [
    ("TopicConfigurations", "TopicArn"),
    ("QueueConfigurations", "QueueArn"),
    ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
];

/// Whether every entry of the present configuration stands in the new one, as it is or wider. Ids and the order say
/// nothing; one entry whose events are shared out among several new ones counts as gone.
pub(super) fn keeps(new: &Value, now: &Value) -> bool {
    let bridge = |of: &Value| of.get("EventBridgeConfiguration").is_some_and(Value::is_object);
    (bridge(new) || !bridge(now))
        && LISTS.iter().all(|(list, target)| {
            let at = format!("/{list}");
            let covered = |now: &Value| entries(new, &at).iter().any(|new| covers(new, now, target));
            entries(now, &at).iter().all(covered)
        })
}

fn covers(new: &Value, now: &Value, target: &str) -> bool {
    let events = |of| entries(of, "/Events").iter().filter_map(Value::as_str).collect::<Vec<_>>();
    let new_events = events(new);
    let told = |event: &&str| new_events.iter().any(|one| one == event || within(event, one));
    new.get(target).is_some()
        && new.get(target) == now.get(target)
        && events(now).iter().all(told)
        && match (filter(new), filter(now)) {
            (Some(new), Some(now)) => now.0.starts_with(&new.0) && now.1.ends_with(&new.1),
            // Not of the known form: only the very same will do.
            _ => new.get("Filter") == now.get("Filter"),
        }
}

/// Whether `s3:ObjectCreated:*` tells of the event.
fn within(event: &str, pattern: &str) -> bool {
    pattern.strip_suffix('*').is_some_and(|family| family.ends_with(':') && event.starts_with(family))
}

/// What keys begin and end with; `None` where a filter says anything else.
fn filter(of: &Value) -> Option<(String, String)> {
    let mut found = (String::new(), String::new());
    for rule in entries(of, "/Filter/Key/FilterRules") {
        let value = text(rule, "/Value")?.to_owned();
        match text(rule, "/Name")?.to_ascii_lowercase().as_str() {
            "prefix" if found.0.is_empty() => found.0 = value,
            "suffix" if found.1.is_empty() => found.1 = value,
            _ => return None,
        }
    }
    Some(found)
}
