//! Keys inactive instead of deleted: the secret of a deleted access key cannot be had again, one that is inactive can be
//! made active.
//!
//! Both operations answer with nothing, so that a client cannot tell them apart; it is told. A key that is inactive already is
//! deleted as asked. Reads: ListAccessKeys of the user.

use interlock_action::{Action, Answers, Operation, Survey};
use serde_json::json;

use super::{
    super::{
        Look as _,
        answer::{given, listed, text},
        plain,
    },
    access_key::AccessKey,
    key,
};

/// Makes the key inactive instead.
pub(in crate::forecast) fn instead(action: &Action, answers: &Answers, survey: &mut Survey) {
    if action.operation.as_str() != "aws:iam:DeleteAccessKey" || !AccessKey.knows(action) {
        return;
    }
    let Some(access_key) = given(action, "AccessKeyId") else { return };
    let keys = listed(answers, &key("ListAccessKeys"), "AccessKeyMetadata");
    let active = |one: &&serde_json::Value| {
        text(one, "/AccessKeyId") == Some(access_key) && text(one, "/Status") == Some("Active")
    };
    if !keys.entries().iter().any(active) {
        return;
    }
    let mut changed = action.clone();
    changed.operation = Operation::aws("iam", "UpdateAccessKey");
    if let Some(members) = changed.arguments.as_object_mut() {
        members.insert("Status".to_owned(), json!("Inactive"));
    }
    let mut sent = plain(&AccessKey, &changed, answers);
    let told = format!(
        "interlock makes access key {access_key} inactive instead of deleting it; it is deleted by the same call once it \
         is inactive"
    );
    if let Some(first) = sent.forecast.changes.first().cloned() {
        let effect = interlock_action::Effect::Update;
        sent.forecast.changes.push(interlock_action::Change {
            what: told.clone(),
            effect,
            before: None,
            after: None,
            ..first
        });
    }
    sent.instead = Some(changed.operation);
    sent.rewrite = Some(changed.arguments);
    sent.told = vec![told];
    *survey = sent;
}
