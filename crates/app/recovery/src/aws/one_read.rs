//! Ways whose state one read tells: most settings are such.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::Value;

use super::way::{Way, found, read};

/// A read: the service, the operation, its parameters.
pub(crate) struct Ask(pub(crate) &'static str, pub(crate) &'static str, pub(crate) Value);

/// A way whose state one read tells.
pub(crate) trait OneRead: Sync {
    /// `ec2/route`.
    fn called(&self) -> &'static str;
    /// The read that tells the state; `None` where this way does not take the deed back.
    fn asks(&self, deed: &Deed) -> Option<Ask>;
    /// The state; of nothing, where the service says that there is no such thing.
    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String>;
    /// On what terms.
    fn on(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }
    /// What remains.
    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String>;
    /// What the service itself sets on the way.
    fn meanwhile(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Vec<Value> {
        Vec::new()
    }
}

impl<T: OneRead> Way for T {
    fn name(&self) -> &'static str {
        self.called()
    }

    fn undoes(&self, deed: &Deed) -> bool {
        self.asks(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let ask = self.asks(deed).into_iter();
        ask.map(|Ask(service, operation, arguments)| read(deed, service, operation, arguments)).collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Ask(service, operation, arguments) = self.asks(deed).ok_or("what it is about is not named")?;
        self.kept(deed, found(answers, service, operation, &arguments)?)
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        self.on(deed, before)
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        self.remains(deed, before, now)
    }

    fn between(&self, deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        self.meanwhile(deed, before, now)
    }
}
