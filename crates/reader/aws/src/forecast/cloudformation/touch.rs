//! What a change of a stack is to a thing that stays, property by property: the same effects that the calls of the
//! thing's own service would have.
//!
//! The change set names the properties (`Details`), and their values where it tells them (`BeforeContext`,
//! `AfterContext`, `BeforeValue`, `AfterValue`). What it names and tells no value of counts as the worst that the
//! property may become; a change of which it names nothing, as the worst of its type.

use std::collections::BTreeSet;

use interlock_action::{Action, Answers, ClassifierWrite, Effect, Kind, Read, Relation, TargetId};
use serde_json::{Map, Value};

use super::{
    super::{
        answer::{entries, text},
        draft::Draft,
        existence,
    },
    calls, kinds, plan,
    plan::Falls,
    properties, sends,
};
use crate::rules::{
    administrator, facts, is_administrator, is_cluster_administrator, is_world, lets_others_in,
};

/// Of one stack the tags of so many changed things are looked at.
const MOST: usize = 20;

/// The effects that have a fact of their own, each with it.
const FACTS: [(Effect, &str); 6] = [
    (Effect::GuardRemoval, facts::CLOUDFORMATION_UNGUARDS),
    (Effect::RecoveryLoss, facts::CLOUDFORMATION_LOSES_RECOVERY),
    (Effect::Network, facts::CLOUDFORMATION_REROUTES),
    (Effect::Expose, facts::CLOUDFORMATION_EXPOSES),
    (Effect::Exfiltrate, facts::CLOUDFORMATION_EXPOSES),
    (Effect::Privilege, facts::CLOUDFORMATION_GRANTS),
];

/// What one change comes to beside that something is made, changed or removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touch {
    /// Each effect with the property, or the whole, that it comes of.
    pub(super) effects: Vec<(Effect, String)>,
    /// Whether it may give administrator rights.
    pub(super) administrator: bool,
    /// Tags that it writes.
    pub(super) writes: Vec<ClassifierWrite>,
}

impl Touch {
    pub(super) fn add(&mut self, effects: impl IntoIterator<Item = Effect>, of: &str) {
        for effect in effects {
            if !self.effects.iter().any(|(have, what)| *have == effect && what == of) {
                self.effects.push((effect, of.to_owned()));
            }
        }
    }
}

/// The record of a change, and where its values are told.
pub(super) struct Changed<'a> {
    /// The type of the thing.
    pub(super) kind: &'a str,
    details: Vec<&'a Value>,
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
}

impl<'a> Changed<'a> {
    /// Out of a change of a plan.
    pub(super) fn of(change: &'a Value) -> Self {
        let record = change.get("ResourceChange").unwrap_or(&Value::Null);
        let context = |member: &str| {
            let context: Value = serde_json::from_str(record.get(member)?.as_str()?).ok()?;
            match context.get("Properties") {
                Some(Value::Object(properties)) => Some(properties.clone()),
                None | Some(Value::Null) if context.is_object() => Some(Map::new()),
                _ => None,
            }
        };
        Self {
            kind: record.get("ResourceType").and_then(Value::as_str).unwrap_or("an unknown type"),
            details: entries(record, "/Details").iter().collect(),
            before: context("BeforeContext"),
            after: context("AfterContext"),
        }
    }

    /// The details that are about this attribute.
    fn about<'s>(&'s self, attribute: &'s str) -> impl Iterator<Item = &'a Value> + 's {
        self.details.iter().copied().filter(move |one| text(one, "/Target/Attribute") == Some(attribute))
    }

    /// The names of the properties that change: those that are named, and those whose values differ.
    pub(super) fn properties(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for detail in self.about("Properties") {
            names.extend(text(detail, "/Target/Name").map(str::to_owned));
            let path = text(detail, "/Target/Path").and_then(|path| path.strip_prefix("/Properties/"));
            names.extend(path.and_then(|path| path.split('/').next()).map(str::to_owned));
        }
        if let (Some(before), Some(after)) = (&self.before, &self.after) {
            let all = before.keys().chain(after.keys());
            names.extend(all.filter(|name| before.get(*name) != after.get(*name)).cloned());
        }
        names
    }

    /// A property's values before and after, each where it is told.
    pub(super) fn values(&self, property: &str) -> (Option<Value>, Option<Value>) {
        let whole = format!("/Properties/{property}");
        let mut of = self.about("Properties").filter(|detail| {
            text(detail, "/Target/Path") == Some(&whole)
                || (text(detail, "/Target/Path").is_none() && text(detail, "/Target/Name") == Some(property))
        });
        let detail = of.next();
        let value = |context: &Option<Map<String, Value>>, member: &str| match context {
            Some(context) => Some(context.get(property).cloned().unwrap_or(Value::Null)),
            None => Some(Value::String(text(detail?, &format!("/Target/{member}"))?.to_owned())),
        };
        // What is worked out while the update runs is not known before.
        let later = self.about("Properties").any(|detail| {
            let about = text(detail, "/Target/Name") == Some(property)
                || text(detail, "/Target/Path").is_some_and(|path| path.starts_with(&whole));
            about && text(detail, "/Evaluation") == Some("Dynamic")
        });
        let after = value(&self.after, "AfterValue").filter(|_| !later);
        (value(&self.before, "BeforeValue").filter(is_told), after.filter(is_told))
    }

    /// What a property becomes, where it is told. `changes`: the property that changes; none where all of it is new, or
    /// what else it holds is asked for.
    pub(super) fn becomes(&self, changes: Option<&str>, property: &str) -> Option<Value> {
        match changes {
            Some(_) => self.values(property).1,
            None => self.after.as_ref().map(|after| after.get(property).cloned().unwrap_or(Value::Null)),
        }
    }
}

/// Whether the value itself stands there, and not a sign for one that is hidden or not known yet.
pub(super) fn is_told(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains("{{") && !text.contains("****"),
        Value::Array(list) => list.iter().all(is_told),
        Value::Object(members) => members.values().all(is_told),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Attributes of a resource by which a template guards it from being deleted with it.
const KEEPS: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

/// What a change comes to. `own`: the session's account.
pub(super) fn touch(change: &Value, own: Option<&str>) -> Touch {
    let mut touch = Touch::default();
    if plan::is_stack(change) {
        return touch;
    }
    let changed = Changed::of(change);
    let falls = plan::falls(change);
    match falls {
        Falls::Adds => {
            touch.add(properties::added(changed.kind), "the new resource");
            grants(&changed, None, own, &mut touch);
            sends::tell(&changed, None, own, &mut touch);
        }
        Falls::Takes { replaced: false, sure } => {
            touch.add(properties::removed(changed.kind), "the whole");
            if !sure {
                within(&changed, own, &mut touch);
            }
        }
        Falls::Within | Falls::Takes { .. } => within(&changed, own, &mut touch),
    }
    touch
}

fn within(changed: &Changed<'_>, own: Option<&str>, touch: &mut Touch) {
    let names = changed.properties();
    let attributes: BTreeSet<&str> =
        changed.details.iter().map(|one| text(one, "/Target/Attribute").unwrap_or("Properties")).collect();
    if names.is_empty() && (attributes.is_empty() || attributes.contains("Properties")) {
        touch.add(properties::unnamed(changed.kind), "a property that is not named");
        touch.administrator |= rights(changed.kind).is_some();
    }
    for name in &names {
        if is_tags(name) {
            continue;
        }
        let (before, after) = changed.values(name);
        touch.add(properties::effects(changed.kind, name, before.as_ref(), after.as_ref()), name);
        grants(changed, Some(name), own, touch);
        sends::tell(changed, Some(name), own, touch);
    }
    if attributes.contains("Tags") || names.iter().any(|name| is_tags(name)) {
        touch.writes.extend(tags(changed));
    }
    for attribute in KEEPS.into_iter().filter(|attribute| attributes.contains(attribute)) {
        let loosened = changed.about(attribute).any(loosened);
        if loosened && kinds::bears(changed.kind) != interlock_action::Bears::No {
            touch.add([Effect::GuardRemoval], attribute);
        }
    }
}

/// Whether less may be kept of the thing when its resource goes.
fn loosened(detail: &Value) -> bool {
    let rank = |member: &str| match text(detail, &format!("/Target/{member}")) {
        Some("Retain" | "RetainExceptOnCreate") => Some(2),
        Some("Snapshot") => Some(1),
        Some("Delete") => Some(0),
        _ => None,
    };
    match (rank("BeforeValue"), rank("AfterValue")) {
        (_, Some(2)) | (Some(0), Some(_)) => false,
        (Some(before), Some(after)) => after < before,
        (None, None) => text(detail, "/Target/AttributeChangeType") != Some("Add"),
        (None, Some(_)) => text(detail, "/Target/AttributeChangeType") != Some("Add"),
        (Some(before), None) => before > 0,
    }
}

/// Properties whose value says who may do what, or holds such documents: of principals, of things.
const OF_PRINCIPALS: [&str; 5] =
    ["Policies", "PolicyDocument", "ManagedPolicyArns", "ManagedPolicies", "InlinePolicy"];
/// Properties that say who gets what a policy gives.
const HOLDERS: [&str; 6] = ["Roles", "Users", "Groups", "RoleName", "UserName", "GroupName"];

/// What says who may do what in a type: the properties that give it, those that say who gets it, and whether a value of
/// the first gives administrator rights.
type Rights = (&'static [&'static str], &'static [&'static str], fn(&Value) -> bool);

fn rights(kind: &str) -> Option<Rights> {
    match kind {
        "AWS::EKS::AccessEntry" => {
            Some((&["AccessPolicies", "KubernetesGroups"], &["PrincipalArn"], administers_cluster))
        }
        kind if kind.starts_with("AWS::IAM::") || kind == "AWS::SSO::PermissionSet" => {
            Some((&OF_PRINCIPALS, &HOLDERS, gives))
        }
        _ => None,
    }
}

/// What policy documents give, and whom they let in. `property`: the one that changes; none where all of it is new.
fn grants(changed: &Changed<'_>, property: Option<&str>, own: Option<&str>, touch: &mut Touch) {
    let about = |name: &str| property.is_none_or(|property| property == name);
    let values = |name: &str| changed.becomes(property, name);
    if let Some((given, holders, gives)) = rights(changed.kind) {
        // Another holder gets all that the policy gives, though nothing of it changes.
        let held = property.is_some_and(|property| holders.contains(&property));
        for name in given.iter().copied().filter(|name| held || about(name)) {
            let value = match held {
                true => changed.becomes(None, name),
                false => values(name),
            };
            touch.administrator |= value.filter(is_told).is_none_or(|value| gives(&value));
        }
        if about("AssumeRolePolicyDocument") && changed.kind == "AWS::IAM::Role" {
            opens(values("AssumeRolePolicyDocument"), "AssumeRolePolicyDocument", own, touch);
        }
        if about("PermissionsBoundary") && property.is_some() {
            touch.add([Effect::GuardRemoval], "PermissionsBoundary");
        }
        return;
    }
    let documents =
        ["PolicyDocument", "ResourcePolicy", "Policy", "KeyPolicy", "FileSystemPolicy", "AccessPolicies"];
    for name in documents.into_iter().filter(|name| about(name)) {
        let value = values(name);
        if property.is_some() || value.as_ref().is_none_or(|value| !value.is_null()) {
            let resource = changed.kind.ends_with("Policy") || name != "PolicyDocument";
            if resource
                && (property.is_some() || properties::whole(changed.kind).contains(&Effect::Privilege))
            {
                opens(value, name, own, touch);
            }
        }
    }
    if changed.kind == "AWS::Lambda::Permission" || changed.kind == "AWS::Lambda::Url" {
        touch.add([Effect::Expose], property.unwrap_or("the new resource"));
    }
    if changed.kind.starts_with("AWS::EC2::SecurityGroup") {
        for name in ["SecurityGroupIngress", "CidrIp", "CidrIpv6"].into_iter().filter(|name| about(name)) {
            if values(name).filter(is_told).is_none_or(|value| names_world(&value)) {
                touch.add([Effect::Expose], name);
            }
        }
    }
}

/// Whether a range of addresses somewhere in it is a good part of the internet.
fn names_world(value: &Value) -> bool {
    match value {
        Value::String(range) => is_world(range),
        Value::Array(list) => list.iter().any(names_world),
        Value::Object(members) => members.values().any(names_world),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether a list of policies, or one document, gives administrator rights.
fn gives(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => list.iter().any(gives),
        Value::String(arn) if arn.starts_with("arn:") => is_administrator(arn),
        Value::String(document) if document.trim_start().starts_with('{') => administrator(document),
        Value::Object(policy) => match policy.get("PolicyDocument") {
            Some(document) => administrator(&document.to_string()),
            None => administrator(&value.to_string()),
        },
        _ => true,
    }
}

/// Whether groups or access policies of a cluster give administrator rights in it.
fn administers_cluster(value: &Value) -> bool {
    match value {
        Value::String(name) => is_cluster_administrator(name),
        Value::Array(list) => list.iter().any(administers_cluster),
        Value::Object(members) => members.values().any(administers_cluster),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn opens(document: Option<Value>, name: &str, own: Option<&str>, touch: &mut Touch) {
    let closed = document.filter(is_told).is_some_and(|document| match &document {
        Value::Null => true,
        Value::String(body) => !lets_others_in(body, own),
        document => !lets_others_in(&document.to_string(), own),
    });
    if !closed {
        touch.add([Effect::Expose], name);
    }
}

fn is_tags(property: &str) -> bool {
    ["Tags", "TagSet", "TagList"].iter().any(|end| property.ends_with(end))
}

/// The tags that change; every tag where they are not told.
fn tags(changed: &Changed<'_>) -> Vec<ClassifierWrite> {
    let listed = |context: &Option<Map<String, Value>>| {
        let context = context.as_ref()?;
        let mut found = Map::new();
        for (_, value) in context.iter().filter(|(name, _)| is_tags(name)) {
            match value {
                Value::Object(map) => found.extend(map.clone()),
                Value::Array(list) => {
                    for pair in list {
                        found.insert(text(pair, "/Key")?.to_owned(), pair.get("Value")?.clone());
                    }
                }
                _ => return None,
            }
        }
        Some(found)
    };
    let (Some(before), Some(after)) = (listed(&changed.before), listed(&changed.after)) else {
        return vec![ClassifierWrite::AllTags];
    };
    let differs = |key: &&String| before.get(*key) != after.get(*key);
    let keys: BTreeSet<&String> = before.keys().chain(after.keys()).filter(differs).collect();
    if keys.is_empty() {
        return vec![ClassifierWrite::AllTags];
    }
    let value = |key: &String| after.get(key).map(|value| value.as_str().unwrap_or_default().to_owned());
    keys.into_iter().map(|key| ClassifierWrite::Tag { key: key.clone(), value: value(key) }).collect()
}

/// The thing that a change falls on, as its own service's call would have it.
fn thing(action: &Action, change: &Value) -> Option<Action> {
    let record = change.get("ResourceChange")?;
    kinds::deletion(action, text(record, "/ResourceType")?, text(record, "/PhysicalResourceId")?)
}

fn key(within: &str, change: &Value, key: &str) -> String {
    format!("touched {}: {key}", plan::called(within, change))
}

/// The things that are changed in more than their looks.
fn touched<'c>(action: &Action, changes: &[(String, &'c Value)]) -> Vec<(String, &'c Value, Action)> {
    let own = action.account.as_ref().map(|account| account.as_str());
    let worse = changes.iter().filter(|(_, change)| {
        // What its own service is asked for beside is looked at there.
        plan::falls(change) == Falls::Within && calls::arguments(change).is_none() && {
            let touch = touch(change, own);
            !touch.effects.is_empty() || !touch.writes.is_empty()
        }
    });
    worse
        .filter_map(|(within, change)| Some((within.clone(), *change, thing(action, change)?)))
        .take(MOST)
        .collect()
}

/// The reads of the records and the tags of what is changed in its place: a stack's own tags do not say where it stands.
pub(super) fn reads(action: &Action, changes: &[(String, &Value)], so_far: &Answers) -> Vec<Read> {
    let mut reads = Vec::new();
    for (within, change, thing) in touched(action, changes) {
        let own = own(&within, change, so_far);
        let wanted = existence::reads(&thing, &own).into_iter();
        reads.extend(wanted.map(|read| Read { key: key(&within, change, &read.key), ..read }));
    }
    reads
}

fn own(within: &str, change: &Value, answers: &Answers) -> Answers {
    let head = key(within, change, "");
    let own = answers
        .iter()
        .filter_map(|(key, answer)| Some((key.strip_prefix(&head)?.to_owned(), answer.clone())));
    own.collect()
}

/// Writes down what each change comes to beside that it is one. Whether something goes by one of them, and whether no
/// call of its own service tells what.
pub(super) fn tell(
    action: &Action,
    stack: &TargetId,
    changes: &[(String, &Value)],
    answers: &Answers,
    draft: &mut Draft,
) -> (bool, bool) {
    let account = action.account.as_ref().map(|account| account.as_str());
    let (mut found, mut administrator, mut expires) = (BTreeSet::new(), false, false);
    for (within, change) in changes {
        let touch = touch(change, account);
        administrator |= touch.administrator;
        touch.writes.into_iter().for_each(|write| draft.write(write));
        let logical = change.pointer("/ResourceChange/LogicalResourceId").and_then(Value::as_str);
        let id = TargetId::new(format!("{stack}#{}", logical.unwrap_or("?")));
        for (effect, of) in touch.effects {
            found.insert(effect);
            expires |= effect == Effect::Destroy && !calls::tells(change, &of);
            let what = format!("{}: {}, by {of}", plan::called(within, change), words(effect));
            draft.change(&id, Kind::Other, effect, what);
        }
    }
    for (within, change, thing) in touched(action, changes) {
        existence::observe(&thing, &own(&within, change, answers), draft);
        for mut target in thing.targets.into_iter().filter(|target| target.relation == Relation::Acts) {
            target.relation = Relation::Reaches;
            draft.discover(target);
        }
    }
    for (effect, fact) in FACTS {
        draft.fact(fact, true, Some(found.contains(&effect)));
    }
    draft.fact(facts::CLOUDFORMATION_GRANTS_ADMINISTRATOR, true, Some(administrator));
    (found.contains(&Effect::Destroy), expires)
}

/// Nothing is known of what changes: every effect may be one of it.
pub(super) fn unknown(draft: &mut Draft) {
    FACTS.into_iter().for_each(|(_, fact)| draft.fact(fact, true, None));
    draft.fact(facts::CLOUDFORMATION_GRANTS_ADMINISTRATOR, true, None);
}

fn words(effect: Effect) -> &'static str {
    match effect {
        Effect::GuardRemoval => "a protection goes, or may go",
        Effect::RecoveryLoss => "what data could be restored from goes, or may go",
        Effect::Network => "who can reach what changes",
        Effect::Expose => "others may be let in",
        Effect::Exfiltrate => "data may be sent elsewhere",
        Effect::Privilege => "who may do what changes",
        Effect::Destroy => "data in it may expire, or go with what it loses",
        Effect::Interrupt => "what it holds is written over",
        _ => "it changes",
    }
}

#[cfg(test)]
mod tests;
