//! Whether each target exists, and its tags: what every forecaster reads first.
//!
//! The reads are made from the targets that the reader found, so that sources, passed roles and named creations are
//! looked at like what the action acts on. A creation's not-found answer is the proof that nothing was there before.

mod absent;
mod origin;
mod rows;
mod serving;

use std::collections::BTreeMap;

use interlock_action::{Action, Answer, Answers, Kind, Observed, Read, Relation, Target, TargetId};
use serde_json::{Map, Value, json};

pub use absent::says_absent;

use super::{
    answer::{Live, live, text},
    arn,
    draft::Draft,
};
use crate::catalogue::Catalogue;
use rows::{By, Called, Row, Tags};

/// Of one action so many targets are looked at.
pub(super) const MOST: usize = 100;

/// The key of the read of a target's record.
pub(super) fn live_key(id: &TargetId) -> String {
    format!("live {id}")
}

/// The key of the read of a target's tags.
pub(super) fn tags_key(id: &TargetId) -> String {
    format!("tags {id}")
}

/// The key of the read that lists a target with its immutable id.
fn listing_key(id: &TargetId) -> String {
    format!("listed {id}")
}

/// The key of the read that lists what people call a target.
fn names_key(id: &TargetId) -> String {
    format!("called {id}")
}

/// A target with its row and the name that the row's calls take.
struct Known<'a> {
    target: &'a Target,
    row: &'static Row,
    name: String,
    /// Whether the target is only a part of what is looked up: a stage of an API.
    part: bool,
}

fn known(target: &Target) -> Option<Known<'_>> {
    let (row, name, part) = match arn::parse(target.id.as_str()) {
        Some(arn) => {
            let row = row_of_arn(&arn)?;
            let rest = arn.resource.strip_prefix(row.prefix).unwrap_or(arn.resource);
            let rest = if row.arn == "appsync" { rest.trim_start_matches("apis/") } else { rest };
            let part = row.arn == "appsync" || (row.arn == "apigateway" && rest.contains('/'));
            (row, name_in(row, rest).to_owned(), part)
        }
        None => {
            let row = all().find(|row| row.kind == target.kind && row.kind != Kind::Other)?;
            (row, target.name.clone()?, false)
        }
    };
    let named = !name.is_empty() && !name.contains(['*', '$', '?']);
    named.then_some(Known { target, row, name, part })
}

/// Every row.
fn all() -> impl Iterator<Item = &'static Row> {
    rows::ROWS.iter().chain(serving::ROWS)
}

/// Whether a row says how this is looked up.
pub(super) fn is_listed(target: &Target) -> bool {
    known(target).is_some()
}

fn row_of_arn(arn: &arn::Arn<'_>) -> Option<&'static Row> {
    let fits = |row: &&Row| {
        row.arn == arn.service
            && arn.resource.starts_with(row.prefix)
            && !(row.arn == "s3" && arn.resource.contains('/'))
    };
    all().filter(fits).max_by_key(|row| row.prefix.len())
}

/// The name in what follows the prefix of an ARN's resource part.
fn name_in<'a>(row: &Row, rest: &'a str) -> &'a str {
    let first = |by: char| rest.split(by).next().unwrap_or(rest);
    let last = |by: char| rest.rsplit(by).next().unwrap_or(rest);
    match row.arn {
        "iam" | "events" | "autoscaling" => last('/'),
        "dynamodb" | "cloudformation" | "apigateway" | "appsync" => first('/'),
        "logs" | "lambda" => first(':'),
        _ => rest,
    }
}

/// The parameters of the call that looks up this thing.
fn arguments(action: &Action, known: &Known<'_>, by: By, arn: &str) -> Option<Value> {
    let name = known.name.as_str();
    let one = |member: &str, value: Value| Some(Value::Object(Map::from_iter([(member.to_owned(), value)])));
    let parts = || name.split_once('/').map(|(first, rest)| (first, rest.split('/').next().unwrap_or(rest)));
    let alone = action.targets.iter().filter(|target| target.kind == known.target.kind).count() == 1;
    let sent = |members: &[&str]| {
        let found = members.iter().find_map(|member| action.arguments.get(*member)?.as_str());
        found.filter(|_| alone && known.target.relation != Relation::Reaches)
    };
    match by {
        By::Name(member) => one(member, json!(name)),
        By::Names(member) => one(member, json!([name])),
        By::Ids(prefix, ids, names) => {
            // Ids have eight digits or, since 2016, seventeen; of a name nobody is sure that it is none.
            let digits = name.strip_prefix(prefix).filter(|digits| [8, 17].contains(&digits.len()));
            let is_id = digits.is_some_and(|digits| digits.chars().all(|sign| sign.is_ascii_hexdigit()));
            one(if is_id { ids } else { names }, json!([name]))
        }
        By::Arn(member) => arn.starts_with("arn:").then(|| one(member, json!(arn)))?,
        By::Arns(member) => arn.starts_with("arn:").then(|| one(member, json!([arn])))?,
        By::Parts(outer, inner) => {
            let (first, second) = parts()?;
            Some(json!({ outer: first, inner: second }))
        }
        By::PartsList(outer, inner) => {
            let (first, second) = parts()?;
            Some(json!({ outer: first, inner: [second] }))
        }
        By::Within(member, outer) => {
            let mut arguments = Map::from_iter([(member.to_owned(), json!(name))]);
            let within = action.arguments.get(outer).filter(|value| value.is_string());
            if let (Some(within), true) = (within, action.operation.service() == known.row.service) {
                arguments.insert(outer.to_owned(), within.clone());
            }
            Some(Value::Object(arguments))
        }
        By::Alarms => Some(json!({"AlarmNames": [name], "AlarmTypes": ["MetricAlarm", "CompositeAlarm"]})),
        By::Queue(attributes) => Some(json!({"QueueUrl": queue(arn)?, "AttributeNames": attributes})),
        By::Sent { as_member, from } => {
            let fallback =
                if known.row.kind == Kind::Alias { format!("alias/{name}") } else { name.to_owned() };
            one(as_member, json!(sent(from).unwrap_or(&fallback)))
        }
        By::Filter(member) => {
            // An ARN leaves out the slash that a name in a hierarchy begins with.
            let full = if name.contains('/') { format!("/{name}") } else { name.to_owned() };
            let name = sent(&[member, "ResourceId"]).unwrap_or(&full);
            Some(json!({"ParameterFilters": [{"Key": member, "Option": "Equals", "Values": [name]}]}))
        }
    }
}

/// The address of the queue of an ARN.
fn queue(arn: &str) -> Option<String> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "sqs", region, account, name] = parts.as_slice() else { return None };
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Some(format!("https://sqs.{region}.{suffix}/{account}/{name}"))
}

/// The service whose calls look it up: DocumentDB and Neptune answer for themselves, where they have the call at all.
fn service<'a>(action: &'a Action, row: &Row, operation: &str) -> &'a str {
    let has = |own: &str| Catalogue::get().service(own).is_some_and(|own| own.operation(operation).is_some());
    match action.operation.service() {
        own @ ("docdb" | "neptune") if row.service == "rds" && has(own) => own,
        _ => row.service,
    }
}

/// The reads of all targets: their records first, then the tags that stand elsewhere.
pub(super) fn reads(action: &Action, so_far: &Answers) -> Vec<Read> {
    if action.is_plain_read() {
        return Vec::new();
    }
    let mut reads = group_reads(action);
    for known in action.targets.iter().take(MOST).filter_map(known) {
        let id = &known.target.id;
        if let Some(arguments) = arguments(action, &known, known.row.by, id.as_str()) {
            let service = service(action, known.row, known.row.describe);
            reads.push(crate::call::read(action, live_key(id), service, known.row.describe, arguments));
        }
        if let Some((operation, by, ..)) = known.row.listing
            && let Some(arguments) = arguments(action, &known, by, id.as_str())
        {
            let service = service(action, known.row, operation);
            reads.push(crate::call::read(action, listing_key(id), service, operation, arguments));
        }
        if let Called::Listed(operation, by, ..) = known.row.called
            && let Some(arguments) = arguments(action, &known, by, id.as_str())
        {
            let service = service(action, known.row, operation);
            reads.push(crate::call::read(action, names_key(id), service, operation, arguments));
        }
        reads.extend(tags_read(action, &known, so_far));
    }
    reads.extend(origin::reads(action, so_far));
    reads
}

fn tags_read(action: &Action, known: &Known<'_>, so_far: &Answers) -> Option<Read> {
    let Tags::Call(operation, by, _) = known.row.tags else { return None };
    let id = &known.target.id;
    // An ARN that the service gave is better than one that was put together; either needs the thing to be there.
    let record = record(known.row, &known.name, so_far, id);
    let Live::Found(found) = record else { return None };
    let own = ["/TableArn", "/FunctionArn", "/clusterArn", "/serviceArn", "/ARN", "/Arn", "/arn"];
    let arn = own.iter().find_map(|pointer| text(found, pointer)).unwrap_or(id.as_str());
    let arn = if known.row.service == "lambda" { unqualified(arn) } else { arn };
    let mut arguments = arguments(action, known, by, arn)?;
    if let (By::Filter(name), By::Name(member)) = (known.row.by, by)
        && let (Some(own), Some(members)) = (text(found, &format!("/{name}")), arguments.as_object_mut())
    {
        members.insert(member.to_owned(), json!(own));
    }
    let kind_of_thing = match known.row.service {
        "route53" => Some("hostedzone"),
        "ssm" => Some("Parameter"),
        _ => None,
    };
    if let (Some(kind_of_thing), Some(members)) = (kind_of_thing, arguments.as_object_mut()) {
        members.insert("ResourceType".to_owned(), json!(kind_of_thing));
    }
    Some(crate::call::read(action, tags_key(id), service(action, known.row, operation), operation, arguments))
}

/// A function's ARN without version or alias: those bear no tags.
fn unqualified(arn: &str) -> &str {
    arn.match_indices(':').nth(6).and_then(|(at, _)| arn.get(..at)).unwrap_or(arn)
}

fn record<'a>(row: &Row, name: &str, answers: &'a Answers, id: &TargetId) -> Live<'a> {
    let answer = match live(answers, &live_key(id)) {
        Live::Found(answer) => answer,
        other => return other,
    };
    if let Some(member) = row.exact {
        let entries = answer.pointer(row.record).and_then(Value::as_array);
        let Some(entries) = entries else { return Live::Unread(format!("the answer has no {}", row.record)) };
        let same = |entry: &&Value| entry.get(member).and_then(Value::as_str) == Some(name);
        let more = text(answer, "/nextToken").is_some_and(|token| !token.is_empty());
        return match entries.iter().find(same) {
            Some(entry) => Live::Found(entry),
            None if more => Live::Unread("it is not on the first page".to_owned()),
            None => Live::Absent,
        };
    }
    for record in [Some(row.record), row.other].into_iter().flatten() {
        if let Some(found) = answer.pointer(record).filter(|found| !found.is_null()) {
            return Live::Found(found);
        }
    }
    // An empty list says that there is none; anything else was not understood.
    let mut outer = row.record;
    while let Some((list, _)) = outer.rsplit_once('/') {
        if answer.pointer(list).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            return Live::Absent;
        }
        outer = list;
    }
    Live::Unread("the answer was not understood".to_owned())
}

/// The record of a target.
pub(super) fn of<'a>(action: &Action, answers: &'a Answers, id: &TargetId) -> Live<'a> {
    let target = action.targets.iter().find(|target| target.id == *id);
    match target.and_then(known) {
        Some(known) => record(known.row, &known.name, answers, id),
        None => live(answers, &live_key(id)),
    }
}

/// Writes what was seen of every target into the draft.
pub(super) fn observe(action: &Action, answers: &Answers, draft: &mut Draft) {
    for known in action.targets.iter().take(MOST).filter_map(known) {
        let id = &known.target.id;
        let found = record(known.row, &known.name, answers, id);
        let exists = match &found {
            // ECS goes on telling of what was deleted; a new thing may have its name.
            Live::Found(record) if known.row.arn == "ecs" && text(record, "/status") == Some("INACTIVE") => {
                Some(false)
            }
            Live::Found(_) => Some(true),
            Live::Absent => Some(false),
            Live::Unread(_) => None,
        };
        if exists.is_some() {
            draft.saw();
        }
        let names = names(&known, &found, answers);
        if known.part {
            // What the whole is called is all that the look tells of a part.
            draft.observe(id, called(names));
            continue;
        }
        let tags = found.found().and_then(|record| tags(&known, record, answers));
        let immutable_id = found
            .found()
            .and_then(|record| immutable(known.row, record).or_else(|| listed_id(&known, answers)));
        // INVARIANT: whatever else is known of its kind, a person approves of this thing, as it is called and tagged now.
        draft.bind(format!("{id} seen"), json!({"exists": exists, "id": immutable_id, "tags": tags}));
        draft.observe(id, Observed { exists, tags, immutable_id, ..called(names) });
    }
    origin::observe(action, answers, draft);
    observe_group(action, answers, draft);
}

fn called(names: Option<Vec<String>>) -> Observed {
    Observed { names_unread: names.is_none(), names: names.unwrap_or_default(), ..Observed::default() }
}

/// What people call it beside its ARN and its tags; `None` where that could not be read.
fn names(known: &Known<'_>, record: &Live<'_>, answers: &Answers) -> Option<Vec<String>> {
    // Domains end with a dot, aliases begin with what they are.
    let plain = |name: &str| name.trim_start_matches("alias/").trim_end_matches('.').to_owned();
    match (known.row.called, record) {
        // What is no API of that id may be something else of it.
        (Called::At(_), Live::Absent) if known.row.arn == "appsync" => None,
        (Called::ByArn, _) | (_, Live::Absent) => Some(Vec::new()),
        (_, Live::Unread(_)) => None,
        (Called::At(pointer), Live::Found(record)) => text(record, pointer).map(|name| vec![plain(name)]),
        (Called::Listed(_, _, list, member), Live::Found(_)) => {
            let Some(Answer::Found(answer)) = answers.get(&names_key(&known.target.id)) else { return None };
            let entries = answer.pointer(list)?.as_array()?;
            entries.iter().map(|entry| entry.get(member)?.as_str().map(plain)).collect()
        }
    }
}

fn tags(known: &Known<'_>, record: &Value, answers: &Answers) -> Option<BTreeMap<String, String>> {
    match known.row.tags {
        Tags::Unread => None,
        // Services leave the member out, or empty, when there are none.
        Tags::At(pointer) => tag_map(record.pointer(pointer)),
        Tags::Call(_, _, pointer) => match answers.get(&tags_key(&known.target.id))? {
            Answer::Found(answer) => tag_map(answer.pointer(pointer)),
            Answer::NotFound => Some(BTreeMap::new()),
            Answer::Unreadable(_) => None,
        },
    }
}

/// Tags in any of the forms that services write them in; `None` for a form nobody knows.
pub(super) fn tag_map(tags: Option<&Value>) -> Option<BTreeMap<String, String>> {
    let part = |tag: &Value, names: [&str; 3]| {
        names.iter().find_map(|name| tag.get(*name)?.as_str()).map(str::to_owned)
    };
    match tags {
        None | Some(Value::Null) => Some(BTreeMap::new()),
        Some(Value::Object(map)) => {
            map.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
        }
        Some(Value::Array(list)) => list
            .iter()
            .map(|tag| {
                let value = part(tag, ["Value", "value", "TagValue"]).unwrap_or_default();
                Some((part(tag, ["Key", "key", "TagKey"])?, value))
            })
            .collect(),
        Some(_) => None,
    }
}

fn immutable(row: &Row, record: &Value) -> Option<String> {
    if row.immutable.is_empty() {
        return None;
    }
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let of = |pointer: &&str| record.pointer(pointer).filter(|value| !value.is_null()).map(plain);
    let parts: Option<Vec<String>> = row.immutable.iter().map(of).collect();
    Some(parts?.into_iter().chain(row.since.as_ref().and_then(of)).collect::<Vec<_>>().join(" "))
}

/// The id that a listing gives of the thing.
fn listed_id(known: &Known<'_>, answers: &Answers) -> Option<String> {
    let (_, _, entries, name, id) = known.row.listing?;
    let answer = live(answers, &listing_key(&known.target.id));
    let entries = answer.found()?.pointer(entries)?.as_array()?;
    let own = entries.iter().find(|entry| entry.get(name).and_then(Value::as_str) == Some(&known.name))?;
    own.get(id)?.as_str().map(str::to_owned)
}

/// A security group that is to be created has no id yet: its name within its VPC is what must not exist.
fn group_of(action: &Action) -> Option<(&Target, &str)> {
    let name = action.arguments.get("GroupName")?.as_str()?;
    let creates =
        |target: &&Target| target.kind == Kind::SecurityGroup && target.relation == Relation::Creates;
    (action.operation.as_str() == "aws:ec2:CreateSecurityGroup").then_some(())?;
    Some((action.targets.iter().find(creates)?, name))
}

fn group_reads(action: &Action) -> Vec<Read> {
    let Some((target, name)) = group_of(action) else { return Vec::new() };
    let mut filters = vec![json!({"Name": "group-name", "Values": [name]})];
    if let Some(vpc) = action.arguments.get("VpcId").and_then(Value::as_str) {
        filters.push(json!({"Name": "vpc-id", "Values": [vpc]}));
    }
    let arguments = json!({ "Filters": filters });
    vec![crate::call::read(action, live_key(&target.id), "ec2", "DescribeSecurityGroups", arguments)]
}

fn observe_group(action: &Action, answers: &Answers, draft: &mut Draft) {
    let Some((target, _)) = group_of(action) else { return };
    let groups = super::answer::listed(answers, &live_key(&target.id), "SecurityGroups");
    if groups.complete() {
        draft.saw();
        draft.observe(
            &target.id,
            Observed { exists: Some(!groups.entries().is_empty()), ..Observed::default() },
        );
    }
}

#[cfg(test)]
mod tests;
