//! A statement of a function's policy: added, removed.
//!
//! Kept: the statement. Back: it is removed, or added as it was. Compared: the statement. One that says what no added
//! permission can say has no way back.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    iam::inline_policy::document,
    one_read::{Ask, OneRead},
    way::{at, call, is, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Permission;

fn of(deed: &Deed) -> Option<(&str, &str, Value)> {
    let ours = is(deed, "lambda", &["AddPermission", "RemovePermission"]);
    let (function, id) = text(deed, "/FunctionName").zip(text(deed, "/StatementId")).filter(|_| ours)?;
    let place = with(only(&deed.arguments, &["Qualifier"]), json!({"FunctionName": function}));
    Some((function, id, place))
}

/// The parameters that add a statement; `None` where none do.
pub(super) fn added(statement: &Value) -> Option<Value> {
    const CONDITIONS: [(&str, &str); 5] = [
        ("AWS:SourceArn", "SourceArn"),
        ("AWS:SourceAccount", "SourceAccount"),
        ("aws:PrincipalOrgID", "PrincipalOrgID"),
        ("lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
        ("lambda:EventSourceToken", "EventSourceToken"),
    ];
    let principal = at(statement, "/Principal");
    let principal =
        ["/Service", "/AWS"].iter().find_map(|kind| word(principal, kind)).or(principal.as_str())?;
    let mut members = Map::new();
    members.insert("StatementId".to_owned(), at(statement, "/Sid").clone());
    members.insert("Action".to_owned(), word(statement, "/Action")?.into());
    members.insert("Principal".to_owned(), principal.into());
    for (_, test) in at(statement, "/Condition").as_object().into_iter().flatten() {
        for (name, value) in test.as_object()? {
            let known = CONDITIONS.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            members.insert(known.1.to_owned(), value.as_str()?.into());
        }
    }
    (word(statement, "/Effect") == Some("Allow")).then_some(Value::Object(members))
}

impl OneRead for Permission {
    fn called(&self) -> &'static str {
        "lambda/permission"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("lambda", "GetPolicy", of(deed)?.2))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, id, _) = of(deed).ok_or("the statement is not named")?;
        let policy = document(answer.map(|answer| at(answer, "/Policy")));
        let ours = list(&policy, "/Statement").iter().find(|one| word(one, "/Sid") == Some(id));
        Ok(ours.map_or(Value::Null, |statement| json!({"statement": statement})))
    }

    fn on(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (before.is_null() || added(at(before, "/statement")).is_some()).then(Terms::exact)
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (function, id, place) = of(deed).ok_or("the statement is not named")?;
        if !now.is_null() {
            let remove = call(deed, "lambda", "RemovePermission", with(place, json!({"StatementId": id})));
            return Ok(vec![step(format!("remove the permission {id} of {function}"), remove)]);
        }
        let statement = added(at(before, "/statement")).ok_or("the statement cannot be added again")?;
        let add = call(deed, "lambda", "AddPermission", with(place, statement));
        Ok(vec![step(format!("add the permission {id} of {function} again"), add)])
    }
}
