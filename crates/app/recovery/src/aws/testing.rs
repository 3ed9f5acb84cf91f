//! What the tests of ways share: a deed, and a state made of answers.

use interlock_action::{AccountId, Answer, Answers, Call, Deed, Next, Operation, Step, Surface};
use serde_json::Value;

use super::Way;

/// A deed of account 123456789012 in us-east-1.
pub(crate) fn deed(service: &str, operation: &str, arguments: Value) -> Deed {
    Deed {
        surface: Surface::Aws,
        operation: Operation::aws(service, operation),
        account: Some(AccountId::new("123456789012")),
        region: Some("us-east-1".to_owned()),
        arguments,
        targets: Vec::new(),
        points: Vec::new(),
        undo: None,
    }
}

/// The state, as flow asks for it: four rounds of reads. `None` answers that there is no such thing.
pub(crate) fn state(
    way: &dyn Way,
    deed: &Deed,
    answer: impl Fn(&str, &Value) -> Option<Value>,
) -> Result<Value, String> {
    let mut answers = Answers::new();
    for _ in 0..4 {
        for read in way.reads(deed, &answers) {
            let told = answer(read.call.operation.verb(), &read.call.arguments);
            answers.insert(read.key, told.map_or(Answer::NotFound, Answer::Found));
        }
    }
    way.state(deed, &answers)
}

/// What the steps say, in their order.
pub(crate) fn words(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.name.as_str()).collect()
}

/// The call of a step.
pub(crate) fn called(step: &Step) -> &Call {
    let Next::Call(call) = &step.next else { panic!("no call: {step:?}") };
    call
}
