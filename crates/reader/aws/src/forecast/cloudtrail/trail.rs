//! CloudTrail trails and event data stores: stopped, deleted, recording less or elsewhere.
//!
//! Whatever is not recorded while a trail is off or narrowed is not recorded anywhere else. The logs that a trail has
//! delivered stay in its bucket; an event data store holds its events itself, and can be restored for seven days. Advanced
//! selectors are a language of their own: where one of the present ones does not stand in the new ones as it is, they may
//! record less. Reads: GetTrail, GetTrailStatus,
//! GetEventSelectors, GetEventDataStore.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, entries, flag, live, or_dash, strings, text},
    compare::diff,
    draft::{Draft, digest, leading},
    words,
};
use crate::rules::facts;

const TRAIL: &str = "the trail";
const STATUS: &str = "status of the trail";
const SELECTORS: &str = "event selectors";
const STORE: &str = "the event data store";

/// The forecaster of trails and event data stores.
pub(in crate::forecast) struct Trail;

const OPERATIONS: [&str; 6] = [
    "StartLogging",
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "DeleteEventDataStore",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let members = ["/Name", "/TrailName", "/EventDataStore"];
    let given = members.iter().find_map(|member| text(&action.arguments, member))?;
    let own = |target: &&interlock_action::Target| {
        target.kind == Kind::Trail && target.relation != Relation::Reaches
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((given, id.unwrap_or_else(|| TargetId::new(given))))
}

fn is_store(action: &Action) -> bool {
    action.operation.verb() == "DeleteEventDataStore"
}

impl Look for Trail {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "cloudtrail"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((given, _)) = subject(action) else { return Vec::new() };
        let read = |key: &str, operation: &str, member: &str| {
            crate::call::read(action, key, "cloudtrail", operation, json!({ member: given }))
        };
        if is_store(action) {
            return vec![read(STORE, "GetEventDataStore", "EventDataStore")];
        }
        let mut reads = vec![read(TRAIL, "GetTrail", "Name"), read(STATUS, "GetTrailStatus", "Name")];
        if action.operation.verb() == "PutEventSelectors" {
            reads.push(read(SELECTORS, "GetEventSelectors", "TrailName"));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((given, id)) = subject(action) else { return };
        let name = super::super::arn::last(given);
        let (key, pointer) = if is_store(action) { (STORE, "") } else { (TRAIL, "/Trail") };
        let record = match live(answers, key) {
            Live::Found(answer) => answer.pointer(pointer).unwrap_or(&Value::Null),
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unread(action, (&format!("trail {name}"), &id, Kind::Trail), &why);
                if is_store(action) {
                    lose(name, draft);
                }
                return;
            }
        };
        draft.saw();
        let data = if is_store(action) { Bears::Yes } else { Bears::No };
        draft.observe(&id, Observed { exists: Some(true), data, ..Observed::default() });
        let on = live(answers, STATUS).found().and_then(|status| flag(status, "/IsLogging"));
        draft.bind(id.as_str(), json!({"record": digest(record), "IsLogging": on}));
        match action.operation.verb() {
            "DeleteEventDataStore" => store(name, &id, record, draft),
            "UpdateTrail" => update(action, name, &id, record, draft),
            "PutEventSelectors" => select(action, answers, name, &id, draft),
            verb => switch(verb, name, &id, record, on, draft),
        }
    }
}

fn lose(name: &str, draft: &mut Draft) {
    draft.lose(format!("the API calls that event data store {name} has recorded"));
    draft
        .secure(Securing::Impossible(format!("no copy of event data store {name} can be made by Interlock")));
}

/// What the trail records, in words.
fn scope(record: &Value) -> String {
    let parts = [
        ("/IsMultiRegionTrail", "every region"),
        ("/IsOrganizationTrail", "the whole organisation"),
        ("/IncludeGlobalServiceEvents", "global services"),
    ];
    let said: Vec<&str> =
        parts.iter().filter(|(at, _)| flag(record, at) == Some(true)).map(|(_, words)| *words).collect();
    if said.is_empty() { "one region".to_owned() } else { words::some(&said, 3) }
}

fn switch(verb: &str, name: &str, id: &TargetId, record: &Value, on: Option<bool>, draft: &mut Draft) {
    let bucket = or_dash(record, "/S3BucketName");
    let scope = scope(record);
    let state = match on {
        Some(true) => "records now",
        Some(false) => "does not record now",
        None => "whether it records now was not read",
    };
    if on.is_none() {
        draft.unknown(format!("whether trail {name} records now could not be read"));
    }
    let (effect, what, back) = match verb {
        "StartLogging" => (
            Effect::Update,
            format!("trail {name} ({scope}) records API calls into {bucket}; it {state}"),
            Reversibility::Exact,
        ),
        "StopLogging" => (
            Effect::AuditTrail,
            format!("trail {name} ({scope}) stops recording API calls into {bucket}; it {state}"),
            // What happens meanwhile is recorded nowhere.
            Reversibility::Lossy,
        ),
        _ => (
            Effect::Destroy,
            format!("trail {name} ({scope}) is deleted; it {state}; its logs stay in {bucket}"),
            Reversibility::Lossy,
        ),
    };
    draft.change(id, Kind::Trail, effect, what);
    if verb != "StartLogging" {
        draft.unknown("whether another trail records the same calls was not looked at");
        if let Some(group) = text(record, "/CloudWatchLogsLogGroupArn") {
            draft.depend(format!("what watches {group}"));
        }
    }
    draft.reversibility = back;
}

fn store(name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let called = text(record, "/Name").unwrap_or(name);
    let what = format!("event data store {called} is deleted; it can be restored for seven days");
    draft.change(id, Kind::Trail, Effect::Destroy, what);
    if flag(record, "/TerminationProtectionEnabled") == Some(true) {
        let refused = format!("termination protection of {called} is on: the service will refuse");
        draft.change(id, Kind::Trail, Effect::Destroy, refused);
    }
    lose(called, draft);
    draft.reversibility = Reversibility::Lossy;
}

fn update(action: &Action, name: &str, id: &TargetId, trail: &Value, draft: &mut Draft) {
    let off = |asked: &str, now: &str| {
        flag(&action.arguments, asked) == Some(false) && flag(trail, now) != Some(false)
    };
    let moved = |member: &str| {
        let asked = action.arguments.get(member);
        asked.is_some() && asked != trail.get(member)
    };
    let narrowed = off("/IncludeGlobalServiceEvents", "/IncludeGlobalServiceEvents")
        || off("/IsMultiRegionTrail", "/IsMultiRegionTrail")
        || off("/EnableLogFileValidation", "/LogFileValidationEnabled")
        || off("/IsOrganizationTrail", "/IsOrganizationTrail")
        || ["S3BucketName", "S3KeyPrefix", "KmsKeyId", "CloudWatchLogsLogGroupArn"].into_iter().any(moved);
    draft.fact(facts::CLOUDTRAIL_TRAIL_NARROWED, true, Some(narrowed));
    diff::changes(action, id, Kind::Trail, trail, draft);
    let state =
        if narrowed { "the present one is given up" } else { "nothing of the present one is given up" };
    draft.change(
        id,
        Kind::Trail,
        leading(action),
        format!("the settings of trail {name} are written: {state}"),
    );
    let exact = diff::tells_all(action, trail, &["Name", "EnableLogFileValidation"]);
    draft.reversibility = if exact { Reversibility::Exact } else { Reversibility::Lossy };
}

/// Whether new selectors leave out something that the present ones record. A trail that nobody set any for records every
/// management event.
fn narrows(new: &Value, now: &Value) -> bool {
    let (plain, advanced) = ("/EventSelectors", "/AdvancedEventSelectors");
    let unset = json!({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]});
    let none = entries(now, plain).is_empty() && entries(now, advanced).is_empty();
    let now = if none { &unset } else { now };
    let kept = entries(now, advanced).iter().all(|one| {
        entries(new, advanced).iter().any(|have| have.get("FieldSelectors") == one.get("FieldSelectors"))
    });
    let new = entries(new, plain);
    !kept || !entries(now, plain).iter().all(|one| covered(one, new))
}

/// Whether others record whatever a plain selector does.
fn covered(now: &Value, new: &[Value]) -> bool {
    let kind = |one: &Value| text(one, "/ReadWriteType").unwrap_or("All").to_owned();
    let wide: Vec<&Value> = new.iter().filter(|one| kind(one) == "All" || kind(one) == kind(now)).collect();
    let (events, without) = ("/IncludeManagementEvents", "/ExcludeManagementEventSources");
    let management = flag(now, events) == Some(false)
        || wide.iter().any(|one| {
            let left_out = strings(now, without);
            flag(one, events) != Some(false)
                && strings(one, without).iter().all(|source| left_out.contains(source))
        });
    let recorded = |kind: Option<&str>, value: &str| {
        let within = |whole: &str| {
            let all = whole.ends_with('/') || whole.matches(':').count() == 2;
            value == whole || (all && value.starts_with(whole))
        };
        wide.iter().flat_map(|one| entries(one, "/DataResources")).any(|resource| {
            text(resource, "/Type") == kind && strings(resource, "/Values").into_iter().any(within)
        })
    };
    management
        && entries(now, "/DataResources").iter().all(|resource| {
            let kind = text(resource, "/Type");
            strings(resource, "/Values").into_iter().all(|value| recorded(kind, value))
        })
}

fn select(action: &Action, answers: &Answers, name: &str, id: &TargetId, draft: &mut Draft) {
    let now = match live(answers, SELECTORS) {
        Live::Found(answer) => answer,
        Live::Absent => &Value::Null,
        Live::Unread(why) => {
            draft.fact(facts::CLOUDTRAIL_SELECTORS_NARROWED, true, None);
            draft.unknown(format!("the event selectors of trail {name} could not be read: {why}"));
            let what = format!("what trail {name} records is decided anew");
            return draft.change(id, Kind::Trail, leading(action), what);
        }
    };
    let narrowed = !now.is_null() && narrows(&action.arguments, now);
    draft.fact(facts::CLOUDTRAIL_SELECTORS_NARROWED, true, (!now.is_null()).then_some(narrowed));
    draft.bind(format!("{id} selectors"), digest(now));
    let what = if narrowed {
        format!("what trail {name} records is decided anew: it may record less")
    } else {
        format!("what trail {name} records stays as it is")
    };
    draft.change_from(id, Kind::Trail, leading(action), what, Some(now.clone()), None);
    draft.reversibility = Reversibility::Exact;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Bears, Effect, Kind, Securing, Survey};
    use serde_json::{Value, json};

    use crate::{
        forecast::testing::{action, found, having, survey, target},
        rules::facts,
    };

    const ID: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/all";

    fn look(operation: &str, arguments: Value) -> Survey {
        let mut asked = having(action("cloudtrail", operation, arguments), Effect::AuditTrail);
        asked.targets = vec![target(ID, Kind::Trail, "all")];
        survey(&asked, |operation, _| match operation {
            "GetTrail" => found(json!({"Trail": {
                "Name": "all", "S3BucketName": "logs", "IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": true,
            }})),
            "GetTrailStatus" => found(json!({"IsLogging": true})),
            "GetEventSelectors" => found(json!({"EventSelectors": [{"ReadWriteType": "All"}]})),
            "GetEventDataStore" => found(json!({"Name": "lake", "TerminationProtectionEnabled": true})),
            _ => Answer::NotFound,
        })
    }

    fn fact(survey: &Survey, name: &str) -> bool {
        survey.facts.get(name).unwrap().as_bool().unwrap()
    }

    #[test]
    fn a_trail_that_stops_says_what_it_recorded() {
        let stop = look("StopLogging", json!({"Name": "all"}));
        assert!(stop.forecast.changes[0].what.contains("every region, global services"));
        assert!(stop.forecast.changes[0].what.contains("records now"));
        let gone = look("DeleteTrail", json!({"Name": "all"}));
        assert!(gone.forecast.changes[0].what.contains("its logs stay in logs"));
        assert_eq!((gone.observed[&ID.into()].data, gone.securing), (Bears::No, Securing::NotNeeded));
        let store = look("DeleteEventDataStore", json!({"EventDataStore": "lake"}));
        assert!(store.forecast.changes[1].what.contains("will refuse"));
        assert!(matches!(store.securing, Securing::Impossible(_)));
    }

    #[test]
    fn a_trail_that_goes_elsewhere_is_narrowed() {
        let update = |more: Value| {
            let mut arguments = json!({"Name": "all"});
            arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            fact(&look("UpdateTrail", arguments), facts::CLOUDTRAIL_TRAIL_NARROWED)
        };
        assert!(update(json!({"S3BucketName": "elsewhere"})));
        assert!(update(json!({"IsMultiRegionTrail": false})));
        assert!(!update(json!({"S3BucketName": "logs"})));
        let select = |selectors: Value| {
            let asked = json!({"TrailName": "all", "EventSelectors": selectors});
            fact(&look("PutEventSelectors", asked), facts::CLOUDTRAIL_SELECTORS_NARROWED)
        };
        assert!(select(json!([{"ReadWriteType": "WriteOnly"}])));
        assert!(select(
            json!([{"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])
        ));
        assert!(!select(json!([{"ReadWriteType": "All"}])));
        let buckets = json!([{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]);
        assert!(!select(json!([{"ReadWriteType": "All", "DataResources": buckets}])), "more is recorded");
    }

    #[test]
    fn what_a_selector_records_others_may_record() {
        let with =
            |values: Value| json!([{"DataResources": [{"Type": "AWS::S3::Object", "Values": values}]}]);
        let narrows = |new: Value, now: Value| {
            super::narrows(&json!({"EventSelectors": new}), &json!({"EventSelectors": now}))
        };
        let one = || with(json!(["arn:aws:s3:::exams/"]));
        assert!(narrows(json!([{"ReadWriteType": "All"}]), one()), "the objects of a bucket are left out");
        assert!(narrows(with(json!(["arn:aws:s3:::exams/2026/"])), one()));
        assert!(
            narrows(json!([{"ReadWriteType": "ReadOnly"}]), json!([])),
            "unset is every management event"
        );
        assert!(!narrows(json!([{"ReadWriteType": "All"}]), json!([])));
        assert!(!narrows(with(json!(["arn:aws:s3:::exams/", "arn:aws:s3:::logs/"])), one()));
        assert!(!narrows(with(json!(["arn:aws:s3"])), one()), "every bucket");
        let fields = |name: &str| json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": [name]}]}]);
        let advanced = |new: Value, now: Value| {
            super::narrows(&json!({"AdvancedEventSelectors": new}), &json!({"AdvancedEventSelectors": now}))
        };
        assert!(advanced(fields("Data"), fields("Management")));
        assert!(!advanced(fields("Management"), fields("Management")));
    }
}
