//! Parameters.
//!
//! Deleting a parameter deletes its value and all earlier versions at once; nothing keeps them (Systems Manager User
//! Guide, "Deleting parameters"). Interlock does not read values to keep them: one may be a secret. Overwriting one keeps
//! the present value as an earlier version, up to 100 of them; where 100 are there the oldest goes. A parameter that is
//! there already and is not to be overwritten is refused. Reads: DescribeParameters.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, Target,
};
use serde_json::{Value, json};

use crate::rules::facts;

use super::super::{
    Look,
    answer::{Live, flag, number, or_dash, text},
    draft::{Draft, leading},
    existence,
    tally::Tally,
};

/// So many versions of a parameter are kept.
const VERSIONS: u64 = 100;

/// The forecaster of parameters.
pub(in crate::forecast) struct Parameter;

impl Look for Parameter {
    fn knows(&self, action: &Action) -> bool {
        let operations = ["aws:ssm:DeleteParameter", "aws:ssm:DeleteParameters", "aws:ssm:PutParameter"];
        operations.contains(&action.operation.as_str())
    }

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let deletes = action.operation.verb() != "PutParameter";
        let mut impossible = None;
        for target in action.targets.iter().filter(|target| target.relation != Relation::Reaches) {
            let name = target.name.as_deref().unwrap_or(target.id.as_str());
            let live = existence::of(action, answers, &target.id);
            if !deletes && !matches!(live, Live::Unread(_)) {
                draft.fact(facts::SSM_PARAMETER_EXISTS, true, Some(live.found().is_some()));
            }
            match live {
                Live::Found(record) if deletes => {
                    delete(target, record, draft);
                    impossible = Some(format!(
                        "parameter {name}: nothing keeps its value, and Interlock does not read it"
                    ));
                }
                Live::Found(record) => put(action, target, record, draft),
                Live::Absent if deletes => {}
                Live::Absent => {
                    let what = format!("parameter {name} is made: there is nothing of that name");
                    draft.change(&target.id, target.kind, Effect::Create, what);
                    draft.reversibility = Reversibility::Exact;
                }
                Live::Unread(why) => {
                    draft.unknown(format!("parameter {name} could not be read: {why}"));
                    let what = format!("parameter {name}, whose state could not be read");
                    draft.change(&target.id, target.kind, leading(action), what);
                    if deletes {
                        draft.tally(Tally::unread());
                        draft.lose(format!("the value of parameter {name}, with its earlier versions"));
                        impossible = Some(format!("parameter {name} could not be read: {why}"));
                    }
                }
            }
        }
        if let Some(why) = impossible {
            draft.secure(Securing::Impossible(why));
        }
    }
}

fn see(target: &Target, record: &Value, draft: &mut Draft) {
    draft.observe(&target.id, Observed { data: Bears::Yes, ..Observed::default() });
    draft.bind(
        target.id.as_str(),
        json!({"Version": record.get("Version"), "LastModifiedDate": record.get("LastModifiedDate")}),
    );
    let name = or_dash(record, "/Name");
    draft.unknown(format!("which programs read parameter {name} cannot be seen from its record"));
    if let Some(who) = text(record, "/LastModifiedUser") {
        draft.depend(format!("{who}, who wrote parameter {name} last"));
    }
}

fn delete(target: &Target, record: &Value, draft: &mut Draft) {
    see(target, record, draft);
    let (name, kind) = (or_dash(record, "/Name"), or_dash(record, "/Type"));
    let versions = number(record, "/Version").map(|version| format!(", version {version}"));
    let versions = versions.unwrap_or_default();
    let what = format!("parameter {name} ({kind}{versions}) is deleted, with all its versions");
    let before = json!({
        "type": kind, "tier": record.get("Tier"), "version": record.get("Version"), "key": record.get("KeyId"),
    });
    draft.change_from(&target.id, target.kind, Effect::Destroy, what, Some(before), None);
    draft.lose(format!("the value of parameter {name}, with its earlier versions"));
    draft.tally(Tally::default());
}

fn put(action: &Action, target: &Target, record: &Value, draft: &mut Draft) {
    see(target, record, draft);
    let name = or_dash(record, "/Name");
    if flag(&action.arguments, "/Overwrite") != Some(true) {
        let what = format!("parameter {name} is there already: the service will refuse");
        draft.change(&target.id, target.kind, Effect::Update, what);
        return;
    }
    let version = number(record, "/Version");
    let now =
        version.map_or_else(|| "the present version".to_owned(), |version| format!("version {version}"));
    let what = format!("parameter {name} gets another value (not shown); {now} stays in its history");
    draft.change(&target.id, target.kind, Effect::Update, what);
    if version.is_some_and(|version| version >= VERSIONS) {
        draft.depend(format!("the oldest of the {VERSIONS} versions of parameter {name} may go"));
    }
    if let (Some(asked), Some(now)) = (text(&action.arguments, "/Type"), text(record, "/Type"))
        && asked != now
    {
        let what = format!("parameter {name} changes from {now} to {asked}");
        draft.change(&target.id, Kind::Secret, Effect::Update, what);
    }
    draft.reversibility = Reversibility::FromRecoveryPoint;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn ask(operation: &str, arguments: Value, there: Value) -> Survey {
        let mut asked = having(action("ssm", operation, arguments), Effect::Update);
        asked.targets =
            vec![target("arn:aws:ssm:us-east-1:111122223333:parameter/app/x", Kind::Secret, "app/x")];
        survey(&asked, |operation, _| match operation {
            "DescribeParameters" => found(json!({ "Parameters": there.clone() })),
            _ => found(json!({"TagList": []})),
        })
    }

    fn there() -> Value {
        json!([{"Name": "/app/x", "Type": "String", "Version": 3}])
    }

    #[test]
    fn a_deleted_parameter_has_no_way_back() {
        let gone = ask("DeleteParameter", json!({"Name": "/app/x"}), there());
        assert!(matches!(gone.securing, Securing::Impossible(_)));
        assert_eq!(gone.forecast.recovery.after, Some(0));
        assert!(gone.forecast.changes[0].what.contains("version 3"));
    }

    #[test]
    fn a_put_makes_overwrites_or_is_refused() {
        let put = |overwrite: bool, there: Value| {
            let arguments = json!({"Name": "/app/x", "Value": "v", "Type": "String", "Overwrite": overwrite});
            ask("PutParameter", arguments, there).forecast.changes.remove(0)
        };
        assert_eq!(put(false, json!([])).effect, Effect::Create);
        assert!(put(false, there()).what.contains("will refuse"));
        assert!(put(true, there()).what.contains("stays in its history"));
    }
}
