//! KMS aliases.
//!
//! An alias that goes, or that stands for another key, changes what programs get that go by the name: what they closed
//! before still opens (a closed text names its key), but what they close from now on needs the other one. Putting the
//! present key again takes it back wholly. Reads: DescribeKey by the alias.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::json;

use super::super::{
    Look,
    answer::{Live, or_dash, text},
    arn,
    draft::{Draft, leading},
    existence,
};
use crate::rules::facts;

/// The forecaster of aliases.
pub(in crate::forecast) struct Alias;

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = action.arguments.get("AliasName")?.as_str()?.trim_start_matches("alias/");
    Some((name, arn::target(action, Kind::Alias, "kms", &format!("alias/{name}"), name)))
}

impl Look for Alias {
    fn knows(&self, action: &Action) -> bool {
        let operations = ["aws:kms:UpdateAlias", "aws:kms:DeleteAlias"];
        operations.contains(&action.operation.as_str()) && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let by_name = json!({"KeyId": format!("alias/{name}")});
        vec![crate::call::read(action, existence::live_key(&id), "kms", "DescribeKey", by_name)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let asked = text(&action.arguments, "/TargetKeyId").map(arn::last);
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => {
                draft.fact(facts::KMS_ALIAS_REPOINTED, true, Some(false));
                return;
            }
            Live::Unread(why) => {
                draft.fact(facts::KMS_ALIAS_REPOINTED, true, None);
                draft.unread(action, (&format!("alias {name}"), &id, Kind::Alias), &why);
                return;
            }
        };
        let now = or_dash(record, "/KeyId");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        draft.settle();
        draft.bind(format!("{id} stands for"), json!(now));
        draft.depend(format!("programs that go by alias/{name}"));
        draft.unknown(format!("which programs go by alias/{name} cannot be seen from outside"));
        draft.reversibility = Reversibility::Exact;
        if action.operation.verb() == "DeleteAlias" {
            let what = format!("alias {name} of key {now} is deleted: whoever goes by the name finds no key");
            draft.change_from(&id, Kind::Alias, Effect::Destroy, what, Some(json!(now)), None);
            return;
        }
        let moves = asked != Some(now);
        draft.fact(facts::KMS_ALIAS_REPOINTED, true, Some(moves));
        if moves {
            let asked = asked.unwrap_or("?");
            let what = format!("alias {name} stands for key {asked}, no longer for {now}");
            draft.change_from(&id, Kind::Alias, leading(action), what, Some(json!(now)), Some(json!(asked)));
        }
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Survey};
    use serde_json::json;

    use crate::{
        forecast::testing::{action, found, having, survey, target},
        rules::facts,
    };

    fn repoint(answer: Answer) -> Survey {
        let arguments = json!({"AliasName": "alias/app", "TargetKeyId": "arn:aws:kms:r:1:key/new"});
        let mut update = having(action("kms", "UpdateAlias", arguments), Effect::Update);
        update.targets = vec![target("arn:aws:kms:us-east-1:111122223333:alias/app", Kind::Alias, "app")];
        survey(&update, |_, _| answer.clone())
    }

    #[test]
    fn only_another_key_is_a_move() {
        let fact = |answer| repoint(answer).facts.get(facts::KMS_ALIAS_REPOINTED).cloned();
        let now = |key: &str| found(json!({"KeyMetadata": {"KeyId": key}}));
        assert_eq!((fact(now("old")), fact(now("new"))), (Some(json!(true)), Some(json!(false))));
        assert_eq!(fact(Answer::Unreadable("denied".to_owned())), None);
    }
}
