//! Recorded answers and actions for the tests of forecasters.

use interlock_action::{
    AccountId, Action, Answer, Answers, Bears, Call, Claim, Effect, Kind, Operation, Relation, Securing,
    Surface, Survey, Target,
};
use serde_json::Value;

use super::forecaster_for;
use crate::{catalogue::Catalogue, wire::write};

pub(super) const ACCOUNT: &str = "111122223333";

/// An action with one destroy claim and no targets.
pub(super) fn action(service: &str, operation: &str, arguments: Value) -> Action {
    Action {
        surface: Surface::Aws,
        operation: Operation::aws(service, operation),
        account: Some(AccountId::new(ACCOUNT)),
        region: Some("us-east-1".to_owned()),
        claims: vec![Claim::plain(Effect::Destroy, "deletes it")],
        targets: Vec::new(),
        arguments,
        secrets: Vec::new(),
        tokens: Vec::new(),
        writes: Vec::new(),
        writes_on: Default::default(),
        unknowns: Vec::new(),
        content: interlock_action::Content::Judged,
        stated_reason: None,
    }
}

/// The same with another effect.
pub(super) fn having(mut action: Action, effect: Effect) -> Action {
    action.claims = vec![Claim::plain(effect, "does it")];
    action
}

/// A target.
pub(super) fn target(id: &str, kind: Kind, name: &str) -> Target {
    Target {
        id: id.into(),
        kind,
        name: Some(name.to_owned()),
        account: Some(AccountId::new(ACCOUNT)),
        region: Some("us-east-1".to_owned()),
        relation: Relation::Acts,
        data: Bears::Unknown,
        environment: None,
    }
}

/// A found answer.
pub(super) fn found(value: Value) -> Answer {
    Answer::Found(value)
}

/// Asks for reads until nothing new is asked, answering each by operation and arguments.
pub(super) fn survey(action: &Action, answer: impl Fn(&str, &Value) -> Answer) -> Survey {
    let forecaster = forecaster_for(action);
    let answers = gather(action, answer);
    let survey = forecaster.fold(action, &answers);
    if let Securing::ByCalls { calls, proof, makes } = &survey.securing {
        assert!(!makes.is_empty());
        calls.iter().for_each(|call| writable(call, false));
        proof.iter().for_each(|(call, _, _)| writable(call, true));
    }
    if let Some(arguments) = &survey.rewrite {
        let rewritten =
            Call { operation: action.operation.clone(), arguments: arguments.clone(), ..call_of(action) };
        writable(&rewritten, false);
    }
    survey
}

fn call_of(action: &Action) -> Call {
    Call {
        surface: action.surface,
        operation: action.operation.clone(),
        account: action.account.clone(),
        region: action.region.clone(),
        arguments: action.arguments.clone(),
    }
}

/// The catalogue writes the call, and proves a read to be one.
pub(super) fn writable(call: &Call, read: bool) {
    let service = Catalogue::get().service(call.operation.service());
    let service = service.unwrap_or_else(|| panic!("{}: no such service", call.operation));
    let operation = service.operation(call.operation.verb());
    let operation = operation.unwrap_or_else(|| panic!("{}: no such operation", call.operation));
    assert!(!read || operation.access.is_read(), "{} is {:?}", call.operation, operation.access);
    if read {
        // The gateway makes no read that the reader does not find to be a plain one.
        let judged =
            crate::judge(&service, operation, call.region.as_deref(), Some(ACCOUNT), &call.arguments);
        assert!(judged.is_plain_read(), "{}: {:?} {:?}", call.operation, judged.claims, judged.unknowns);
    }
    for protocol in &service.protocols {
        let region = call.region.as_deref().unwrap_or("us-east-1");
        if let Err(error) = write(&service, operation, *protocol, region, Some(ACCOUNT), &call.arguments) {
            panic!("{} {}: {error}", call.operation, call.arguments);
        }
    }
}

/// The answers that such a survey folds.
pub(super) fn gather(action: &Action, answer: impl Fn(&str, &Value) -> Answer) -> Answers {
    let forecaster = forecaster_for(action);
    let mut answers = Answers::new();
    let mut rounds = 0;
    while rounds < super::ROUNDS {
        rounds += 1;
        let missing = forecaster.reads(action, &answers);
        if missing.is_empty() {
            let Some(preparation) = forecaster.prepares(action, &answers) else { return answers };
            if answers.contains_key(&preparation.key) {
                return answers;
            }
            writable(&preparation.make, false);
            writable(&preparation.ready.0, true);
            writable(&preparation.clear, false);
            answers.insert(
                preparation.key,
                answer(preparation.make.operation.verb(), &preparation.make.arguments),
            );
            rounds = 0;
        }
        for read in missing {
            assert!(!answers.contains_key(&read.key), "{} is asked twice", read.key);
            writable(&read.call, true);
            let reply = answer(read.call.operation.verb(), &read.call.arguments);
            answers.insert(read.key, reply);
        }
    }
    assert!(forecaster.reads(action, &answers).is_empty(), "more rounds than the contract allows");
    answers
}
