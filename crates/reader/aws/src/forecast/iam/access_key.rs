//! IAM access keys.
//!
//! The secret of a deleted key cannot be had again; making the key inactive does the same to whoever uses it, and is
//! taken back exactly. Reads: GetAccessKeyLastUsed, ListAccessKeys of the user.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, TargetId,
};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, given, listed, live, text},
        draft::{Draft, leading},
    },
    id_of, key,
};

/// The forecaster of access keys.
pub(in crate::forecast) struct AccessKey;

const USED: &str = "iam key last used";

/// The user, or what else the action acts on: without a name the key is the caller's own.
fn subject(action: &Action) -> TargetId {
    match given(action, "UserName") {
        Some(user) => id_of(action, Kind::User, "user/", user),
        None => {
            let acts = action.targets.iter().find(|target| target.relation == Relation::Acts);
            acts.map_or_else(|| TargetId::new("the caller's own user"), |target| target.id.clone())
        }
    }
}

impl Look for AccessKey {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "iam"
            && matches!(action.operation.verb(), "DeleteAccessKey" | "UpdateAccessKey")
            && given(action, "AccessKeyId").is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some(access_key) = given(action, "AccessKeyId") else { return Vec::new() };
        let used = json!({ "AccessKeyId": access_key });
        let mut reads = vec![crate::call::read(action, USED, "iam", "GetAccessKeyLastUsed", used)];
        if let Some(user) = given(action, "UserName") {
            let by = json!({ "UserName": user });
            reads.push(crate::call::read(action, key("ListAccessKeys"), "iam", "ListAccessKeys", by));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some(access_key) = given(action, "AccessKeyId") else { return };
        let id = subject(action);
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        let keys = listed(answers, &key("ListAccessKeys"), "AccessKeyMetadata");
        let own = keys.entries().iter().find(|one| text(one, "/AccessKeyId") == Some(access_key));
        let status = own.and_then(|own| text(own, "/Status")).unwrap_or("of unknown status");
        if keys.complete() {
            draft.saw();
            if own.is_none() {
                let what =
                    format!("there is no access key {access_key} of that user: the service will refuse");
                draft.change(&id, Kind::User, leading(action), what);
                return;
            }
        }
        draft.gap(keys.gap("access keys of the user"));
        used(answers, access_key, draft);
        let deletes = action.operation.verb() == "DeleteAccessKey";
        let asked = text(&action.arguments, "/Status").unwrap_or("?");
        let what = if deletes {
            format!("access key {access_key} ({status}) is deleted; its secret cannot be had again")
        } else {
            format!("access key {access_key} goes from {status} to {asked}")
        };
        let effect = if deletes { Effect::Destroy } else { leading(action) };
        draft.change_from(&id, Kind::User, effect, what, Some(json!(status)), None);
        draft.bind(
            format!("access key {access_key}"),
            json!({"Status": own.and_then(|own| own.get("Status"))}),
        );
        draft.reversibility = if deletes { Reversibility::None } else { Reversibility::Exact };
    }
}

fn used(answers: &Answers, access_key: &str, draft: &mut Draft) {
    match live(answers, USED) {
        Live::Found(answer) => {
            let used: Option<&Value> = answer.get("AccessKeyLastUsed");
            let at = used.and_then(|used| text(used, "/LastUsedDate"));
            let service = used.and_then(|used| text(used, "/ServiceName")).unwrap_or("an unknown service");
            match at {
                Some(at) => draft.depend(format!("whoever used {access_key} last, on {at} for {service}")),
                None => draft.depend(format!("{access_key} was never used, as far as IAM knows")),
            }
        }
        Live::Absent => {}
        Live::Unread(why) => {
            draft.unknown(format!("when {access_key} was last used could not be read: {why}"))
        }
    }
}
