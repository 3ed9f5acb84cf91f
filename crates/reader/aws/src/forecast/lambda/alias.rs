//! Lambda aliases: what callers reach by a name.
//!
//! Pointing an alias at another version puts other code into service at once; the version it stands for now can be put
//! again. A deleted alias takes its permissions, its address and its provisioned concurrency along, which are not looked
//! at. Reads: GetAlias.

use interlock_action::{Action, Answers, Effect, Kind, Observed, Read, Reversibility};
use serde_json::{Value, json};

use super::{
    super::{
        Look,
        answer::{Live, live, or_dash, text},
        draft::{Draft, leading},
    },
    is, subject, unqualified,
};

const ALIAS: &str = "the alias";

/// The forecaster of aliases.
pub(in crate::forecast) struct Alias;

impl Look for Alias {
    fn knows(&self, action: &Action) -> bool {
        is(action, &["UpdateAlias", "DeleteAlias"])
            && subject(action).is_some()
            && text(&action.arguments, "/Name").is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((given, ..)) = subject(action) else { return Vec::new() };
        let which = json!({"FunctionName": unqualified(given), "Name": text(&action.arguments, "/Name")});
        vec![crate::call::read(action, ALIAS, "lambda", "GetAlias", which)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((_, function, id)) = subject(action) else { return };
        let name = or_dash(&action.arguments, "/Name");
        draft.observe(&id, Observed { data: interlock_action::Bears::No, ..Observed::default() });
        let now = match live(answers, ALIAS) {
            Live::Found(now) => now,
            Live::Absent => {
                draft.saw();
                let refused = format!("{function} has no alias {name}: the service will refuse");
                return draft.change(&id, Kind::Function, leading(action), refused);
            }
            Live::Unread(why) => {
                draft.unknown(format!("alias {name} of {function} could not be read: {why}"));
                let what = format!("alias {name} of {function}, unread, is changed");
                return draft.change(&id, Kind::Function, leading(action), what);
            }
        };
        draft.saw();
        let stands = |of: &Value| json!({"FunctionVersion": of.get("FunctionVersion"), "RoutingConfig": of.get("RoutingConfig")});
        draft.bind(format!("{id} {name}"), stands(now));
        let version = or_dash(now, "/FunctionVersion");
        if action.operation.verb() == "DeleteAlias" {
            let what = format!("alias {name} of {function}, which stands for version {version}, is deleted");
            draft.change(&id, Kind::Function, Effect::Destroy, what);
            draft.depend(format!("whoever calls {function}:{name}"));
            draft.unknown(format!(
                "permissions, address and provisioned concurrency of {name} were not looked at"
            ));
            draft.reversibility = Reversibility::Lossy;
            return;
        }
        let asked = text(&action.arguments, "/FunctionVersion").unwrap_or(version);
        let shared = action.arguments.get("RoutingConfig").is_some_and(|config| !config.is_null());
        let more = if shared { ", and calls are shared out between versions" } else { "" };
        let what = format!("alias {name} of {function} goes from version {version} to {asked}{more}");
        draft.change_from(&id, Kind::Function, leading(action), what, Some(stands(now)), None);
        draft.depend(format!("whoever calls {function}:{name}"));
        draft.reversibility = Reversibility::Exact;
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Kind, Reversibility, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    fn look(operation: &str, mut arguments: Value, alias: Answer) -> Survey {
        arguments["FunctionName"] = json!("pay:1");
        arguments["Name"] = json!("prod");
        let mut asked = action("lambda", operation, arguments);
        asked.targets =
            vec![target("arn:aws:lambda:us-east-1:111122223333:function:pay", Kind::Function, "pay")];
        survey(&asked, |operation, arguments| match operation {
            "GetAlias" => {
                assert_eq!(arguments["FunctionName"], json!("pay"));
                alias.clone()
            }
            _ => found(json!({})),
        })
    }

    #[test]
    fn an_alias_can_be_put_back() {
        let now = found(json!({"Name": "prod", "FunctionVersion": "1"}));
        let moved = look("UpdateAlias", json!({"FunctionVersion": "2"}), now.clone());
        assert_eq!(moved.forecast.changes[0].what, "alias prod of pay goes from version 1 to 2");
        assert_eq!(moved.forecast.reversibility, Reversibility::Exact);
        assert_eq!(look("DeleteAlias", json!({}), now).forecast.reversibility, Reversibility::Lossy);
        let unread =
            look("UpdateAlias", json!({"FunctionVersion": "2"}), Answer::Unreadable("no".to_owned()));
        assert_eq!(unread.forecast.reversibility, Reversibility::None);
        let absent = look("UpdateAlias", json!({"FunctionVersion": "2"}), Answer::NotFound);
        assert!(absent.forecast.changes[0].what.contains("will refuse"));
    }
}
