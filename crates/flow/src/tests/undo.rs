//! Ways back: registered before, compared after, walked by people only.

use futures_executor::block_on;
use interlock_action::{
    Action, Answer, Answers, Call, Deed, Effect, HANDLE, Next, Operation, Read, Step, Surface, Terms, UndoId,
};
use interlock_ledger::EntryKind;
use serde_json::{Value, json};

use super::house::{House, action, database};
use crate::{Conflict, Event, FreezeScope, Outcome, Preview, Progress, Undo, UndoError, Verdict, Watch};

/// Knows the way back of every change of a database: its status is set again.
struct Way {
    /// What setting it would be, if an agent asked for it.
    effect: Effect,
}

impl Undo for Way {
    fn way(&self, _deed: &Deed) -> Option<&'static str> {
        Some("test/status")
    }
    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![Read { key: "status".to_owned(), call: call(deed, "DescribeDBInstances", json!({})) }]
    }
    fn state(&self, _deed: &Deed, answers: &Answers) -> Result<Value, String> {
        match answers.get("status") {
            Some(Answer::Found(value)) => Ok(value.clone()),
            Some(Answer::NotFound) => Ok(Value::Null),
            _ => Err("the status cannot be read".to_owned()),
        }
    }
    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        (!before.is_null()).then(Terms::exact)
    }
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let step = Step {
            name: "set the status".to_owned(),
            next: Next::Call(call(deed, "SetStatus", before.clone())),
        };
        Ok(if before == now { Vec::new() } else { vec![step] })
    }
    fn judge(&self, _call: &Call) -> Option<Action> {
        Some(action("SetStatus", self.effect, database("school")))
    }
}

/// The same of two members, each set by a step of its own.
struct TwoSteps;

impl Undo for TwoSteps {
    fn way(&self, _deed: &Deed) -> Option<&'static str> {
        Some("test/two-steps")
    }
    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        Way { effect: Effect::Update }.reads(deed, so_far)
    }
    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        Way { effect: Effect::Update }.state(deed, answers)
    }
    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        for member in ["Status", "Class"] {
            if before[member] != now[member] {
                let mut all = now.clone();
                all[member] = before[member].clone();
                all[HANDLE] = json!({ "by": deed.undo });
                let next = Next::Call(call(deed, "SetStatus", all));
                steps.push(Step { name: format!("set {member}"), next });
            }
        }
        Ok(steps)
    }
    fn judge(&self, _call: &Call) -> Option<Action> {
        Some(action("SetStatus", Effect::Update, database("school")))
    }
}

fn call(deed: &Deed, verb: &str, arguments: Value) -> Call {
    Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", verb),
        account: deed.account.clone(),
        region: deed.region.clone(),
        arguments,
    }
}

struct Nobody;

impl Watch for Nobody {
    fn told(&self, _progress: Progress) {}
}

fn house(effect: Effect) -> House {
    let mut house = House::of(&["ana", "bo", "cy"]);
    house.undone_by(Way { effect });
    house
}

fn status(house: &House, status: &str) {
    *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": status}));
}

/// The agent changes the status, or fails to.
fn changes(house: &House, outcome: Outcome) -> interlock_action::ActionId {
    let change = action("ModifyDBInstance", Effect::Update, database("dev-school"));
    let Verdict::Allowed(permit) = house.admit(&change) else { panic!("it must pass") };
    assert!(permit.undoable());
    let id = permit.id().clone();
    status(house, "stopped");
    block_on(permit.complete(outcome, Vec::new())).unwrap();
    block_on(house.road.settle(&id));
    id
}

fn done() -> Outcome {
    Outcome::Succeeded { status: 200 }
}

fn preview(house: &House) -> Preview {
    let all = house.road.changes(|_, _| true);
    block_on(house.road.preview_undo(&all)).unwrap()
}

fn undo(house: &House, preview: &Preview, by: &[&str]) -> Result<(), UndoError> {
    undo_as("undo-1", house, preview, by)
}

fn undo_as(run: &str, house: &House, preview: &Preview, by: &[&str]) -> Result<(), UndoError> {
    let by: Vec<_> = by.iter().map(|name| (*name).into()).collect();
    block_on(house.road.undo(preview, &UndoId::new(run), &by, &Nobody))
}

#[test]
fn what_was_done_is_taken_back_once_and_a_freeze_does_not_stop_it() {
    let house = house(Effect::Update);
    status(&house, "available");
    changes(&house, done());
    house.freeze(FreezeScope::Fleet);
    let shown = preview(&house);
    assert!(shown.clear(), "{shown:?}");
    undo(&house, &shown, &["bo"]).unwrap();
    assert_eq!(*house.land.proof.lock().unwrap(), Answer::Found(json!({"Status": "available"})));
    assert_eq!(house.land.calls.lock().unwrap().len(), 1);
    assert!(house.road.changes(|_, _| true).is_empty());
    assert_eq!(house.entries(EntryKind::Undo), 3, "what was left, that it is begun, that it is done");
}

#[test]
fn who_is_suspended_takes_nothing_back_any_more() {
    let house = house(Effect::Update);
    changes(&house, done());
    let preview = preview(&house);
    let keys = vec![house.road.memory().people[&"bo".into()].keys[0].fingerprint.clone()];
    house.happens(Event::KeysSuspended { person: "bo".into(), keys, ticket: "tk-out".into() });
    let refused = undo(&house, &preview, &["bo"]).unwrap_err();
    assert!(refused.to_string().contains("who signed for it"), "{refused}");
}

#[test]
fn what_another_has_written_since_is_never_written_over() {
    let house = house(Effect::Update);
    status(&house, "available");
    let id = changes(&house, done());
    let shown = preview(&house);
    status(&house, "renamed");
    assert_eq!(undo(&house, &shown, &["bo"]), Err(UndoError::Moved));
    let shown = preview(&house);
    let conflict = Conflict::Changed(vec!["Status".to_owned()]);
    assert_eq!(shown.changes[0].conflict, Some(conflict.clone()));
    assert_eq!(undo(&house, &shown, &["bo"]), Err(UndoError::Conflict(id, conflict)));
    assert!(house.land.calls.lock().unwrap().is_empty());
}

#[test]
fn what_never_happened_has_no_way_back() {
    let house = house(Effect::Update);
    status(&house, "available");
    let failed = Outcome::Failed { status: 400, code: "InvalidParameterValue".to_owned() };
    let id = changes(&house, failed);
    assert!(house.road.changes(|_, _| true).is_empty());
    let shown = block_on(house.road.preview_undo(&[id])).unwrap();
    assert_eq!(shown.changes[0].conflict, Some(Conflict::NoWay));
}

#[test]
fn as_many_sign_as_the_same_call_of_an_agent_would_need() {
    let house = house(Effect::GuardRemoval);
    status(&house, "available");
    changes(&house, done());
    let shown = preview(&house);
    assert_eq!(shown.signatures, 2, "taking back a guard that was put up removes it");
    assert_eq!(undo(&house, &shown, &["bo"]), Err(UndoError::Signatures(2)));
    let unseen = crate::Unwitnessed("1 must have cosigned, 0 have".to_owned());
    house.pages.witnesses.lock().unwrap().push(Err(unseen));
    assert!(matches!(undo(&house, &shown, &["bo", "cy"]), Err(UndoError::Unwitnessed(_))));
    assert!(house.land.calls.lock().unwrap().is_empty());
    undo(&house, &shown, &["bo", "cy"]).unwrap();
}

#[test]
fn changes_of_one_thing_go_back_newest_first() {
    let house = house(Effect::Update);
    status(&house, "available");
    changes(&house, done());
    let second = action("ModifyDBInstance", Effect::Update, database("dev-school"));
    let Verdict::Allowed(permit) = house.admit(&second) else { panic!("it must pass") };
    status(&house, "deleting");
    let id = permit.id().clone();
    block_on(permit.complete(done(), Vec::new())).unwrap();
    block_on(house.road.settle(&id));
    let shown = preview(&house);
    assert_eq!(shown.changes[0].action, id);
    assert!(shown.clear(), "{shown:?}");
    undo(&house, &shown, &["bo"]).unwrap();
    assert_eq!(*house.land.proof.lock().unwrap(), Answer::Found(json!({"Status": "available"})));
    assert_eq!(house.land.calls.lock().unwrap().len(), 2);
}

/// What remains are the same steps: that alone would write over what the other has written.
#[test]
fn what_another_writes_between_two_steps_is_never_written_over() {
    let mut house = House::of(&["ana", "bo", "cy"]);
    house.undone_by(TwoSteps);
    let stands = |state: Value| *house.land.proof.lock().unwrap() = Answer::Found(state);
    stands(json!({"Status": "available", "Class": "large"}));
    let change = action("ModifyDBInstance", Effect::Update, database("dev-school"));
    let Verdict::Allowed(permit) = house.admit(&change) else { panic!("it must pass") };
    let id = permit.id().clone();
    stands(json!({"Status": "stopped", "Class": "micro"}));
    block_on(permit.complete(done(), Vec::new())).unwrap();
    block_on(house.road.settle(&id));

    let shown = preview(&house);
    assert_eq!(shown.changes[0].steps, ["set Status", "set Class"]);
    let others = json!({"Status": "available", "Class": "huge"});
    *house.land.meddles.lock().unwrap() = Some(others.clone());
    let conflict = UndoError::Conflict(id, Conflict::Changed(vec!["Class".to_owned()]));
    assert_eq!(undo(&house, &shown, &["bo"]), Err(conflict));
    assert_eq!(house.land.calls.lock().unwrap().len(), 1, "the first step only");

    // A process that starts anew knows no more than what was left and what was before.
    let again = preview(&house);
    assert_eq!(again.changes[0].conflict, Some(Conflict::Changed(vec!["Class".to_owned()])));
    assert_eq!(*house.land.proof.lock().unwrap(), Answer::Found(others));

    stands(json!({"Status": "available", "Class": "micro"}));
    let again = preview(&house);
    undo_as("undo-2", &house, &again, &["bo"]).unwrap();
    let Answer::Found(back) = house.land.proof.lock().unwrap().clone() else { panic!("it is there") };
    assert_eq!(interlock_action::compared(&back), json!({"Status": "available", "Class": "large"}));
    // What it makes bears the name of the run that began, also where another finishes it, and what the log does not tell.
    let by = back[HANDLE]["by"].as_str().unwrap();
    assert!(by.strip_prefix("undo-1-").is_some_and(|rest| rest.len() > 7), "{by}");
}

/// An agent's call that changed nothing, as far as anybody can see.
fn changes_nothing(house: &House, asked: Value) -> interlock_action::ActionId {
    let mut change = action("ModifyDBInstance", Effect::Update, database("dev-school"));
    change.arguments = asked;
    let Verdict::Allowed(permit) = house.admit(&change) else { panic!("it must pass") };
    let id = permit.id().clone();
    block_on(permit.complete(done(), Vec::new())).unwrap();
    id
}

fn conflict(house: &House) -> Option<Conflict> {
    preview(house).changes[0].conflict.clone()
}

#[test]
fn what_another_writes_while_it_is_looked_for_is_not_taken_for_the_agents() {
    let house = house(Effect::Update);
    status(&house, "available");
    let id = changes_nothing(&house, json!({}));
    let land = std::sync::Arc::clone(&house.land);
    *house.hand.meanwhile.lock().unwrap() =
        Some(Box::new(move || *land.proof.lock().unwrap() = Answer::Found(json!({"Status": "others"}))));
    block_on(house.road.settle(&id));
    assert_eq!(conflict(&house), Some(Conflict::Unsettled));
    assert!(undo(&house, &preview(&house), &["bo"]).is_err());
    assert!(house.land.calls.lock().unwrap().is_empty(), "it is never written over");
}

/// The service is slow to answer the first look, which an agent can bring about; a person repairs meanwhile.
#[test]
fn a_first_look_that_is_answered_late_may_see_what_another_has_written() {
    for (slow, conflict) in [(4000, Some(Conflict::Unsettled)), (300, None)] {
        let house = house(Effect::Update);
        status(&house, "available");
        let id = changes_nothing(&house, json!({"Status": "broken"}));
        status(&house, "broken");
        let (land, hand) = (std::sync::Arc::clone(&house.land), std::sync::Arc::clone(&house.hand));
        *house.land.meanwhile.lock().unwrap() = Some(Box::new(move || {
            hand.now.fetch_add(slow, std::sync::atomic::Ordering::SeqCst);
            *land.proof.lock().unwrap() = Answer::Found(json!({"Status": "repaired"}));
        }));
        block_on(house.road.settle(&id));
        assert_eq!(self::conflict(&house), conflict, "{slow} ms");
    }
}

#[test]
fn what_shows_late_is_the_agents_where_its_request_says_so() {
    let house = house(Effect::Update);
    status(&house, "available");
    let id = changes_nothing(&house, json!({"Status": "stopped"}));
    let land = std::sync::Arc::clone(&house.land);
    *house.hand.meanwhile.lock().unwrap() =
        Some(Box::new(move || *land.proof.lock().unwrap() = Answer::Found(json!({"Status": "stopped"}))));
    block_on(house.road.settle(&id));
    let shown = preview(&house);
    assert!(shown.clear(), "{shown:?}");
    undo(&house, &shown, &["bo"]).unwrap();
    assert_eq!(*house.land.proof.lock().unwrap(), Answer::Found(json!({"Status": "available"})));
}

/// The look right after the call never came: the process died, or the service did not answer.
#[test]
fn what_is_found_long_after_a_change_is_not_taken_for_the_agents() {
    let wait = |house: &House| house.hand.now.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
    // By whoever asks what can be taken back.
    let house = self::house(Effect::Update);
    status(&house, "available");
    changes_nothing(&house, json!({}));
    status(&house, "others");
    wait(&house);
    assert_eq!(conflict(&house), Some(Conflict::Unsettled));
    // By the next change of the same thing.
    let house = self::house(Effect::Update);
    status(&house, "available");
    let first = changes_nothing(&house, json!({}));
    status(&house, "others");
    wait(&house);
    changes_nothing(&house, json!({}));
    let standing = house.pages.memory_now().changes[&first].standing.clone();
    assert_eq!(standing, crate::Standing::Unsettled);
    // What the request says is known however late it is found.
    let house = self::house(Effect::Update);
    status(&house, "available");
    changes_nothing(&house, json!({"Status": "stopped"}));
    status(&house, "stopped");
    wait(&house);
    assert_eq!(conflict(&house), None);
}

/// The one thing has two names, and what is looked at is told by either.
struct TwoNames;

impl Undo for TwoNames {
    fn way(&self, _deed: &Deed) -> Option<&'static str> {
        Some("test/two-names")
    }
    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        let name = deed.arguments["Name"].as_str().unwrap();
        vec![Read { key: format!("status of {name}"), call: call(deed, "DescribeDBInstances", json!({})) }]
    }
    fn state(&self, _deed: &Deed, answers: &Answers) -> Result<Value, String> {
        match answers.values().next() {
            Some(Answer::Found(value)) => Ok(value.clone()),
            _ => Err("the status cannot be read".to_owned()),
        }
    }
    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::exact())
    }
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        Way { effect: Effect::Update }.back(deed, before, now)
    }
    fn about(&self, deed: &Deed, _reads: &std::collections::BTreeSet<String>) -> Vec<String> {
        // The first name leaves open what the second one says.
        let name = deed.arguments["Name"].as_str().unwrap();
        vec![if name == "school" { "database */school".to_owned() } else { format!("database {name}") }]
    }
    fn judge(&self, _call: &Call) -> Option<Action> {
        Some(action("SetStatus", Effect::Update, database("school")))
    }
}

/// Whoever writes under another name is another writer all the same, whether the first change was looked at before or not.
#[test]
fn a_later_writer_is_seen_whatever_it_calls_the_thing() {
    for (first, second) in [("school", "main/school"), ("main/school", "school")] {
        let mut house = House::of(&["ana", "bo", "cy"]);
        house.undone_by(TwoNames);
        status(&house, "available");
        let named = |name: &str| {
            let mut change = action("ModifyDBInstance", Effect::Update, database("dev-school"));
            change.arguments = json!({"Name": name});
            change
        };
        let admit = |name: &str| {
            let Verdict::Allowed(permit) = house.admit(&named(name)) else { panic!("it must pass") };
            permit
        };
        // The later one is let through before anybody has looked at what the first one left.
        let permit = admit(first);
        let id = permit.id().clone();
        let later = admit(second);
        status(&house, "stopped");
        block_on(permit.complete(done(), Vec::new())).unwrap();
        status(&house, "renamed");
        block_on(later.complete(done(), Vec::new())).unwrap();
        block_on(house.road.settle(&id));
        let shown = block_on(house.road.preview_undo(std::slice::from_ref(&id))).unwrap();
        assert_eq!(shown.changes[0].conflict, Some(Conflict::Unsettled), "{first} then {second}");
        assert!(undo(&house, &shown, &["bo"]).is_err());
        assert!(house.land.calls.lock().unwrap().is_empty(), "nothing is written over");
    }
}

/// What an earlier change left is read before a later one of the same thing is let through.
#[test]
fn what_a_change_left_is_read_before_the_next_writer_of_the_same_thing() {
    let mut house = House::of(&["ana", "bo", "cy"]);
    house.undone_by(TwoNames);
    status(&house, "available");
    let named = |name: &str| {
        let mut change = action("ModifyDBInstance", Effect::Update, database("dev-school"));
        change.arguments = json!({"Name": name});
        change
    };
    let Verdict::Allowed(permit) = house.admit(&named("school")) else { panic!("it must pass") };
    let first = permit.id().clone();
    status(&house, "stopped");
    block_on(permit.complete(done(), Vec::new())).unwrap();
    // Nobody has looked yet when the other one comes.
    let Verdict::Allowed(later) = house.admit(&named("main/school")) else { panic!("it must pass") };
    let second = later.id().clone();
    status(&house, "renamed");
    block_on(later.complete(done(), Vec::new())).unwrap();
    block_on(house.road.settle(&second));
    let alone = block_on(house.road.preview_undo(std::slice::from_ref(&first))).unwrap();
    let changed = Conflict::Changed(vec!["Status".to_owned()]);
    assert_eq!(alone.changes[0].conflict, Some(changed), "the later writer stops it");
    let both = preview(&house);
    assert!(both.clear(), "{both:?}");
    undo(&house, &both, &["bo"]).unwrap();
    assert_eq!(*house.land.proof.lock().unwrap(), Answer::Found(json!({"Status": "available"})));
}
