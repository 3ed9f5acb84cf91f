//! What an attribute will be that refers to a resource which the same plan makes.
//!
//! `bucket = aws_s3_bucket.site.id` is not known before the bucket is there; what it is called is. Where nothing is known, the
//! address stands in its place, in braces: it is something new, and none of the things that are there.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use interlock_action::{Relation, Target};
use serde_json::{Map, Value};

use crate::{
    calls::{self, Place},
    plan::{Act, Change, Plan, Region, Regions, references},
};

/// Attributes by which a resource is one of its kind in an account: who makes one of the same takes over what is there, or fails.
pub(crate) const NAMES: [&str; 12] = [
    "arn",
    "identifier",
    "cluster_identifier",
    "bucket",
    "function_name",
    "replication_group_id",
    "cluster_id",
    "table_name",
    "domain_name",
    "repository",
    "key_name",
    "name",
];

/// The names that a resource goes by.
pub(crate) fn names(attributes: &Value) -> BTreeSet<String> {
    NAMES.iter().filter_map(|name| named(attributes, name)).collect()
}

fn named(attributes: &Value, name: &str) -> Option<String> {
    attributes.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// What a plan makes, by address without instance keys; what it makes several of is not in it.
pub(crate) struct Made<'p> {
    by_address: BTreeMap<String, Option<&'p Change>>,
    regions: &'p Regions,
    place: Place<'p>,
}

impl<'p> Made<'p> {
    /// Out of a plan.
    pub(crate) fn of(plan: &'p Plan, place: Place<'p>) -> Self {
        let mut made: BTreeMap<String, Option<&Change>> = BTreeMap::new();
        for change in plan.changes.iter().filter(|change| change.act.makes()) {
            made.entry(change.configured()).and_modify(|several| *several = None).or_insert(Some(change));
        }
        Self { by_address: made, regions: &plan.configuration.regions, place }
    }

    /// The ARN that something will have, where its own call tells.
    fn arn(&self, made: &Change) -> Option<String> {
        let written = self.regions.of(&made.configured());
        let region = match &written {
            Region::Named(region) => Some(region.as_str()),
            Region::Own => self.place.region,
            Region::Open => None,
        };
        let calls = calls::calls(made, Place { region, ..self.place })?;
        let new =
            |target: &&Target| target.relation == Relation::Creates && !target.id.as_str().contains('*');
        calls.judged.iter().flat_map(|call| &call.targets).find(new).map(|target| target.id.to_string())
    }

    /// The change with what it refers to in the place of what is not known yet, and what is written of it and stays unknown.
    pub(crate) fn resolved<'c>(&self, change: &'c Change, plan: &Plan) -> (Cow<'c, Change>, Vec<String>) {
        let marks = change.unknown.as_object().into_iter().flatten().filter(|(_, mark)| holds(mark));
        let configured = change.configured();
        let written = plan.configuration.expressions.get(&configured);
        let (mut found, mut open) = (Map::new(), Vec::new());
        for (name, mark) in marks {
            let all = || -> Option<Value> {
                let all = written?.references.get(name)?;
                let mut all: Vec<Value> =
                    all.iter().map(|one| self.reference(one).map(Value::from)).collect::<Option<_>>()?;
                match all.len() {
                    1 => all.pop(),
                    // Several make a list, or a text of several parts.
                    _ => name.ends_with('s').then_some(Value::Array(all)),
                }
            };
            // A block, with something in it that refers to what is new.
            let block = || -> Option<Value> {
                let mut block = change.after.get(name)?.clone();
                let within = configured.rsplitn(3, '.').nth(2).map(|path| format!("{path}."));
                let within = within.unwrap_or_default();
                self.fill(&within, mark, written?.written.get(name)?, &mut block).then_some(block)
            };
            let value = if *mark == Value::Bool(true) { all() } else { block() };
            match value {
                Some(value) => drop(found.insert(name.clone(), value)),
                // What nobody wrote the service fills in; of a resource whose text is not told all may be written.
                None if written.is_none_or(|written| is_written(mark, written.written.get(name))) => {
                    open.push(name.clone());
                }
                None => {}
            }
        }
        if written.is_none() && change.act == Act::Create {
            open.clear();
        }
        if found.is_empty() {
            return (Cow::Borrowed(change), open);
        }
        let mut resolved = change.clone();
        if let Some(after) = resolved.after.as_object_mut() {
            after.extend(found);
        }
        (Cow::Owned(resolved), open)
    }

    /// Puts what references come to in where a tree of marks says that a value is not known; whether that is all of what is written.
    fn fill(&self, within: &str, marks: &Value, written: &Value, value: &mut Value) -> bool {
        match (marks, written) {
            (Value::Array(marks), Value::Array(of)) => {
                let Some(values) = value.as_array_mut() else { return !holds(&Value::Array(marks.clone())) };
                let mut blocks = marks.iter().zip(values).enumerate();
                blocks.all(|(at, (marks, value))| {
                    of.get(at).or_else(|| of.first()).is_some_and(|of| self.fill(within, marks, of, value))
                })
            }
            (Value::Object(marks), Value::Object(of)) => marks.iter().filter(|(_, mark)| holds(mark)).all(
                // What nobody wrote the service fills in.
                |(name, mark)| match (of.get(name), value.as_object_mut()) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(of), Some(members)) => {
                        self.fill(within, mark, of, members.entry(name.clone()).or_insert(Value::Null))
                    }
                },
            ),
            (Value::Bool(true), written) => {
                let of = references(written).unwrap_or_default();
                let [one] = of.as_slice() else { return false };
                let told = self.reference(&format!("{within}{one}"));
                *value = told.clone().map_or(Value::Null, Value::from);
                told.is_some()
            }
            (marks, _) => !holds(marks),
        }
    }

    /// What a reference will be, `aws_s3_bucket.site.id`.
    fn reference(&self, reference: &str) -> Option<String> {
        let (address, attribute) = reference.rsplit_once('.')?;
        let address = address.split('[').next()?;
        let instance = format!("{{{address}}}");
        // What is no thing of the cloud may be any text.
        let made = self
            .by_address
            .get(address)
            .filter(|_| address.rsplit('.').nth(1).is_some_and(|kind| kind.starts_with("aws_")))?;
        if !["id", "arn", "name", "bucket", "key_id", "zone_id", "url", "identifier", "cluster_identifier"]
            .contains(&attribute)
        {
            return None;
        }
        let told = made.and_then(|made| match attribute {
            // Whose id is no number of the service's own is called by its name.
            "id" => {
                NAMES.iter().find_map(|name| named(&made.after, name)).filter(|_| !is_numbered(&made.kind))
            }
            "arn" => named(&made.after, "arn").or_else(|| self.arn(made)),
            name => named(&made.after, name),
        });
        Some(told.unwrap_or_else(|| match attribute {
            "arn" => format!("arn:aws:::{instance}"),
            _ => instance,
        }))
    }
}

/// Whether anything is written where a tree of marks says that it is not known.
fn is_written(marks: &Value, expression: Option<&Value>) -> bool {
    match (marks, expression) {
        (_, None) => false,
        // An expression, and no block of them.
        (marks, Some(Value::Object(of)))
            if of.contains_key("references") || of.contains_key("constant_value") =>
        {
            holds(marks)
        }
        (Value::Object(marks), Some(Value::Object(of))) => {
            marks.iter().any(|(name, marks)| is_written(marks, of.get(name)))
        }
        (Value::Array(marks), Some(Value::Array(of))) => {
            let block = |at: usize| of.get(at).or_else(|| of.first());
            marks.iter().enumerate().any(|(at, marks)| is_written(marks, block(at)))
        }
        (marks, Some(_)) => holds(marks),
    }
}

/// Whether anything in a tree of marks is marked.
pub(crate) fn holds(marks: &Value) -> bool {
    match marks {
        Value::Bool(mark) => *mark,
        Value::Array(marks) => marks.iter().any(holds),
        Value::Object(marks) => marks.values().any(holds),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// Whether the service gives things of this type an id of its own.
fn is_numbered(kind: &str) -> bool {
    const NUMBERED: [&str; 12] = [
        "aws_vpc",
        "aws_subnet",
        "aws_security_group",
        "aws_instance",
        "aws_route",
        "aws_network",
        "aws_nat_",
        "aws_internet_",
        "aws_eip",
        "aws_ebs_",
        "aws_launch_template",
        "aws_efs_",
    ];
    NUMBERED.iter().any(|start| kind.starts_with(start))
}
