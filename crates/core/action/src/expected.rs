//! What was approved as part of a larger action: the changes that may then be made, each once.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Effect, Operation};

/// One change of an approved whole: a resource of a Terraform plan, and the calls by which it is made, changed or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedChange {
    /// What the whole calls it: `module.school.aws_s3_bucket.files["a"]`.
    pub address: String,
    /// Operations that may succeed so many times and no more: what makes it, what removes it.
    pub counted: BTreeMap<Operation, u32>,
    /// Operations that set it up, change it or empty it.
    pub around: BTreeSet<Operation>,
    /// What they may do, beside looking, making and changing.
    pub effects: BTreeSet<Effect>,
    /// Whether they may give administrator rights.
    pub administrator: bool,
    /// What they fall on: ids, in which `*` stands for what only the service chooses, and an address in braces for what a change
    /// of the same whole makes.
    pub targets: BTreeSet<String>,
    /// What it refers to of the same whole: addresses, with or without an attribute. What is made for those it may act on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub refers: BTreeSet<String>,
}

/// Calls around a change that nobody has to count, but that never end are no part of a change any more.
const MOST: u32 = 1_000;

impl ExpectedChange {
    /// How many times an operation may succeed for it; never, if it is no part of it.
    pub fn limit(&self, operation: &Operation) -> u32 {
        match self.counted.get(operation) {
            Some(limit) => *limit,
            None if self.around.contains(operation) => MOST,
            None => 0,
        }
    }

    /// Whether it refers to what is made at this address.
    pub fn refers_to(&self, address: &str) -> bool {
        let is = |one: &String| {
            one.strip_prefix(address).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        self.refers.iter().any(is)
    }

    /// Whether it makes or removes something by this operation.
    pub fn counts(&self, operation: &Operation) -> bool {
        self.counted.contains_key(operation)
    }

    /// Whether an effect is one that was told.
    pub fn tells(&self, effect: Effect) -> bool {
        matches!(effect, Effect::Read | Effect::Create | Effect::Update) || self.effects.contains(&effect)
    }
}

/// How an id fits a pattern of [`ExpectedChange::targets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit<'p> {
    /// It is that id.
    Exact,
    /// It is so but for what the service chooses.
    Chosen,
    /// It is so but for what this address stands for.
    Refers(&'p str),
}

/// Whether an id fits a pattern, and how.
pub fn fits<'p>(pattern: &'p str, id: &str) -> Option<Fit<'p>> {
    if let Some((head, rest)) = pattern.split_once('{')
        && let Some((address, tail)) = rest.split_once('}')
    {
        let tail = tail.trim_end_matches('*');
        let middle = id.strip_prefix(head)?;
        return (tail.is_empty() || middle.ends_with(tail)).then_some(Fit::Refers(address));
    }
    match pattern.split_once('*') {
        None => (pattern == id).then_some(Fit::Exact),
        // What stands in the middle is left open on both sides: the thing is named after it.
        Some((_, tail)) if !tail.is_empty() && pattern == id => Some(Fit::Exact),
        Some((head, tail)) => {
            let rest = id.strip_prefix(head)?;
            (tail.is_empty() || tail == "*" || rest.ends_with(tail)).then_some(Fit::Chosen)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fit_patterns() {
        let bucket = "arn:aws:s3:::files";
        assert_eq!(fits(bucket, bucket), Some(Fit::Exact));
        assert_eq!(fits(bucket, "arn:aws:s3:::other"), None);
        let group = "arn:aws:ec2:us-east-1:1:security-group/";
        assert_eq!(fits(&format!("{group}*"), &format!("{group}sg-1")), Some(Fit::Chosen));
        let of = format!("{group}{{aws_security_group.web}}");
        assert_eq!(fits(&of, &format!("{group}sg-1")), Some(Fit::Refers("aws_security_group.web")));
        assert_eq!(fits(&of, "arn:aws:ec2:us-east-1:1:vpc/vpc-1"), None);
        let scaled = "arn:aws:autoscaling:us-east-1:1:autoScalingGroup:*:autoScalingGroupName/";
        let web = format!("{scaled}web");
        assert_eq!(fits(&web, &web), Some(Fit::Exact));
        assert_eq!(fits(&web, &format!("{scaled}other")), None);
        assert_eq!(fits(&web, &web.replace('*', "0b1c")), Some(Fit::Chosen));
    }
}
