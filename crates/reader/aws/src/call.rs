//! Calls that Interlock itself makes on AWS, as values. Nothing here sends anything.

use interlock_action::{Action, Call, Operation, Read, Surface};
use serde_json::Value;

/// A call in the account and the region of the action.
pub(crate) fn call(action: &Action, service: &str, operation: &str, arguments: Value) -> Call {
    Call {
        surface: Surface::Aws,
        operation: Operation::aws(service, operation),
        account: action.account.clone(),
        region: action.region.clone(),
        arguments,
    }
}

/// A read in the account and the region of the action.
pub(crate) fn read(
    action: &Action,
    key: impl Into<String>,
    service: &str,
    operation: &str,
    arguments: Value,
) -> Read {
    Read { key: key.into(), call: call(action, service, operation, arguments) }
}
