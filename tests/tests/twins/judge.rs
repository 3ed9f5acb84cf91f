//! Who is asked: Interlock, and three ways of telling danger that others use.
//!
//! A judge *holds* a request if it does not let it go on without a person, whatever machines can still do. That is the
//! same question for all of them.

use interlock_action::{Action, Deed, Facts, Sealer, Securing};
use interlock_flow::{Supposed, Undo as _, explain_in};
use interlock_policy::Bundle;
use interlock_reader_aws::catalogue::{Access, Catalogue};
use interlock_reader_aws::read_without;
use interlock_reader_aws::wire::{Body, Request as Wire, Scope, write};
use interlock_recovery::AwsUndo;
use serde_json::Value;

use crate::record::{Record, Request};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-east-1";

/// Says whether a person is asked.
pub(crate) struct Judge {
    pub(crate) name: &'static str,
    pub(crate) holds: fn(&Bundle, &Record, &Request) -> bool,
}

/// The judges, in the order of the table.
pub(crate) const JUDGES: [Judge; 5] = [
    Judge { name: "Interlock", holds: |bundle, record, request| interlock(bundle, record, request, None) },
    Judge { name: "verb list, destructive", holds: |_, record, _| destructive(record.operation()) },
    Judge { name: "verb list, mutating", holds: |_, record, _| mutating(record.operation()) },
    Judge { name: "published access level", holds: |_, record, _| !published_read(record) },
    Judge { name: "read-only index", holds: |_, record, _| !INDEXED_READS.contains(&record.name.as_str()) },
];

/// Interlock with its shipped policy, perhaps without one of its rules.
pub(crate) fn interlock(bundle: &Bundle, record: &Record, request: &Request, without: Option<&str>) -> bool {
    decision(bundle, record, request, without).0 != "allow"
}

/// `allow`, `hold` or `refuse`, and the effects that led to it.
pub(crate) fn decision(
    bundle: &Bundle,
    record: &Record,
    request: &Request,
    without: Option<&str>,
) -> (&'static str, String) {
    let actions = actions(record, request, without);
    let worst = actions.iter().map(|action| {
        let world = Supposed {
            environment: request.environment.as_deref().map(Into::into),
            facts: facts(action, request),
            undo: !request.one_way && (request.dangerous || has_way_back(action)),
            made: request.made,
        };
        let explained = explain_in(action, &world, bundle);
        let effects: Vec<String> = explained
            .falls
            .iter()
            .map(|fall| match &fall.rule {
                Some(rule) => format!("{} ({rule})", fall.effect),
                None => fall.effect.to_string(),
            })
            .collect();
        (explained.decision.tier(), explained.decision.name(), effects, explained.unknowns)
    });
    let (tier, name, mut effects, unknowns) = worst.max_by_key(|(tier, ..)| *tier).unwrap();
    effects.dedup();
    (name, format!("{tier} {} {unknowns:?}", effects.join(", ")))
}

/// What the live state answers: what is given; of a dangerous request everything else at its mildest.
fn facts(action: &Action, request: &Request) -> Facts {
    let mut facts = request.given.clone();
    for test in action.claims.iter().flat_map(|claim| &claim.when).filter(|_| request.dangerous) {
        if facts.get(&test.fact).is_none() {
            let mild = match &test.is {
                Value::Bool(worst) => Value::Bool(*worst == test.not),
                other => panic!("`{}` is compared with {other}", test.fact),
            };
            facts.set(test.fact.clone(), mild);
        }
    }
    facts
}

/// Whether Interlock knows a way back from it. On what terms only the live state tells.
fn has_way_back(action: &Action) -> bool {
    AwsUndo.way(&Deed::of(action, &Securing::NotNeeded, &Sealer::new([0; 32]))).is_some()
}

/// Everything that the request's bytes may be.
pub(crate) fn actions(record: &Record, request: &Request, without: Option<&str>) -> Vec<Action> {
    let service = Catalogue::get().service(record.service()).unwrap();
    let operation = service.operation(record.operation()).unwrap();
    let written =
        write(&service, operation, service.protocols[0], REGION, Some(ACCOUNT), &request.parameters)
            .unwrap_or_else(|error| panic!("{}: {error}", record.name));
    let mut headers = written.headers;
    headers.push(("host".to_owned(), written.host));
    let scope = Scope { region: REGION.to_owned(), service: written.signing_name.to_owned() };
    let wire = Wire {
        method: written.method,
        path: written.path,
        query: written.query,
        headers,
        body: Body::Bytes(written.body),
    };
    let reading = read_without(&wire, Some(&scope), Some(ACCOUNT), without)
        .unwrap_or_else(|error| panic!("{}: {error}", record.name));
    reading.candidates.into_iter().map(|candidate| candidate.action).collect()
}

/// The verbs of operations that take something away: the first word of the name.
fn destructive(operation: &str) -> bool {
    const VERBS: [&str; 14] = [
        "Delete",
        "Terminate",
        "Remove",
        "Deregister",
        "Detach",
        "Disassociate",
        "Revoke",
        "Disable",
        "Stop",
        "Cancel",
        "Purge",
        "Reboot",
        "Schedule",
        "Close",
    ];
    VERBS.iter().any(|verb| operation.starts_with(verb))
}

/// The list of the Strands Agents tool `use_aws` (strands-agents/tools, Apache-2.0): it asks a person about every
/// operation in whose name one of these words stands, written as in Python.
fn mutating(operation: &str) -> bool {
    const WORDS: [&str; 30] = [
        "create",
        "put",
        "delete",
        "update",
        "terminate",
        "revoke",
        "disable",
        "deregister",
        "stop",
        "add",
        "modify",
        "remove",
        "attach",
        "detach",
        "start",
        "enable",
        "register",
        "set",
        "associate",
        "disassociate",
        "allocate",
        "release",
        "cancel",
        "reboot",
        "accept",
        "send",
        "invoke",
        "run",
        "execute",
        "publish",
    ];
    let mut snake = String::new();
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    WORDS.iter().any(|word| snake.contains(word))
}

/// The published access level, as the catalogue has it: everything but List and Read is asked about.
fn published_read(record: &Record) -> bool {
    let service = Catalogue::get().service(record.service()).unwrap();
    matches!(service.operation(record.operation()).unwrap().access, Access::List | Access::Read)
}

/// Which of the operations the index of `awslabs.aws-api-mcp-server` 1.5.6 (Apache-2.0) calls `ReadOnly`: none of the
/// 164. It calls them all `Unknown`, so that in its strict mode it asks about each, and in its default mode about none.
const INDEXED_READS: [&str; 0] = [];
