//! The states that changes found and left: read by whoever takes them back, shown to nobody, and redacted with their thing.

use std::fs;

use interlock_action::{Contract, Deed, Digest, Operation, Surface, Terms};
use interlock_flow::{Event, Journal as _, Record};
use interlock_ledger::{Broken, Entry, EntryKind, State};
use rusqlite::Connection;
use serde_json::json;

use super::{
    redact::{all_told, private_in, redact},
    support::*,
};
use crate::{Store, private::REDACTED};

/// A change of a thing that was found like that, with its outcome and the state that it left.
fn changed(store: &Store, action: &str, thing: &str, states: [&str; 2]) {
    called(store, action, (thing, &[], "s-1"), states);
}

/// The same, of a thing that is called like that, by a session.
fn called(store: &Store, action: &str, (thing, about, session): (&str, &[&str], &str), states: [&str; 2]) {
    let [before, after] = states.map(|state| json!({ "value": state }));
    let deed = Deed {
        surface: Surface::Aws,
        operation: Operation::new("aws:ssm:PutParameter"),
        account: None,
        region: None,
        arguments: json!({"Value": after["value"]}),
        targets: Vec::new(),
        points: Vec::new(),
        undo: None,
    };
    let (way, terms) = ("ssm/parameter".to_owned(), Terms::exact());
    let change = interlock_flow::Change {
        action: action.into(),
        session: session.into(),
        agent: "claude".into(),
        at: NOW,
        contract: Some(Contract { way, deed, before, terms, until: None }),
        subject: Digest::of(thing.as_bytes()),
        about: about.iter().map(|name| (*name).to_owned()).collect(),
    };
    let entry = |kind| Entry::new(kind, NOW).public("action", action);
    let allowed = entry(EntryKind::Allowed).public("session", session).private("arguments", &after);
    let events = vec![permit(action, None), Event::Undoable { change: Box::new(change) }];
    commit(store, Record { entry: allowed, events, guards: vec![] }).unwrap();
    commit(store, outcome(action)).unwrap();
    let events = vec![Event::Settled { action: action.into(), after }];
    commit(store, Record { entry: entry(EntryKind::Undo), events, guards: vec![] }).unwrap();
}

/// They are read with sealed reads: a parameter's earlier value stands nowhere else.
#[test]
fn an_opened_export_shows_no_state_that_a_change_found_or_left() {
    let folder = Folder::new();
    let home = folder.home();
    let store = open(&home);
    commit(&store, open_session()).unwrap();
    changed(&store, "a-1", "password", ["zq-before", "zq-after"]);
    // The entry's own arguments show the new value here; the old one is in the state alone.
    let out = folder.path().join("out");
    let exported = all_told(&store, &out);
    assert!(!exported.contains("zq-before"), "{exported}");
    let lines: Vec<serde_json::Value> = fs::read_to_string(out.join("opened/000.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let states = lines[3]["events"].as_str().unwrap();
    assert!(states.contains("sealed") && !states.contains("zq-after"), "{states}");
    verify(&out, &home, &[]);
    // Whoever takes it back reads it, now and after a start.
    let before = told(&store);
    assert!(format!("{:?}", wait(store.recall(&"a-1".into())).unwrap()).contains("zq-before"));
    drop(store);
    let store = open(&home);
    assert_eq!(told(&store), before);
    assert!(format!("{:?}", wait(store.recall(&"a-1".into())).unwrap()).contains("zq-before"));
}

#[test]
fn states_that_an_older_store_wrote_in_the_clear_are_read_and_not_shown() {
    let folder = Folder::new();
    let home = folder.home();
    let key = &home.keys().wrapping;
    let settled = |after| vec![Event::Settled { action: "a-1".into(), after }];
    for (after, shown) in [(json!({"value": "zq-after"}), true), (json!(REDACTED), false)] {
        let text = serde_json::to_vec(&settled(after.clone())).unwrap();
        let sealed = key.seal_state(State { salt: &[1; 24], events: &text }, &[2; 32]).unwrap();
        let opened = key.open_state(&sealed, &[2; 32]).unwrap();
        assert_eq!(crate::states::shows_states(&opened), shown);
        assert_eq!(crate::states::events_of(0, &opened).unwrap(), settled(after));
    }
    // What is kept with them is what they say, or nothing is read.
    let text = serde_json::to_vec(&settled(json!({"sealed": "0"}))).unwrap();
    let state = State { salt: &[1; 24], events: &text };
    let kept = br#"[{"salt": "0", "state": "1"}]"#;
    let opened = key.open_state(&key.seal_state_with(state, kept, &[2; 32]).unwrap(), &[2; 32]).unwrap();
    assert_eq!(crate::states::events_of(7, &opened), Err(Broken::State { index: 7 }));
}

#[test]
fn a_change_is_taken_out_of_everything_that_holds_a_state_of_its_thing() {
    // Of the middle change: its entry, its outcome's, and the one that says what it left.
    for asked in [4, 6] {
        let folder = Folder::new();
        let home = folder.home();
        let store = open(&home);
        commit(&store, open_session()).unwrap();
        changed(&store, "a-1", "password", ["zq-argument 0", "zq-argument 1"]);
        changed(&store, "a-2", "password", ["zq-argument 1", "zq-argument 2"]);
        changed(&store, "a-3", "another", ["kept 0", "kept 1"]);
        assert_eq!(private_in(all_told(&store, &folder.path().join("out")).as_bytes()), ["zq-argument"]);
        assert_eq!(redact(&store, asked, NOW).unwrap().entries, [1, 3, 4, 6], "asked for {asked}");
        let out = folder.path().join("after");
        assert_eq!(private_in(all_told(&store, &out).as_bytes()), [""; 0]);
        let recalled = |action: &str| wait(store.recall(&action.into())).unwrap();
        assert!(!format!("{:?}{:?}", recalled("a-1"), recalled("a-2")).contains("zq-"));
        assert!(format!("{:?}", recalled("a-3")).contains("kept 0"));
        let changes: Vec<String> =
            store.memory().read().unwrap().changes.keys().map(ToString::to_string).collect();
        assert_eq!(changes, ["a-3"], "what has no way back any more is not offered");
        verify(&out, &home, &[]);
        let before = told(&store);
        drop(store);
        // An older store did not list the things.
        let database = Connection::open(home.database()).unwrap();
        database.execute("DELETE FROM carries WHERE subject LIKE 'thing %'", []).unwrap();
        drop(database);
        let store = open(&home);
        assert_eq!(told(&store), before, "the memory is what a start makes of the log");
        assert_eq!(redact(&store, 7, NOW).unwrap().entries, [7, 9]);
    }
}

/// The reads that told the states spell the thing as the request does.
#[test]
fn a_change_is_taken_out_of_the_changes_of_the_same_thing_whatever_they_call_it() {
    for asked in [1, 4, 7] {
        let folder = Folder::new();
        let store = open(&folder.home());
        commit(&store, open_session()).unwrap();
        let f = "lambda/function arn:aws:lambda:eu-west-1:1:function:f ";
        called(&store, "a-1", ("by name", &[f], "s-1"), ["zq-argument 0", "zq-argument 1"]);
        called(&store, "a-2", ("by arn", &["x", f], "s-1"), ["zq-argument 1", "zq-argument 2"]);
        let open = "* arn:aws:lambda:*:function:f *";
        called(&store, "a-3", ("by pattern", &[open], "s-1"), ["zq-argument 2", "zq-argument 3"]);
        let g = "lambda/function arn:aws:lambda:eu-west-1:1:function:g ";
        called(&store, "a-4", ("another", &[g], "s-1"), ["kept 0", "kept 1"]);
        let taken = redact(&store, asked, NOW).unwrap().entries;
        assert_eq!(taken, [1, 3, 4, 6, 7, 9], "asked for {asked}");
        assert_eq!(private_in(all_told(&store, &folder.path().join("out")).as_bytes()), [""; 0]);
        for action in ["a-1", "a-2", "a-3"] {
            assert!(!format!("{:?}", wait(store.recall(&action.into())).unwrap()).contains("zq-"));
        }
        assert!(format!("{:?}", wait(store.recall(&"a-4".into())).unwrap()).contains("kept 0"));
    }
}

/// What bo's agent tried goes with what ana's agent did, so bo is not uninvolved.
#[test]
fn whoever_answers_for_another_entry_of_the_thing_is_involved() {
    let folder = Folder::new();
    let store = open(&folder.home());
    commit(&store, open_session()).unwrap();
    let mut other = session();
    other.id = "s-2".into();
    other.agent.owner = "bo".into();
    other.keys = vec!["AKIA2".to_owned()];
    other.launch = interlock_approval::Launch::of("carl");
    let entry = Entry::new(EntryKind::SessionOpened, NOW).public("session", "s-2");
    commit(&store, Record { entry, events: vec![Event::Session { session: other }], guards: vec![] })
        .unwrap();
    called(&store, "a-1", ("password", &[], "s-1"), ["0", "1"]);
    called(&store, "a-2", ("password", &[], "s-2"), ["1", "2"]);
    // It failed, so that nothing remembers the change.
    let never = vec![Event::NeverHappened { action: "a-2".into() }];
    let entry = Entry::new(EntryKind::Outcome, NOW).public("action", "a-2").public("session", "s-2");
    commit(&store, Record { entry, events: never, guards: vec![] }).unwrap();
    let involved = store.involved(2).unwrap();
    let owners: Vec<&str> = involved.iter().map(|(owner, _)| owner.as_str()).collect();
    assert!(owners.contains(&"ana") && owners.contains(&"bo"), "{owners:?}");
}
