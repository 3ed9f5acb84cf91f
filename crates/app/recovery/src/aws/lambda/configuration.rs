//! The configuration of a function.
//!
//! Kept: every setting that an update takes; the environment may hold secrets. Back: what differs is set again. Compared:
//! all that is kept. Not a way back: an update that says more than is kept.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{
        at, busy, call, changed, is, list, only, sends_only, sorted, standing, step, text, wait, what, with,
        word,
    },
};

/// The way.
pub(super) struct Configuration;

/// What is kept in a form of its own.
const FORMED: &[&str] = &[
    "FunctionName",
    "VpcConfig",
    "Environment",
    "Layers",
    "DeadLetterConfig",
    "KMSKeyArn",
    "TracingConfig",
    "SnapStart",
    "ImageConfig",
];

fn function(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[PLAIN, FORMED]);
    text(deed, "/FunctionName").filter(|_| known && is(deed, "lambda", &["UpdateFunctionConfiguration"]))
}

const PLAIN: &[&str] = &[
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Runtime",
    "FileSystemConfigs",
    "EphemeralStorage",
    "LoggingConfig",
];

/// Every setting of a function that is told as it is set; what is not there as what takes it away.
pub(super) fn settings(answer: &Value) -> Value {
    let network = |member: &str| sorted(list(answer, &format!("/VpcConfig/{member}")).to_vec());
    let layers = list(answer, "/Layers").iter().map(|layer| at(layer, "/Arn").clone());
    let variables = at(answer, "/Environment/Variables");
    let more = json!({
        "VpcConfig": {"SubnetIds": network("SubnetIds"), "SecurityGroupIds": network("SecurityGroupIds")},
        "Environment": {"Variables": if variables.is_null() { json!({}) } else { variables.clone() }},
        "Layers": layers.collect::<Vec<_>>(),
        "DeadLetterConfig": {"TargetArn": word(answer, "/DeadLetterConfig/TargetArn").unwrap_or_default()},
        "KMSKeyArn": word(answer, "/KMSKeyArn").unwrap_or_default(),
        "TracingConfig": {"Mode": word(answer, "/TracingConfig/Mode").unwrap_or("PassThrough")},
        "SnapStart": {"ApplyOn": word(answer, "/SnapStart/ApplyOn").unwrap_or("None")},
        "ImageConfig": at(answer, "/ImageConfigResponse/ImageConfig"),
    });
    with(only(answer, PLAIN), more)
}

impl OneRead for Configuration {
    fn called(&self) -> &'static str {
        "lambda/configuration"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("lambda", "GetFunctionConfiguration", json!({"FunctionName": function(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the function is not there")?;
        let working = word(answer, "/LastUpdateStatus") == Some("InProgress");
        Ok(standing(settings(answer), json!({"busy": working})))
    }

    fn on(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms { minutes: 3, ..Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let function = function(deed).ok_or("the function is not named")?;
        let waits = wait(format!("wait for {function}"));
        let differing = changed(what(before), what(now));
        if differing == json!({}) {
            return Ok(Vec::new());
        }
        let words: Vec<&str> =
            differing.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        let name = format!("set {} of {function} back", words.join(", "));
        // No update is taken while another is at work.
        let mut steps: Vec<Step> = if busy(now) { vec![waits] } else { Vec::new() };
        let arguments = with(differing.clone(), json!({"FunctionName": function}));
        steps.push(step(name, call(deed, "lambda", "UpdateFunctionConfiguration", arguments)));
        Ok(steps)
    }
}
