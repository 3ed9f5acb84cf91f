//! A moto with the catalogue's own words: calls by name, and reads as the gateway answers them.

use interlock_action::{Action, Answer, Answers, Call, Securing, Survey, value_at};
use interlock_reader_aws::catalogue::Protocol;
use interlock_reader_aws::forecast::{ROUNDS, forecaster_for, says_absent};
use interlock_reader_aws::judge;
use interlock_reader_aws::wire::{ServiceError, read_answer};
use serde_json::Value;

use super::moto::Moto;
use super::{operation, service};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";

/// Where forecasts meet a real server.
pub(crate) struct Bed {
    pub(crate) moto: Moto,
}

impl Bed {
    pub(crate) fn start() -> Self {
        Self { moto: Moto::start() }
    }

    /// One call, and what the service says.
    pub(crate) fn call(&self, name: &str, verb: &str, parameters: &Value) -> Result<Value, ServiceError> {
        let service = service(name);
        let operation = operation(&service, verb);
        // moto does not answer CBOR paths.
        let protocol = *service.protocols.iter().find(|protocol| **protocol != Protocol::Cbor).unwrap();
        let answer = self.moto.call(&service, &operation, protocol, parameters).expect("an answer");
        read_answer(&service, &operation, protocol, answer.status, &answer.headers, &answer.body)
    }

    /// One call that writes. moto answers some that succeed with words that are not the service's: done is done.
    pub(crate) fn done(&self, service: &str, verb: &str, parameters: &Value) -> Result<Value, ServiceError> {
        match self.call(service, verb, parameters) {
            Err(error) if error.status == 200 && error.code == "UnreadableAnswer" => Ok(Value::Null),
            other => other,
        }
    }

    /// One call that must succeed.
    pub(crate) fn ok(&self, service: &str, verb: &str, parameters: Value) -> Value {
        self.done(service, verb, &parameters).unwrap_or_else(|error| panic!("{service} {verb}: {error}"))
    }

    /// As the gateway answers a read.
    pub(crate) fn inspect(&self, call: &Call) -> Answer {
        let (name, verb) = (call.operation.service(), call.operation.verb());
        let access = operation(&service(name), verb).access;
        assert!(access.is_read(), "{name} {verb} is {access:?}: the gateway would refuse it");
        match self.call(name, verb, &call.arguments) {
            Ok(value) => Answer::Found(value),
            Err(error) if says_absent(&call.operation, error.status, &error.code, &error.message) => {
                Answer::NotFound
            }
            Err(error) => Answer::Unreadable(error.to_string()),
        }
    }

    /// The answers to every read that the forecaster asks for.
    pub(crate) fn answers(&self, action: &Action) -> Answers {
        let mut answers = Answers::new();
        self.read(action, &mut answers);
        if let Some(preparation) = forecaster_for(action).prepares(action, &answers) {
            let (make, clear) = (preparation.make, preparation.clear);
            self.ok(make.operation.service(), make.operation.verb(), make.arguments);
            answers.insert(preparation.key, Answer::Found(Value::Null));
            self.read(action, &mut answers);
            self.ok(clear.operation.service(), clear.operation.verb(), clear.arguments);
        }
        answers
    }

    fn read(&self, action: &Action, answers: &mut Answers) {
        for _ in 0..ROUNDS {
            for read in forecaster_for(action).reads(action, answers) {
                let answer = self.inspect(&read.call);
                answers.insert(read.key, answer);
            }
        }
        assert!(forecaster_for(action).reads(action, answers).is_empty());
    }

    /// The survey of an action whose every read is answered.
    pub(crate) fn survey(&self, action: &Action) -> Survey {
        let answers = self.answers(action);
        let unread: Vec<_> =
            answers.iter().filter(|(_, answer)| matches!(answer, Answer::Unreadable(_))).collect();
        assert!(unread.is_empty(), "{}: {unread:?}", action.operation);
        forecaster_for(action).fold(action, &answers)
    }

    /// Makes what the recipe asks for, and looks at its proofs.
    pub(crate) fn secure(&self, securing: &Securing) {
        let Securing::ByCalls { calls, proof, .. } = securing else { panic!("{securing:?}") };
        for call in calls {
            self.ok(call.operation.service(), call.operation.verb(), call.arguments.clone());
        }
        for (call, pointer, wanted) in proof {
            let Answer::Found(answer) = self.inspect(call) else { panic!("{call:?} found nothing") };
            assert_eq!(value_at(&answer, pointer), Some(wanted), "{call:?}: {answer}");
        }
    }
}

/// What the reader makes of a call.
pub(crate) fn act(name: &str, verb: &str, parameters: Value) -> Action {
    let service = service(name);
    let operation = operation(&service, verb);
    judge(&service, &operation, Some(REGION), Some(ACCOUNT), &parameters)
}
