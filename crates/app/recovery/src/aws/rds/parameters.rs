//! Parameters of a parameter group.
//!
//! Kept: the values of the named parameters that somebody set. Back: they are set again; one that had its default is reset.
//! Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Parameters;

fn group(deed: &Deed) -> Option<&str> {
    text(deed, "/DBParameterGroupName").filter(|_| is(deed, "rds", &["ModifyDBParameterGroup"]))
}

/// The parameters that the deed names, each with the way it is applied.
fn named(deed: &Deed) -> impl Iterator<Item = (&str, &Value)> {
    let all = list(&deed.arguments, "/Parameters").iter();
    all.filter_map(|one| Some((word(one, "/ParameterName")?, at(one, "/ApplyMethod"))))
}

impl OneRead for Parameters {
    fn called(&self) -> &'static str {
        "rds/parameters"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let group = group(deed)?;
        Some(Ask("rds", "DescribeDBParameters", json!({"DBParameterGroupName": group, "Source": "user"})))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the parameter group is not there")?;
        if !at(answer, "/Marker").is_null() {
            return Err("there are more parameters than one answer tells".to_owned());
        }
        let set = |name: &str| {
            let own = |one: &&Value| word(one, "/ParameterName") == Some(name);
            list(answer, "/Parameters").iter().find(own).map(|one| at(one, "/ParameterValue").clone())
        };
        let kept = named(deed).map(|(name, _)| (name.to_owned(), set(name).unwrap_or_default()));
        Ok(Value::Object(kept.collect::<Map<_, _>>()))
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let group = group(deed).ok_or("the parameter group is not named")?;
        let (mut set, mut reset) = (Vec::new(), Vec::new());
        for (name, how) in named(deed).filter(|(name, _)| before.get(*name) != now.get(*name)) {
            let parameter = json!({"ParameterName": name, "ApplyMethod": how});
            match before.get(name).filter(|value| !value.is_null()) {
                Some(value) => set.push(with(parameter, json!({"ParameterValue": value}))),
                None => reset.push(parameter),
            }
        }
        let mut steps = Vec::new();
        for (parameters, operation, words) in [
            (set, "ModifyDBParameterGroup", "set parameters back"),
            (reset, "ResetDBParameterGroup", "reset parameters"),
        ] {
            if !parameters.is_empty() {
                let place = only(&deed.arguments, &["DBParameterGroupName"]);
                let arguments = with(place, json!({"Parameters": parameters}));
                steps.push(step(format!("{words} of {group}"), call(deed, "rds", operation, arguments)));
            }
        }
        Ok(steps)
    }
}
