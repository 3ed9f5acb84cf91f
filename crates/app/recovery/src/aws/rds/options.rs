//! Options that are put into an option group.
//!
//! Kept: which of the named options it has. Back: the others are removed. Compared: the same. An option that it had, and
//! whose settings are changed, has no way back, nor has one that is removed.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, missing, sorted, step, text, word},
};

/// The way.
pub(super) struct Options;

fn group(deed: &Deed) -> Option<&str> {
    let removes = deed.arguments.get("OptionsToRemove").is_some_and(|gone| gone != &json!([]));
    text(deed, "/OptionGroupName").filter(|_| is(deed, "rds", &["ModifyOptionGroup"]) && !removes)
}

impl OneRead for Options {
    fn called(&self) -> &'static str {
        "rds/options"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("rds", "DescribeOptionGroups", json!({"OptionGroupName": group(deed)?})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the option group is not there")?;
        let named: Vec<&str> = list(&deed.arguments, "/OptionsToInclude")
            .iter()
            .filter_map(|one| word(one, "/OptionName"))
            .collect();
        let has =
            list(answer, "/OptionGroupsList/0/Options").iter().filter_map(|one| word(one, "/OptionName"));
        let has = has.filter(|name| named.contains(name)).map(Value::from);
        Ok(json!({"options": sorted(has.collect())}))
    }

    fn on(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        list(before, "/options").is_empty().then(|| Terms { minutes: 10, ..Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the option group is not named")?;
        let more = missing(at(before, "/options"), at(now, "/options"));
        if more.is_empty() {
            return Err(format!("options of {group} are gone"));
        }
        let arguments = json!({"OptionGroupName": group, "OptionsToRemove": more, "ApplyImmediately": true});
        let name = format!("remove the new options of {group}");
        Ok(vec![step(name, call(deed, "rds", "ModifyOptionGroup", arguments))])
    }
}
