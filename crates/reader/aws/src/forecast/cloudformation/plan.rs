//! A change set, read: what CloudFormation itself says that it would do.

use std::collections::BTreeMap;

use interlock_action::{Action, Answers, Read};
use serde_json::{Value, json};

use super::{
    super::answer::{Listed, Live, live, text},
    kinds,
    parts::Part,
    template::{Keep, policies},
};

/// The key of the read of the change set.
pub(super) const KEY: &str = "change set";

/// The service's whole sentences for a change set that would change nothing. A part of one may stand in any reason,
/// also in one that quotes the template.
const NOTHING: [&str; 2] = [
    "No updates are to be performed.",
    "The submitted information didn't contain changes. Submit different information to create a change set.",
];

/// The key of the read of a nested stack's change set.
fn nested_key(id: &str) -> String {
    format!("change set {id}")
}

/// What is known of a plan.
pub(super) enum Plan<'a> {
    /// The changes that it would make, each with the names of the stacks that it is nested in.
    Known(Vec<(String, &'a Value)>),
    /// Nothing is different.
    Nothing,
    /// Nobody could tell: why.
    Unknown(String),
}

/// The changes of one change set.
fn changes<'a>(answers: &'a Answers, key: &str) -> Plan<'a> {
    let answer = match live(answers, key) {
        Live::Found(answer) => answer,
        Live::Absent => return Plan::Unknown("there is no such change set".to_owned()),
        Live::Unread(why) => return Plan::Unknown(why),
    };
    let reason = text(answer, "/StatusReason").unwrap_or("no reason is given");
    match text(answer, "/Status") {
        Some("CREATE_COMPLETE") => {}
        Some("FAILED") if NOTHING.contains(&reason.trim()) => return Plan::Nothing,
        Some(status) => return Plan::Unknown(format!("the change set is {status}: {reason}")),
        None => return Plan::Unknown("the change set's status is not told".to_owned()),
    }
    if text(answer, "/NextToken").is_some_and(|token| !token.is_empty()) {
        return Plan::Unknown("not every change of the change set was read".to_owned());
    }
    match answer.get("Changes") {
        Some(Value::Array(changes)) => {
            Plan::Known(changes.iter().map(|change| (String::new(), change)).collect())
        }
        _ => Plan::Unknown("the change set's answer has no changes".to_owned()),
    }
}

fn field<'a>(change: &'a Value, member: &str) -> Option<&'a str> {
    change.get("ResourceChange")?.get(member)?.as_str()
}

/// Whether it is the change of a nested stack, whose own changes are told beside it.
pub(super) fn is_stack(change: &Value) -> bool {
    field(change, "ResourceType") == Some("AWS::CloudFormation::Stack")
        && matches!(field(change, "Action"), Some("Add" | "Modify" | "Dynamic" | "Import"))
}

/// The plan with the plans of nested stacks, one level deep.
pub(super) fn plan(answers: &Answers) -> Plan<'_> {
    let top = match changes(answers, KEY) {
        Plan::Known(top) => top,
        other => return other,
    };
    let mut all = Vec::new();
    for (_, change) in top {
        if !is_stack(change) {
            all.push((String::new(), change));
            continue;
        }
        let name = field(change, "LogicalResourceId").unwrap_or("?");
        let nested = field(change, "ChangeSetId").map(|id| changes(answers, &nested_key(id)));
        match nested {
            Some(Plan::Known(inner)) if !inner.iter().any(|(_, change)| is_stack(change)) => {
                all.push((String::new(), change));
                all.extend(inner.into_iter().map(|(_, change)| (format!("{name}/"), change)));
            }
            Some(Plan::Nothing) => {}
            _ => return Plan::Unknown(format!("what changes within the nested stack {name} is not told")),
        }
    }
    Plan::Known(all)
}

/// The reads of the change sets of nested stacks.
pub(super) fn reads(action: &Action, so_far: &Answers) -> Vec<Read> {
    let Plan::Known(top) = changes(so_far, KEY) else { return Vec::new() };
    let ids = top.iter().filter(|(_, change)| is_stack(change));
    ids.filter_map(|(_, change)| field(change, "ChangeSetId"))
        .map(|id| {
            let arguments = json!({"ChangeSetName": id, "IncludePropertyValues": true});
            crate::call::read(action, nested_key(id), "cloudformation", "DescribeChangeSet", arguments)
        })
        .collect()
}

/// What a change is to the thing that it falls on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Falls {
    /// It is new, or taken into the stack as it is.
    Adds,
    /// It stays and is changed.
    Within,
    /// It goes, or another takes its place.
    Takes {
        /// Another takes its place.
        replaced: bool,
        /// It surely does.
        sure: bool,
    },
}

/// What is not told counts as the worst that it may be.
pub(super) fn falls(change: &Value) -> Falls {
    match (field(change, "Action"), field(change, "Replacement")) {
        (Some("Add" | "Import"), _) => Falls::Adds,
        (Some("Modify"), Some("False")) => Falls::Within,
        // A nested stack is its own changes, which are told beside it.
        (Some("Modify" | "Dynamic"), None) if is_stack(change) => Falls::Within,
        (Some("Modify"), Some("True")) => Falls::Takes { replaced: true, sure: true },
        (Some("Modify"), _) => Falls::Takes { replaced: true, sure: false },
        (Some("Remove"), _) => Falls::Takes { replaced: false, sure: true },
        _ => Falls::Takes { replaced: false, sure: false },
    }
}

/// `Courses (AWS::DynamoDB::Table)`.
pub(super) fn called(within: &str, change: &Value) -> String {
    let name = field(change, "LogicalResourceId").unwrap_or("?");
    format!("{within}{name} ({})", field(change, "ResourceType").unwrap_or("an unknown type"))
}

/// Whether the change touches the record of what happened.
pub(super) fn touches_record(change: &Value) -> bool {
    falls(change) != Falls::Adds && field(change, "ResourceType").is_none_or(kinds::records)
}

/// The things that a plan takes away. What becomes of each the plan itself says; else the present template, of what is
/// removed, and the new one, of what is replaced; else it goes.
pub(super) fn parts(
    plan: &[(String, &Value)],
    resources: &Listed<'_>,
    present: Option<&str>,
    new: Option<&str>,
) -> Vec<Part> {
    let removed = present.map(|body| policies(body, "DeletionPolicy")).unwrap_or_default();
    let replaced_by = new.map(|body| policies(body, "UpdateReplacePolicy")).unwrap_or_default();
    let mut parts = Vec::new();
    for (within, change) in plan {
        let Falls::Takes { replaced, sure } = falls(change) else { continue };
        let name = field(change, "LogicalResourceId").unwrap_or("?");
        let said = if replaced { replaced_by.get(name) } else { removed.get(name) };
        let said = said.copied().filter(|_| within.is_empty());
        let kind = field(change, "ResourceType").unwrap_or("an unknown type").to_owned();
        let physical = field(change, "PhysicalResourceId").map(str::to_owned);
        let physical = physical.or_else(|| physical_of(resources, name).filter(|_| within.is_empty()));
        parts.push(Part {
            logical: format!("{within}{name}"),
            keep: settled(&kind, field(change, "PolicyAction"), said, replaced),
            kind,
            physical,
            replaced,
            sure,
            changed: None,
        });
    }
    parts
}

fn settled(kind: &str, action: Option<&str>, said: Option<Keep>, replaced: bool) -> Keep {
    let keep = match action {
        Some("Retain" | "ReplaceAndRetain") => Keep::Retain,
        Some("Snapshot" | "ReplaceAndSnapshot") => Keep::Snapshot,
        Some(_) => Keep::Delete,
        None if !replaced && said.is_none() && kinds::snapshot_by_default(kind) => Keep::Snapshot,
        None => said.unwrap_or(Keep::Delete),
    };
    if keep == Keep::Snapshot && !kinds::takes_snapshot(kind) { Keep::Delete } else { keep }
}

fn physical_of(resources: &Listed<'_>, logical: &str) -> Option<String> {
    let own = resources.entries().iter().find(|one| text(one, "/LogicalResourceId") == Some(logical))?;
    text(own, "/PhysicalResourceId").filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Everything that a stack holds, as things that go. `policies`: the template whose words count, if any do.
pub(super) fn everything(resources: &Listed<'_>, template: Option<&str>, sure: bool) -> Vec<Part> {
    let said = template.map(|body| policies(body, "DeletionPolicy")).unwrap_or_default();
    let there =
        resources.entries().iter().filter(|one| text(one, "/ResourceStatus") != Some("DELETE_COMPLETE"));
    let part = |one: &&Value| {
        let logical = text(one, "/LogicalResourceId")?.to_owned();
        let kind = text(one, "/ResourceType")?.to_owned();
        let keep = if sure { settled(&kind, None, said.get(&logical).copied(), false) } else { Keep::Delete };
        let physical = text(one, "/PhysicalResourceId").filter(|id| !id.is_empty()).map(str::to_owned);
        Some(Part { logical, kind, physical, keep, replaced: false, sure, changed: None })
    };
    there.filter_map(part).collect()
}

/// The plan as an approval is bound to it.
pub(super) fn bound(plan: &Plan<'_>) -> Value {
    match plan {
        Plan::Known(changes) => json!(by_name(changes)),
        Plan::Nothing => json!("nothing"),
        Plan::Unknown(_) => Value::Null,
    }
}

fn by_name<'a>(changes: &[(String, &'a Value)]) -> BTreeMap<String, Vec<Option<&'a Value>>> {
    let members = ["Action", "Replacement", "PhysicalResourceId", "PolicyAction", "Scope", "Details"];
    let fields = |change: &'a Value| {
        let change = change.get("ResourceChange");
        members.iter().map(|member| change.and_then(|change| change.get(*member))).collect()
    };
    changes.iter().map(|(within, change)| (called(within, change), fields(change))).collect()
}
