//! CloudFormation updates: UpdateStack is planned, ExecuteChangeSet is read.
//!
//! Of a direct update nothing says what it would replace. Interlock makes a change set of its own, `interlock-…`, with
//! the same template, parameters, capabilities, tags and role; waits until it is worked out; reads it, and takes it away
//! again, because a plan that stays grows stale and could be carried out by anybody. Where that fails the update is held,
//! and everything that the stack holds counts as if it could go. Each thing that is removed or replaced is forecast as
//! its own service's deletion would be, with what the template says becomes of it (`PolicyAction` of the change set, else
//! `DeletionPolicy` and `UpdateReplacePolicy`); a replacement that is only possible counts as one. Interlock makes no
//! change set that would run code, act under a role (one that the request names, or one that the stack keeps), or take its
//! template from an address: such an update is held. What stays and is changed has the effects that the calls of its own
//! service would have. Reads: DescribeStacks, ListStackResources, GetTemplate (as given, as it was worked out, of the plan),
//! DescribeChangeSet (and of nested stacks, one level deep), then those of each thing.

use std::collections::BTreeSet;

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Preparation, Read, Relation, Reversibility, TargetId,
};
use serde_json::{Map, Value, json};

use super::{
    super::{
        Look, OWN,
        answer::{Live, entries, text},
        draft::{Draft, digest},
    },
    bound, called, calls, is, kinds, original, parts,
    parts::Part,
    plan::{self, Falls, Plan},
    record, resources, role, subject, template, touch,
};
use crate::{rules::facts, stack_template};

const PREPARED: &str = "change set of interlock's own";
/// The template that the change set brings: read where a change refers to something that is not there yet.
const SET_TEMPLATE: &str = "template of the change set";

/// Members of an update that a change set takes.
const TAKEN: [&str; 11] = [
    "StackName",
    "TemplateBody",
    "TemplateURL",
    "UsePreviousTemplate",
    "Parameters",
    "Capabilities",
    "ResourceTypes",
    "RoleARN",
    "RollbackConfiguration",
    "NotificationARNs",
    "Tags",
];

/// The forecaster of updates.
pub(in crate::forecast) struct Update;

/// Whether the update takes the present template again.
fn again(action: &Action) -> bool {
    action.arguments.get("UsePreviousTemplate") == Some(&json!(true))
}

/// The template that the update brings: the request's, or the present one again, as it was given.
fn brought<'a>(action: &'a Action, answers: &'a Answers) -> Option<&'a str> {
    if again(action) { original(answers).found() } else { text(&action.arguments, "/TemplateBody") }
}

/// Why Interlock makes no change set of the update: it would be Interlock that runs the code, or acts under the role.
fn unplannable(action: &Action, answers: &Answers) -> Option<&'static str> {
    let given = |member: &str| action.arguments.get(member).is_some_and(|value| !value.is_null());
    let expands = json!("CAPABILITY_AUTO_EXPAND");
    let kept = subject(action).and_then(|(_, id)| role(record(action, answers, &id).found()?));
    if given("RoleARN") {
        Some("it names a role to act under, which interlock does not use to make a plan")
    } else if kept.is_some() {
        Some(
            "the stack keeps a role, which cloudformation would take, and interlock does not use to make a plan",
        )
    } else if entries(&action.arguments, "/Capabilities").contains(&expands) {
        Some("it lets macros run, which interlock does not do to make a plan")
    } else if given("TemplateURL") {
        Some("the template stands at an address: whoever can write there decides what is carried out")
    } else {
        match brought(action, answers) {
            Some(body) if stack_template::expands(body) => {
                Some("the template has macros or transforms, which interlock does not run to make a plan")
            }
            Some(_) => None,
            None => Some("the template could not be read"),
        }
    }
}

/// What is known of what the update or change set would do.
fn planned<'a>(action: &Action, answers: &'a Answers) -> Plan<'a> {
    match unplannable(action, answers).filter(|_| direct(action)) {
        Some(why) => Plan::Unknown(why.to_owned()),
        None => plan::plan(answers),
    }
}

fn direct(action: &Action) -> bool {
    is(action, &["UpdateStack"])
}

/// The change set that says what an update would do. Its name is made of what was asked for.
fn set(action: &Action) -> Option<Value> {
    let mut made = Map::new();
    for member in TAKEN {
        if let Some(value) = action.arguments.get(member) {
            made.insert(member.to_owned(), value.clone());
        }
    }
    let parts = json!([action.account, action.region, made]);
    let digest = interlock_action::digest_of("interlock change set v1", &parts).ok()?;
    made.insert("ChangeSetName".to_owned(), json!(format!("{OWN}{}", digest.short())));
    made.insert("ChangeSetType".to_owned(), json!("UPDATE"));
    made.insert("IncludeNestedStacks".to_owned(), json!(true));
    made.insert("Description".to_owned(), json!("made by interlock to be read, and not to be carried out"));
    Some(Value::Object(made))
}

/// The change set that is read: the one named, or Interlock's own.
fn named(action: &Action) -> Option<Value> {
    let set = if direct(action) { set(action)? } else { action.arguments.clone() };
    let mut named = Map::new();
    for member in ["ChangeSetName", "StackName"] {
        if let Some(value) = set.get(member) {
            named.insert(member.to_owned(), value.clone());
        }
    }
    named.contains_key("ChangeSetName").then_some(Value::Object(named))
}

/// The stack's name: an ARN of a change set does not say it, its record does.
fn stack_of<'a>(action: &'a Action, answers: &'a Answers) -> Option<(&'a str, TargetId)> {
    subject(action).or_else(|| {
        let set = super::super::answer::live(answers, plan::KEY).found()?;
        let acts = action.targets.iter().find(|target| target.relation == Relation::Acts)?;
        Some((text(set, "/StackName")?, acts.id.clone()))
    })
}

/// The things that go, or may go, and those that are changed and may lose something by it.
fn taken(action: &Action, answers: &Answers) -> Vec<Part> {
    let held = resources(answers);
    match planned(action, answers) {
        Plan::Known(changes) => {
            let mut parts = plan::parts(&changes, &held, template(answers), brought(action, answers));
            let body = super::super::answer::live(answers, SET_TEMPLATE).found();
            parts.extend(calls::parts(&changes, body.and_then(|body| text(body, "/TemplateBody"))));
            parts
        }
        Plan::Nothing => Vec::new(),
        Plan::Unknown(_) => {
            let all = plan::everything(&held, None, false);
            all.into_iter().filter(|part| kinds::bears(&part.kind) != Bears::No).collect()
        }
    }
}

impl Look for Update {
    fn knows(&self, action: &Action) -> bool {
        is(action, &["UpdateStack", "ExecuteChangeSet"]) && named(action).is_some()
    }

    fn wants(&self, action: &Action, so_far: &Answers) -> Vec<Read> {
        let mut reads = Vec::new();
        if let Some((stack, _)) = stack_of(action, so_far) {
            reads.extend(super::reads(action, stack));
            if again(action) {
                reads.push(super::original_read(action, stack));
            }
        }
        let prepared = so_far.get(PREPARED);
        let there = !direct(action) || matches!(prepared, Some(interlock_action::Answer::Found(_)));
        if let (true, Some(set)) = (there, named(action)) {
            let mut asked = set;
            if let Some(members) = asked.as_object_mut() {
                members.insert("IncludePropertyValues".to_owned(), json!(true));
            }
            reads.push(crate::call::read(action, plan::KEY, "cloudformation", "DescribeChangeSet", asked));
            reads.extend(plan::reads(action, so_far));
            if let Plan::Known(changes) = planned(action, so_far)
                && changes.iter().any(|(_, change)| calls::is_untold(change))
            {
                let set = named(action).unwrap_or_default();
                reads.push(crate::call::read(action, SET_TEMPLATE, "cloudformation", "GetTemplate", set));
            }
        }
        // What goes is told once the plan was looked for, or it is clear that none is made.
        let unplannable =
            direct(action) && so_far.contains_key(super::TEMPLATE) && unplannable(action, so_far).is_some();
        if so_far.contains_key(plan::KEY) || prepared.is_some_and(|_| !there) || unplannable {
            reads.extend(parts::reads(action, &taken(action, so_far), so_far));
            if let Plan::Known(changes) = planned(action, so_far) {
                reads.extend(touch::reads(action, &changes, so_far));
            }
        }
        reads
    }

    fn prepares(&self, action: &Action, so_far: &Answers) -> Option<Preparation> {
        let (_, id) = subject(action).filter(|_| direct(action))?;
        let status = text(record(action, so_far, &id).found()?, "/StackStatus")?;
        if status == "REVIEW_IN_PROGRESS" || status.starts_with("DELETE_") {
            return None;
        }
        if unplannable(action, so_far).is_some() {
            return None;
        }
        let make = crate::call::call(action, "cloudformation", "CreateChangeSet", set(action)?);
        let named = named(action)?;
        let read = crate::call::call(action, "cloudformation", "DescribeChangeSet", named.clone());
        let clear = crate::call::call(action, "cloudformation", "DeleteChangeSet", named);
        let done = vec![json!("CREATE_COMPLETE"), json!("FAILED")];
        Some(Preparation {
            key: PREPARED.to_owned(),
            why: "works out what the update of the stack would change".to_owned(),
            make,
            secrets: action.secrets.clone(),
            ready: (read, "/Status".to_owned(), done),
            clear,
        })
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((stack, id)) = stack_of(action, answers) else {
            draft.unknown("which stack it is about could not be read");
            return unknown(action, &TargetId::new("the stack"), "the stack", "it could not be read", draft);
        };
        let name = called(stack);
        match record(action, answers, &id) {
            Live::Found(record) => draft.bind(id.as_str(), bound(record)),
            Live::Absent => return,
            Live::Unread(why) => draft.unknown(format!("stack {name} could not be read: {why}")),
        }
        let plan = planned(action, answers);
        draft.bind(format!("{id} plan"), digest(&plan::bound(&plan)));
        let gone = taken(action, answers);
        let mut expires = false;
        match &plan {
            Plan::Known(changes) => {
                known(action, name, &id, changes, draft);
                let destroys;
                (destroys, expires) = touch::tell(action, &id, changes, answers, draft);
                if destroys {
                    draft.fact(facts::CLOUDFORMATION_REMOVES, true, Some(true));
                }
            }
            Plan::Nothing => {
                touch::tell(action, &id, &[], answers, draft);
                draft.planned();
                let refused = format!("stack {name} is like that already: the service will refuse");
                draft.change(&id, Kind::Stack, Effect::Update, refused);
                draft.fact(facts::CLOUDFORMATION_REMOVES, true, Some(false));
                draft.reversibility = Reversibility::Lossy;
            }
            Plan::Unknown(why) => {
                touch::unknown(draft);
                unplanned(name, &id, why, draft);
            }
        }
        let sum = parts::tell(action, &id, &gone, answers, draft);
        if sum.destroys() {
            draft.fact(facts::CLOUDFORMATION_REMOVES, true, Some(true));
        }
        let whole = !matches!(plan, Plan::Unknown(_)) || resources(answers).complete();
        if whole {
            let data = if expires { Bears::Yes } else { sum.data() };
            draft.observe(&id, Observed { data, ..Observed::default() });
            draft.secure(sum.securing());
        } else {
            unknown(action, &id, name, "what the stack holds could not be read", draft);
        }
        match direct(action) {
            true => about(action, name, &id, brought(action, answers), draft),
            false => {
                draft.rewrite = pinned(action, answers);
                if draft.rewrite.is_none() {
                    draft.unknown("which change set the name stands for could not be read");
                }
            }
        }
    }
}

/// The very change set that was read: another one may stand under its name when the request arrives.
fn pinned(action: &Action, answers: &Answers) -> Option<Value> {
    let set = super::super::answer::live(answers, plan::KEY).found()?;
    let id = text(set, "/ChangeSetId").filter(|id| id.starts_with("arn:"))?;
    let mut arguments = action.arguments.clone();
    arguments.as_object_mut()?.insert("ChangeSetName".to_owned(), json!(id));
    Some(arguments)
}

/// The lines of a plan that was read, but for what goes.
fn known(action: &Action, name: &str, id: &TargetId, changes: &[(String, &Value)], draft: &mut Draft) {
    draft.planned();
    let takes = changes.iter().any(|(_, change)| matches!(plan::falls(change), Falls::Takes { .. }));
    draft.fact(facts::CLOUDFORMATION_REMOVES, true, Some(takes));
    for (within, change) in changes {
        let (effect, verb) = match plan::falls(change) {
            Falls::Adds => (Effect::Create, "is made"),
            Falls::Within => (Effect::Update, "is changed in its place"),
            Falls::Takes { .. } => continue,
        };
        let thing = change.pointer("/ResourceChange/LogicalResourceId").and_then(Value::as_str);
        let thing = TargetId::new(format!("{id}#{}", thing.unwrap_or("?")));
        draft.change(&thing, Kind::Other, effect, format!("{} {verb}", plan::called(within, change)));
        if plan::touches_record(change) {
            draft.discover(kinds::part_of_the_record(action, thing));
        }
    }
    let what = format!("stack {name} is updated: {} changes", changes.len());
    draft.change(id, Kind::Stack, Effect::Update, what);
    // The template that it comes from can be had again; what is replaced or changed within cannot.
    draft.reversibility = if takes { Reversibility::None } else { Reversibility::Lossy };
}

/// No plan: everything that the stack holds counts as if it could go.
fn unplanned(name: &str, id: &TargetId, why: &str, draft: &mut Draft) {
    draft.unknown(format!("what the update of stack {name} would change is not known: {why}"));
    draft.change(
        id,
        Kind::Stack,
        Effect::Destroy,
        format!("stack {name} is updated: what would be removed or replaced is not known"),
    );
    draft.fact(facts::CLOUDFORMATION_REMOVES, true, None);
    draft.reversibility = Reversibility::None;
}

/// Nothing is known of what the stack holds.
fn unknown(action: &Action, id: &TargetId, name: &str, why: &str, draft: &mut Draft) {
    let held = format!("whatever stack {name} holds: {why}");
    draft.change(id, Kind::Stack, super::super::draft::leading(action), held.clone());
    draft.lose(held);
    draft.tally(super::super::tally::Tally::unread());
    draft.unknown(format!("stack {name}: {why}"));
    draft.secure(interlock_action::Securing::Impossible(format!("stack {name}: {why}")));
}

/// What else the request says, which no change set shows.
fn about(action: &Action, name: &str, id: &TargetId, body: Option<&str>, draft: &mut Draft) {
    let given = |member: &str| action.arguments.get(member).is_some_and(|value| !value.is_null());
    let values = entries(&action.arguments, "/Parameters").iter();
    let texts = body.into_iter().chain(values.filter_map(|one| text(one, "/ParameterValue")));
    let fetched: BTreeSet<&str> = texts.flat_map(stack_template::fetches).collect();
    for what in fetched {
        draft.unknown(format!(
            "{what} are fetched again when the update is carried out, and may be others then"
        ));
    }
    if given("StackPolicyDuringUpdateBody") || given("StackPolicyDuringUpdateURL") {
        let what = format!("for this update another policy says what of stack {name} may be touched");
        draft.change(id, Kind::Stack, Effect::GuardRemoval, what);
    }
    if given("StackPolicyBody") || given("StackPolicyURL") {
        let what = format!("the policy that says what of stack {name} may be touched is replaced");
        draft.change(id, Kind::Stack, Effect::Privilege, what);
    }
    if action.arguments.get("DisableRollback") == Some(&json!(true)) {
        draft.depend("what has been changed when the update fails stays as it is then".to_owned());
    }
}

#[cfg(test)]
mod tests;
