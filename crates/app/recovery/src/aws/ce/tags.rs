//! Which tags costs are told by.
//!
//! Kept: the status of each named tag. Back: it is set again. Compared: the same. Costs of the time between are told without
//! a tag that was off.

use interlock_action::{Deed, Step};
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
        Ok(Value::Object(state))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let changed = named(deed).into_iter().filter(|tag| before.get(*tag) != now.get(*tag));
        let set: Vec<Value> = changed.map(|tag| json!({"TagKey": tag, "Status": before.get(tag)})).collect();
        let arguments = json!({"CostAllocationTagsStatus": set});
        let update = call(deed, "ce", "UpdateCostAllocationTagsStatus", arguments);
        Ok(vec![step("tell costs by the tags they were told by", update)])
    }
}
