//! Which tags costs are told by.
//!
//! Kept: the status of each named tag. Back: it is set again. Compared: the same. Lost, where a tag is set off: by it the costs of
//! the time between are not told.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, step, word},
};

/// The way.
pub(super) struct Tags;

fn named(deed: &Deed) -> Vec<&str> {
    let ours = is(deed, "ce", &["UpdateCostAllocationTagsStatus"]);
    let all = list(&deed.arguments, "/CostAllocationTagsStatus").iter();
    all.filter(|_| ours).filter_map(|one| word(one, "/TagKey")).collect()
}

impl OneRead for Tags {
    fn called(&self) -> &'static str {
        "ce/cost-tags"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let named = named(deed);
        let asked = json!({"TagKeys": named});
        (!named.is_empty()).then_some(Ask("ce", "ListCostAllocationTags", asked))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the tags are not told")?;
        let mut state = Map::new();
        for tag in named(deed) {
            let own = |one: &&Value| word(one, "/TagKey") == Some(tag);
            let told = list(answer, "/CostAllocationTags").iter().find(own);
            let told = told.ok_or_else(|| format!("the tag {tag} is not told"))?;
            state.insert(tag.to_owned(), at(told, "/Status").clone());
        }
        Ok(json!({"status": state}))
    }

    fn on(&self, deed: &Deed, _before: &Value) -> Option<Terms> {
        let all = list(&deed.arguments, "/CostAllocationTagsStatus").iter();
        let off = all.into_iter().any(|one| word(one, "/Status") != Some("Active"));
        let lost = "the tag on the costs of the time between";
        Some(if off { Terms::lossy(1, &[lost]) } else { Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (before, now) = (at(before, "/status"), at(now, "/status"));
        let changed = named(deed).into_iter().filter(|tag| before.get(*tag) != now.get(*tag));
        let set: Vec<Value> = changed.map(|tag| json!({"TagKey": tag, "Status": before.get(tag)})).collect();
        let arguments = json!({"CostAllocationTagsStatus": set});
        let update = call(deed, "ce", "UpdateCostAllocationTagsStatus", arguments);
        Ok(vec![step("tell costs by the tags they were told by", update)])
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Next, Reversibility};

    use super::*;
    use crate::aws::testing;

    fn deed(status: &str) -> Deed {
        let one = |key: &str| json!({"TagKey": key, "Status": status});
        testing::deed(
            "ce",
            "UpdateCostAllocationTagsStatus",
            json!({"CostAllocationTagsStatus": [one("team"), one("handle")]}),
        )
    }

    #[test]
    fn each_tag_is_set_as_it_was() {
        let deed = deed("Inactive");
        let told = |team: &str, other: &str| {
            let one =
                |key: &str, status: &str| json!({"TagKey": key, "Type": "UserDefined", "Status": status});
            let answer =
                json!({"CostAllocationTags": [one("team", team), one("handle", other), one("x", "Active")]});
            Tags.kept(&deed, Some(&answer)).unwrap()
        };
        let (before, now) = (told("Active", "Inactive"), told("Inactive", "Inactive"));
        let steps = Tags.remains(&deed, &before, &now).unwrap();
        let [Step { next: Next::Call(call), .. }] = steps.as_slice() else { panic!("{steps:?}") };
        let back = json!({"CostAllocationTagsStatus": [{"TagKey": "team", "Status": "Active"}]});
        assert_eq!((call.operation.verb(), &call.arguments), ("UpdateCostAllocationTagsStatus", &back));
        // A tag may be named as no member of a state is: it is compared like the others.
        let other = told("Active", "Active");
        assert_ne!(interlock_action::compared(&before), interlock_action::compared(&other));
        assert_eq!(Tags.kept(&deed, Some(&json!({"CostAllocationTags": []}))).ok(), None);
    }

    #[test]
    fn costs_of_the_time_between_are_told_without_a_tag_that_was_off() {
        let class = |status: &str| Tags.on(&deed(status), &Value::Null).unwrap().class;
        assert_eq!((class("Inactive"), class("Active")), (Reversibility::Lossy, Reversibility::Exact));
    }
}
