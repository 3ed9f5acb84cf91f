//! Amazon API Gateway: stages and definitions that are in use.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::{Rule, Shape, claim, only_if};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "api-stage-changed",
        finds: "another deployment, variables or limits for a stage",
        shape: Shape::Setting,
        operations: &[("apigateway", "UpdateStage"), ("apigatewayv2", "UpdateStage")],
        test: stage,
    },
    Rule {
        id: "api-stage-guard-off",
        finds: "a stage's log, firewall or client certificate taken away",
        shape: Shape::GuardRemoval,
        operations: &[("apigateway", "UpdateStage")],
        test: |subject| {
            let gone = subject.all("patchOperations[]").into_iter().any(|patch| {
                let text = |name: &str| patch.get(name).and_then(Value::as_str).unwrap_or_default();
                let path = text("path").to_ascii_lowercase();
                let log = path.contains("/logging/") && text("value").eq_ignore_ascii_case("OFF");
                let removed = text("op") == "remove" || text("value").is_empty();
                log || (removed
                    && ["accesslogsettings", "webacl", "clientcertificate"]
                        .iter()
                        .any(|word| path.contains(word)))
            });
            only_if(gone, claim(Effect::GuardRemoval, "takes a protection, or the log, from the stage"))
        },
    },
    Rule {
        id: "api-replaced",
        finds: "a whole API written over",
        shape: Shape::Setting,
        operations: &[("apigateway", "PutRestApi"), ("apigatewayv2", "ReimportApi")],
        test: |subject| {
            only_if(
                subject.text("mode") == Some("overwrite") || subject.is("apigatewayv2", "ReimportApi"),
                claim(Effect::Interrupt, "takes away every method that the new definition leaves out"),
            )
        },
    },
];

/// Words in the paths of a patch, and what a change of them does.
const PATHS: [(&str, Effect, &str); 4] = [
    ("deploymentid", Effect::Interrupt, "puts another deployment of the API into service"),
    ("throttling", Effect::Interrupt, "changes how many requests are let through"),
    ("canarysettings", Effect::Interrupt, "sends a part of the requests to another deployment"),
    ("variables", Effect::Execute, "changes what the stage's integrations call"),
];

fn stage(subject: &Subject<'_>) -> Vec<Claim> {
    let mut paths: Vec<String> = ["patchOperations[].path", "patchOperations[].from"]
        .iter()
        .flat_map(|path| subject.texts(path))
        .map(str::to_ascii_lowercase)
        .collect();
    // The newer API has members instead of paths. A limit other than none at all is a limit.
    let limits = ["ThrottlingRateLimit", "ThrottlingBurstLimit"];
    let none = limits.iter().any(|limit| {
        let of = |at: &str| subject.all(&format!("{at}.{limit}"));
        of("DefaultRouteSettings")
            .into_iter()
            .chain(of("RouteSettings.*"))
            .any(|value| value.as_f64() == Some(0.0))
    });
    paths.extend(none.then(|| "throttling".to_owned()));
    paths.extend(subject.has("DeploymentId").then(|| "deploymentid".to_owned()));
    paths.extend(subject.has("StageVariables").then(|| "variables".to_owned()));
    PATHS
        .iter()
        .filter(|(word, ..)| paths.iter().any(|path| path.contains(word)))
        .map(|(_, effect, why)| claim(*effect, *why))
        .collect()
}
