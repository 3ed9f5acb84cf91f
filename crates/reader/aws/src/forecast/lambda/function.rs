//! Lambda functions: deleted, given other code, another configuration, another concurrency.
//!
//! The code of a function is not read, so that nothing brings it back but a published version: code that no version
//! holds is gone when it is replaced, and everything goes with the function, its versions and aliases among it. What
//! calls it keeps calling. A reserved concurrency of zero stops it. Environment variables are never looked at. Reads:
//! ListVersionsByFunction, ListAliases, ListEventSourceMappings, GetFunctionConcurrency.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use crate::rules::facts;

use super::{
    super::{
        Look,
        answer::{Listed, Live, listed, live, number, or_dash, text},
        arn,
        compare::diff,
        draft::{Draft, leading},
        existence, words,
    },
    is, subject, unqualified,
};

const VERSIONS: &str = "versions of the function";
const ALIASES: &str = "aliases of the function";
const SOURCES: &str = "event sources of the function";

/// The forecaster of functions.
pub(in crate::forecast) struct Function;

const OPERATIONS: [&str; 5] = [
    "DeleteFunction",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "PutFunctionConcurrency",
    "DeleteFunctionConcurrency",
];

impl Look for Function {
    fn knows(&self, action: &Action) -> bool {
        is(action, &OPERATIONS) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((given, _, id)) = subject(action) else { return Vec::new() };
        let of = json!({ "FunctionName": unqualified(given) });
        let read =
            |key: &str, operation: &str| crate::call::read(action, key, "lambda", operation, of.clone());
        vec![
            read(&existence::live_key(&id), "GetFunctionConcurrency"),
            read(VERSIONS, "ListVersionsByFunction"),
            read(ALIASES, "ListAliases"),
            read(SOURCES, "ListEventSourceMappings"),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((_, name, id)) = subject(action) else { return };
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let concurrency = match live(answers, &existence::live_key(&id)) {
            Live::Found(answer) => answer,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(action, (&format!("function {name}"), &id, Kind::Function), &why);
            }
        };
        let versions = listed(answers, VERSIONS, "Versions");
        draft.gap(versions.gap(&format!("versions of {name}")));
        let latest = versions.entries().iter().find(|one| text(one, "/Version") == Some("$LATEST")).copied();
        let sha = latest.and_then(|latest| latest.get("CodeSha256"));
        draft.bind(id.as_str(), json!({"CodeSha256": sha, "concurrency": concurrency}));
        depend(answers, name, draft);
        match action.operation.verb() {
            "DeleteFunction" => delete(action, answers, name, &id, &versions, draft),
            "UpdateFunctionCode" => code(action, name, &id, latest, &versions, draft),
            "UpdateFunctionConfiguration" => configure(action, name, &id, latest, draft),
            _ => reserve(action, name, &id, concurrency, draft),
        }
    }
}

/// Who calls it.
fn depend(answers: &Answers, name: &str, draft: &mut Draft) {
    let aliases = listed(answers, ALIASES, "Aliases");
    draft.gap(aliases.gap(&format!("aliases of {name}")));
    for alias in aliases.entries() {
        let (called, version) = (or_dash(alias, "/Name"), or_dash(alias, "/FunctionVersion"));
        draft.depend(format!("alias {called} stands for version {version}"));
    }
    let sources = listed(answers, SOURCES, "EventSourceMappings");
    draft.gap(sources.gap(&format!("event sources of {name}")));
    for source in sources.entries() {
        let from = text(source, "/EventSourceArn").map(arn::last).unwrap_or("an event source");
        draft.depend(format!("it takes what comes from {from}"));
    }
    draft.unknown(format!("who else calls {name} was not looked at"));
}

fn size(version: &Value) -> String {
    number(version, "/CodeSize").map_or_else(|| "size not told".to_owned(), words::bytes)
}

/// A published version that has this code.
fn kept<'a>(versions: &Listed<'a>, sha: Option<&str>) -> Option<&'a str> {
    let same = |one: &&&Value| text(one, "/Version") != Some("$LATEST") && text(one, "/CodeSha256") == sha;
    versions.entries().iter().filter(|_| sha.is_some()).find(same).and_then(|one| text(one, "/Version"))
}

fn delete(
    action: &Action,
    answers: &Answers,
    name: &str,
    id: &TargetId,
    versions: &Listed<'_>,
    draft: &mut Draft,
) {
    let in_arn = arn::parse(id.as_str()).and_then(|arn| arn.resource.split(':').nth(2));
    draft.reversibility = Reversibility::None;
    if let Some(version) = text(&action.arguments, "/Qualifier").or(in_arn) {
        let own = versions.entries().iter().find(|one| text(one, "/Version") == Some(version));
        let size = own.map_or_else(|| "size not told".to_owned(), |own| size(own));
        let what = format!("version {version} of function {name} ({size}) is deleted");
        draft.change(id, Kind::Function, Effect::Destroy, what);
        let aliases = listed(answers, ALIASES, "Aliases");
        let named = aliases.entries().iter().any(|alias| text(alias, "/FunctionVersion") == Some(version));
        if named {
            let refused = format!("an alias stands for version {version}: the service will refuse");
            draft.change(id, Kind::Function, Effect::Destroy, refused);
        }
    } else {
        let published = versions.entries().len().saturating_sub(1) as u64;
        let latest = versions.entries().first().map_or_else(|| "size not told".to_owned(), |one| size(one));
        let many = words::count(published, "published version");
        let what = format!("function {name} ({latest}, {many}) is deleted with its aliases");
        draft.change(id, Kind::Function, Effect::Destroy, what);
    }
    draft.lose(format!("the deployed code of {name}, unless it is kept elsewhere"));
    draft.unknown(format!("whether the code of {name} is kept anywhere else is not told"));
}

fn code(
    action: &Action,
    name: &str,
    id: &TargetId,
    latest: Option<&Value>,
    versions: &Listed<'_>,
    draft: &mut Draft,
) {
    let sha = latest.and_then(|latest| text(latest, "/CodeSha256"));
    let from = text(&action.arguments, "/S3Key")
        .map(|key| format!("s3://{}/{key}", or_dash(&action.arguments, "/S3Bucket")))
        .or_else(|| text(&action.arguments, "/ImageUri").map(str::to_owned))
        .unwrap_or_else(|| "an archive in the request".to_owned());
    let now = latest.map_or_else(|| "unread".to_owned(), size);
    let what = format!("the code of {name} ({now}) is replaced by {from}");
    draft.change(id, Kind::Function, Effect::Update, what);
    match kept(versions, sha) {
        Some(version) => {
            draft.depend(format!("version {version} holds the present code"));
            draft.reversibility = Reversibility::Lossy;
        }
        None => {
            draft.lose(format!("the present code of {name}: no published version holds it"));
            draft.reversibility = Reversibility::None;
        }
    }
    if text(&action.arguments, "/S3Key").is_some() && text(&action.arguments, "/S3ObjectVersion").is_none() {
        draft.unknown("the code stands at a key: whoever can write there decides what is deployed");
    }
}

fn configure(action: &Action, name: &str, id: &TargetId, latest: Option<&Value>, draft: &mut Draft) {
    let Some(latest) = latest else {
        draft.change(id, Kind::Function, leading(action), format!("the configuration of {name} changes"));
        return;
    };
    let limits = diff::lowered(action, latest, &[("/Timeout", "/Timeout"), ("/MemorySize", "/MemorySize")]);
    draft.fact(facts::LAMBDA_LIMITS_LOWERED, true, Some(limits));
    diff::changes(action, id, Kind::Function, latest, draft);
    let members =
        ["Runtime", "Role", "Handler", "Timeout", "MemorySize", "Description", "VpcConfig", "Layers"];
    let state: Vec<Value> = members.iter().map(|member| json!([member, latest.get(*member)])).collect();
    draft.bind(format!("{id} configuration"), json!(state));
    if action.arguments.get("Environment").is_some() && draft.unchanged() {
        draft.change(
            id,
            Kind::Function,
            leading(action),
            format!("{name}: Environment is replaced (not shown)"),
        );
    }
    // Layers are told with their sizes, networks with their ids: putting those again is no plain inverse.
    let set = ["FunctionName", "RevisionId"];
    let plain = |member: &str| {
        ["Runtime", "Role", "Handler", "Timeout", "MemorySize", "Description", "FunctionName", "RevisionId"]
            .contains(&member)
    };
    let all = action.arguments.as_object().into_iter().flat_map(|members| members.keys());
    let exact = diff::tells_all(action, latest, &set) && { all }.all(|member| plain(member));
    draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::Lossy };
}

fn reserve(action: &Action, name: &str, id: &TargetId, concurrency: &Value, draft: &mut Draft) {
    let now = number(concurrency, "/ReservedConcurrentExecutions");
    let asked = number(&action.arguments, "/ReservedConcurrentExecutions");
    let word =
        |number: Option<u64>| number.map_or_else(|| "none reserved".to_owned(), |number| number.to_string());
    let stops = asked == Some(0);
    let more = if stops { ": it is not run any more" } else { "" };
    let effect = if stops { Effect::Interrupt } else { Effect::Update };
    let what = format!("{name} goes from a concurrency of {} to {}{more}", word(now), word(asked));
    draft.change_from(id, Kind::Function, effect, what, now.map(Value::from), asked.map(Value::from));
    draft.reversibility = Reversibility::Exact;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Action, Effect, Kind, Reversibility, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn asked(operation: &str, mut arguments: Value, effect: Effect) -> Action {
        arguments["FunctionName"] = json!("pay");
        let mut asked = having(action("lambda", operation, arguments), effect);
        asked.targets =
            vec![target("arn:aws:lambda:us-east-1:111122223333:function:pay", Kind::Function, "pay")];
        asked
    }

    fn look(asked: &Action) -> Survey {
        survey(asked, |operation, _| match operation {
            "GetFunctionConcurrency" => found(json!({"ReservedConcurrentExecutions": 5})),
            "ListVersionsByFunction" => found(json!({"Versions": [
                {"Version": "$LATEST", "CodeSha256": "new", "CodeSize": 2000, "Timeout": 3, "Handler": "a.b",
                 "Environment": {"Variables": {"KEY": "hunter2"}}},
                {"Version": "1", "CodeSha256": "old", "CodeSize": 1000},
            ]})),
            "ListAliases" => found(json!({"Aliases": [{"Name": "prod", "FunctionVersion": "1"}]})),
            "ListEventSourceMappings" => found(json!({"EventSourceMappings": [
                {"EventSourceArn": "arn:aws:sqs:us-east-1:111122223333:jobs"},
            ]})),
            _ => found(json!({"Tags": {}})),
        })
    }

    #[test]
    fn a_function_goes_with_its_versions() {
        let gone = look(&asked("DeleteFunction", json!({}), Effect::Destroy));
        assert!(gone.forecast.changes[0].what.contains("1 published version"));
        assert_eq!(
            gone.forecast.dependents,
            ["alias prod stands for version 1", "it takes what comes from jobs"]
        );
        assert_eq!(gone.forecast.reversibility, Reversibility::None);
        let version = look(&asked("DeleteFunction", json!({"Qualifier": "1"}), Effect::Destroy));
        assert!(version.forecast.changes[1].what.contains("will refuse"));
    }

    #[test]
    fn code_that_no_version_holds_is_lost() {
        let new = look(&asked("UpdateFunctionCode", json!({"S3Bucket": "b", "S3Key": "k"}), Effect::Update));
        assert!(new.forecast.data_loss[0].contains("no published version holds it"));
        assert!(new.forecast.unknowns.iter().any(|one| one.contains("whoever can write there")));
    }

    #[test]
    fn settings_are_compared_and_secrets_are_not_shown() {
        let plain = look(&asked("UpdateFunctionConfiguration", json!({"Timeout": 30}), Effect::Update));
        assert_eq!(plain.forecast.changes[0].what, "pay: Timeout changes from 3 to 30");
        assert_eq!(plain.forecast.reversibility, Reversibility::Exact);
        let mut secret = asked(
            "UpdateFunctionConfiguration",
            json!({"Environment": {"Variables": {"KEY": "x"}}}),
            Effect::Execute,
        );
        secret.secrets = vec!["/Environment/Variables/KEY".to_owned()];
        let seen = look(&secret);
        assert!(!serde_json::to_string(&seen).unwrap().contains("hunter2"));
        assert_eq!(seen.forecast.reversibility, Reversibility::Lossy);
        let stop = look(&asked(
            "PutFunctionConcurrency",
            json!({"ReservedConcurrentExecutions": 0}),
            Effect::Interrupt,
        ));
        assert!(
            stop.forecast.changes[0].what.contains("from a concurrency of 5 to 0: it is not run any more")
        );
        assert_eq!(stop.forecast.reversibility, Reversibility::Exact);
    }
}
