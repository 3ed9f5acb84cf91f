//! Recorded answers and actions for the tests of forecasters.

use interlock_action::{
    AccountId, Action, Answer, Answers, Bears, Claim, Effect, Kind, Operation, Relation, Surface, Survey, Target,
};
use serde_json::Value;

use super::forecaster_for;

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
        unknowns: Vec::new(),
        streams: false,
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
    forecaster.fold(action, &answers)
}

/// The answers that such a survey folds.
pub(super) fn gather(action: &Action, answer: impl Fn(&str, &Value) -> Answer) -> Answers {
    let forecaster = forecaster_for(action);
    let mut answers = Answers::new();
    for _ in 0..super::ROUNDS {
        let missing = forecaster.reads(action, &answers);
        if missing.is_empty() {
            return answers;
        }
        for read in missing {
            assert!(!answers.contains_key(&read.key), "{} is asked twice", read.key);
            let reply = answer(read.call.operation.verb(), &read.call.arguments);
            answers.insert(read.key, reply);
        }
    }
    assert!(forecaster.reads(action, &answers).is_empty(), "more rounds than the contract allows");
    answers
}
