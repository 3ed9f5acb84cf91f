//! What a stage of an API is set to, patched member by member.
//!
//! Kept: the value at each path that is replaced. Back: a patch that replaces it again. Compared: the same. Not a way back: a
//! path that no member of the stage stands for, such as the settings of methods.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Stage;

/// The paths that are members of the stage.
const PATHS: [&str; 7] = [
    "/description",
    "/deploymentId",
    "/clientCertificateId",
    "/documentationVersion",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/tracingEnabled",
];

/// The paths that the deed replaces; `None` where it does anything else.
fn paths(deed: &Deed) -> Option<Vec<&str>> {
    let patches = list(&deed.arguments, "/patchOperations");
    let path = |patch| {
        let path = word(patch, "/path").filter(|_| word(patch, "/op") == Some("replace"))?;
        let variable = path.strip_prefix("/variables/").is_some_and(|name| !name.contains('/'));
        (PATHS.contains(&path) || variable).then_some(path)
    };
    let paths: Option<Vec<&str>> = patches.iter().map(path).collect();
    paths.filter(|paths| !paths.is_empty() && is(deed, "apigateway", &["UpdateStage"]))
}

fn place(deed: &Deed) -> Value {
    only(&deed.arguments, &["restApiId", "stageName"])
}

impl OneRead for Stage {
    fn called(&self) -> &'static str {
        "apigateway/stage"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        paths(deed).map(|_| Ask("apigateway", "GetStage", place(deed)))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the stage is not there")?;
        let one = |path: &str| {
            let plain = match answer.pointer(path) {
                None | Some(Value::Null) if path.ends_with("Enabled") => "false".to_owned(),
                None | Some(Value::Null) if path == "/description" => String::new(),
                None | Some(Value::Null) => return (path.to_owned(), Value::Null),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            (path.to_owned(), Value::String(plain))
        };
        let paths = paths(deed).ok_or("the patch is not known")?;
        Ok(Value::Object(paths.into_iter().map(one).collect::<Map<_, _>>()))
    }

    fn on(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        // A variable that was not there is removed; what else was not told cannot be set so.
        let known = |(path, value): (&String, &Value)| !value.is_null() || path.starts_with("/variables/");
        before.as_object()?.iter().all(known).then(Terms::exact)
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let mut patches = Vec::new();
        for (path, value) in before.as_object().into_iter().flatten() {
            if now.get(path) != Some(value) {
                let op = if value.is_null() { "remove" } else { "replace" };
                patches.push(with(json!({"op": op, "path": path}), json!({"value": value})));
            }
        }
        let arguments = with(place(deed), json!({"patchOperations": patches}));
        let name = format!("set stage {} back", text(deed, "/stageName").unwrap_or("?"));
        Ok(vec![step(name, call(deed, "apigateway", "UpdateStage", arguments))])
    }
}
