//! What a way back is, and the words its files are written in.

use interlock_action::{
    Answer, Answers, Call, Deed, HANDLE, Next, Operation, Read, Step, Terms, digest_of, value_at,
};
use serde_json::{Map, Value, json};

pub(crate) use interlock_action::RESTORES;

/// One way back: what it keeps of the state, and what gets back to it.
pub trait Way: Sync {
    /// `ec2/route`.
    fn name(&self) -> &'static str;
    /// Whether it takes this deed back.
    fn undoes(&self, deed: &Deed) -> bool;
    /// The reads that tell the state; those already answered may be among them.
    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read>;
    /// The state, as far as this way restores it; [`Value::Null`] where there is nothing. What does not come back (ids,
    /// dates, addresses) is not in it.
    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String>;
    /// On what terms the deed can be taken back to this state; `None` where it cannot.
    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms>;
    /// What remains to be done to get from `now` to `before`, in order; nothing once it is reached.
    ///
    /// It is asked anew after every step, and after a crash: it must follow from the two states alone.
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String>;
    /// What is found on the way from a state to `before` that is in neither: what the service itself sets meanwhile, such as
    /// the settings of what is restored. Whatever else is found, another writer has left.
    fn between(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Vec<Value> {
        Vec::new()
    }
}

/// Whether a deed is one of these operations of a service.
pub(crate) fn is(deed: &Deed, service: &str, operations: &[&str]) -> bool {
    deed.operation.service() == service && operations.contains(&deed.operation.verb())
}

/// What clients add of their own: so that a request sent twice is done once, and so that its bytes arrive whole.
pub(crate) const OWN: [&str; 9] = [
    "ClientToken",
    "clientToken",
    "clientRequestToken",
    "ClientRequestToken",
    "IdempotencyToken",
    "ContentMD5",
    "ChecksumAlgorithm",
    "RevisionId",
    "DryRun",
];

/// Whether the deed sends nothing but these parameters. What a way does not know it does not put back.
pub(crate) fn sends_only(deed: &Deed, known: &[&[&str]]) -> bool {
    let mut sent = deed.arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    sent.all(|(name, _)| {
        known.iter().any(|known| known.contains(&name.as_str())) || OWN.contains(&name.as_str())
    })
}

/// Whether one of these parameters is sent.
pub(crate) fn sends_any(deed: &Deed, names: &[&str]) -> bool {
    names.iter().any(|name| deed.arguments.get(*name).is_some_and(|value| !value.is_null()))
}

/// Whether a number that is sent is smaller than the one before; a negative one stands for no limit.
pub(crate) fn is_less(new: Option<f64>, old: Option<f64>) -> bool {
    let limit = |number: f64| if number < 0.0 { f64::INFINITY } else { number };
    new.zip(old).is_some_and(|(new, old)| limit(new) < limit(old))
}

/// A call where the deed was done.
pub(crate) fn call(deed: &Deed, service: &str, operation: &str, arguments: Value) -> Call {
    Call {
        surface: deed.surface,
        operation: Operation::aws(service, operation),
        account: deed.account.clone(),
        region: deed.region.clone(),
        arguments,
    }
}

/// A read where the deed was done. Its key is the operation and the parameters: the same read is made once.
pub(crate) fn read(deed: &Deed, service: &str, operation: &str, arguments: Value) -> Read {
    Read { key: key(service, operation, &arguments), call: call(deed, service, operation, arguments) }
}

fn key(service: &str, operation: &str, arguments: &Value) -> String {
    format!("undo {service}:{operation} {arguments}")
}

/// What a read found; `None` where there is no such thing.
pub(crate) fn found<'a>(
    answers: &'a Answers,
    service: &str,
    operation: &str,
    arguments: &Value,
) -> Result<Option<&'a Value>, String> {
    match answers.get(&key(service, operation, arguments)) {
        Some(Answer::Found(value)) => Ok(Some(value)),
        Some(Answer::NotFound) => Ok(None),
        Some(Answer::Unreadable(why)) => Err(why.clone()),
        None => Err(format!("{operation} was not asked")),
    }
}

/// The same, of what must be there.
pub(crate) fn wanted<'a>(
    answers: &'a Answers,
    service: &str,
    operation: &str,
    arguments: &Value,
) -> Result<&'a Value, String> {
    found(answers, service, operation, arguments)?.ok_or_else(|| format!("{operation} found nothing"))
}

/// The text of a parameter of the deed.
pub(crate) fn text<'a>(deed: &'a Deed, pointer: &str) -> Option<&'a str> {
    value_at(&deed.arguments, pointer).and_then(Value::as_str)
}

/// A parameter of the deed, [`Value::Null`] where it is not sent.
pub(crate) fn value<'a>(deed: &'a Deed, pointer: &str) -> &'a Value {
    value_at(&deed.arguments, pointer).unwrap_or(&Value::Null)
}

/// These members of a record, as far as they are there.
pub(crate) fn only(record: &Value, members: &[&str]) -> Value {
    let kept = members.iter().filter_map(|name| Some(((*name).to_owned(), record.get(*name)?.clone())));
    Value::Object(kept.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

/// Whether a record tells nothing but these members. What nobody here knows would not be put back.
pub(crate) fn tells_only(record: &Value, known: &[&[&str]]) -> bool {
    let mut told = record.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    told.all(|(name, _)| known.iter().any(|known| known.contains(&name.as_str())))
}

/// A record that says that something is on; [`Value::Null`] where it is off, or nothing is said.
pub(crate) fn if_on(record: &Value, member: &str) -> Value {
    match record.get(member) {
        Some(Value::Bool(true)) => record.clone(),
        _ => Value::Null,
    }
}

/// The members of a record that say something: no empty text, list or record.
pub(crate) fn said(record: Value) -> Value {
    let Value::Object(mut members) = record else { return record };
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    members.retain(|_, value| !empty(value));
    Value::Object(members)
}

/// A map of tags, without those that a service or Interlock itself puts on.
pub(crate) fn tag_map(map: &Value) -> Value {
    let mut tags = map.as_object().cloned().unwrap_or_default();
    tags.retain(|key, _| !key.starts_with("aws:") && key != RESTORES);
    Value::Object(tags)
}

/// The elements of a list.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value_at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list in an order that does not depend on the service's.
pub(crate) fn sorted(mut list: Vec<Value>) -> Value {
    list.sort_by_cached_key(Value::to_string);
    Value::Array(list)
}

/// The elements of one list that are not in another.
pub(crate) fn missing(from: &Value, wanted: &Value) -> Vec<Value> {
    let have = from.as_array().map_or(&[][..], Vec::as_slice);
    let wanted = wanted.as_array().map_or(&[][..], Vec::as_slice);
    wanted.iter().filter(|one| !have.contains(one)).cloned().collect()
}

/// A step that is a call.
pub(crate) fn step(name: impl Into<String>, call: Call) -> Step {
    Step { name: name.into(), next: Next::Call(call) }
}

/// A step for which the service is left alone.
pub(crate) fn wait(name: impl Into<String>) -> Step {
    Step { name: name.into(), next: Next::Wait }
}

/// A step that cannot be written before the one in front of it was done.
pub(crate) fn later(name: impl Into<String>) -> Step {
    Step { name: name.into(), next: Next::Later }
}

/// The value at a pointer, [`Value::Null`] where there is none.
pub(crate) fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value_at(value, pointer).unwrap_or(&Value::Null)
}

/// The text at a pointer.
pub(crate) fn word<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    at(value, pointer).as_str()
}

/// A record with further members; those that are null are left out.
pub(crate) fn with(record: Value, more: Value) -> Value {
    let mut members = record.as_object().cloned().unwrap_or_default();
    members.extend(more.as_object().cloned().unwrap_or_default());
    members.retain(|_, value| !value.is_null());
    Value::Object(members)
}

/// The members of `before` that are not the same `now`.
pub(crate) fn changed(before: &Value, now: &Value) -> Value {
    let mut members = before.as_object().cloned().unwrap_or_default();
    members.retain(|name, value| now.get(name) != Some(&*value));
    Value::Object(members)
}

/// The state with these members as the service sets them by itself, where it has such.
pub(crate) fn set_by_service(state: &Value, members: &[(&str, Value)]) -> Value {
    let mut state = state.clone();
    for (pointer, value) in members {
        let (record, name) = pointer.rsplit_once('/').unwrap_or_default();
        if let Some(record) = state.pointer_mut(record).and_then(Value::as_object_mut) {
            record.insert(name.to_owned(), value.clone());
        }
    }
    state
}

/// A state that is compared by what `is`, and tells what else was found: ids that are new, services that are at work.
pub(crate) fn standing(is: Value, found: Value) -> Value {
    json!({"is": is, HANDLE: found})
}

/// What of a thing is compared.
pub(crate) fn what(state: &Value) -> &Value {
    at(state, "/is")
}

/// Whether the service is at work on it.
pub(crate) fn busy(state: &Value) -> bool {
    at(state, "/handle/busy") == &Value::Bool(true)
}

/// Tags in an order of their own; without those that a service or Interlock itself puts on.
pub(crate) fn tags(list: &Value) -> Value {
    let key = |tag: &Value| {
        ["Key", "key", "TagKey"].iter().find_map(|name| tag.get(*name)?.as_str().map(str::to_owned))
    };
    let plain = |tag: &&Value| key(tag).is_some_and(|key| !key.starts_with("aws:") && key != RESTORES);
    sorted(list.as_array().into_iter().flatten().filter(plain).cloned().collect())
}

/// The same, with the tag that says which thing is made again.
pub(crate) fn tags_of_another(deed: &Deed, tags: &Value, gone: &str) -> Value {
    let mut tags = tags.as_array().cloned().unwrap_or_default();
    tags.extend(deed.mark(gone).map(|mark| json!({"Key": RESTORES, "Value": mark})));
    Value::Array(tags)
}

/// An idempotency token: the same for the same step of the same deed.
pub(crate) fn token(deed: &Deed, step: &str) -> String {
    let digest = digest_of("interlock undo token v1", &(deed, step));
    let text = digest.map(|digest| digest.to_string()).unwrap_or_default();
    text.trim_start_matches("sha256:").chars().take(32).collect()
}

/// The texts of a list.
pub(crate) fn texts<'a>(value: &'a Value, pointer: &str) -> Vec<&'a str> {
    list(value, pointer).iter().filter_map(Value::as_str).collect()
}
