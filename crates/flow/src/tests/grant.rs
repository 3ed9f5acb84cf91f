//! Standing grants on the road: what they let pass, and what ends them.

use std::sync::atomic::Ordering;

use futures_executor::block_on;
use interlock_action::{Change, Effect, TicketId};
use interlock_approval::{KeyStep, Launch, State};
use interlock_ledger::EntryKind;
use interlock_policy::{Ask, Judged};
use serde_json::json;

use super::house::{House, SESSION, action, database, delete};
use crate::{
    Decisive, Event, FreezeScope, Grant, GrantError, GrantTerms, GrantWish, Guard, Outcome, Reach, SignedBy,
    Verdict,
};

fn stop(name: &str) -> interlock_action::Action {
    action("StopDBInstance", Effect::Interrupt, database(name))
}

const ANY: GrantWish = GrantWish { minutes: 60, count: 3, any_target: true, any_arguments: false };

/// A request, and what the policy was asked about it.
fn asked(house: &House, action: &interlock_action::Action) -> (TicketId, Vec<Ask>) {
    let ticket = house.ticket(action);
    let judged: Judged = serde_json::from_value(house.last().private["judged"].clone()).unwrap();
    (ticket, judged.asks)
}

fn terms(
    house: &House,
    (ticket, asks): &(TicketId, Vec<Ask>),
    wish: GrantWish,
) -> Result<GrantTerms, GrantError> {
    let ticket = house.pages.memory_now().tickets[ticket].clone();
    house.road.grant_terms(&ticket, asks, wish)
}

fn signs(house: &House, terms: &GrantTerms, asks: &[Ask], person: &str) -> Result<Grant, GrantError> {
    let key = house.pages.memory_now().people[&person.into()].keys[0].clone();
    let signed = SignedBy { key, counter: None };
    block_on(house.road.sign_grant(terms, asks, (&person.into(), &signed), ("seen", "signature")))
}

/// A house of three, and a grant for stopping databases.
fn granted(wish: GrantWish) -> (House, Grant) {
    let house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, wish).unwrap();
    let grant = signs(&house, &terms, &request.1, "bo").unwrap();
    assert!(house.pages.memory_now().grant_idle(&grant, 1_000_000).is_none());
    (house, grant)
}

fn used(house: &House, grant: &Grant) -> u32 {
    house.pages.memory_now().grants[&grant.id].used
}

#[test]
fn the_like_of_a_request_passes_so_often_and_then_is_asked_again() {
    let (house, grant) = granted(ANY);
    assert!(house.runs(&stop("school")), "what it was made of is approved by the same signature");
    assert_eq!(used(&house, &grant), 0);
    for name in ["library", "school", "gym"] {
        assert!(house.runs(&stop(name)), "{name}");
    }
    assert_eq!(used(&house, &grant), 3);
    assert!(!house.runs(&stop("pool")), "three calls, not four");
    assert_eq!(house.entries(EntryKind::Granted), 1);
}

#[test]
fn what_is_not_its_like_is_asked_about() {
    let (house, grant) = granted(ANY);
    house.session("ses-2", "ana");
    assert!(matches!(house.admit_in("ses-2", &stop("gym")), Verdict::Held(_)), "another session");
    assert!(
        !house.runs(&action("RebootDBInstance", Effect::Interrupt, database("gym"))),
        "another operation"
    );
    assert!(!house.runs(&action("StopDBInstance", Effect::Update, database("gym"))), "another effect");
    let mut other = stop("gym");
    other.arguments["DBSnapshotIdentifier"] = json!("last");
    assert!(!house.runs(&other), "another argument");
    let mut two = stop("gym");
    two.targets.push(database("pool"));
    assert!(!house.runs(&two), "two at once");
    let mut unknown = stop("gym");
    unknown.unknowns.push("a field".to_owned());
    assert!(!house.runs(&unknown), "not understood");
    house.land.world.lock().unwrap().loss.push("10 rows".to_owned());
    assert!(!house.runs(&stop("gym")), "it loses data now");
    house.land.world.lock().unwrap().loss.clear();
    assert_eq!(used(&house, &grant), 0);
    assert!(house.runs(&stop("gym")));
}

#[test]
fn one_for_the_same_things_is_for_no_others() {
    let (house, _) = granted(GrantWish { any_target: false, ..ANY });
    assert!(house.runs(&stop("school")) && house.runs(&stop("school")));
    assert!(!house.runs(&stop("gym")));
}

#[test]
fn with_any_arguments_the_effects_still_bind() {
    let (house, _) = granted(GrantWish { any_arguments: true, ..ANY });
    let mut other = stop("gym");
    other.arguments["DBSnapshotIdentifier"] = json!("last");
    assert!(house.runs(&other));
    other.claims.push(interlock_action::Claim::plain(Effect::Network, "opens a port"));
    assert!(!house.runs(&other));
}

#[test]
fn there_is_none_of_what_takes_two_or_is_grave() {
    let house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &delete("school"));
    assert!(matches!(terms(&house, &request, ANY), Err(GrantError::Request(_))));
    for effect in [Effect::Network, Effect::Privilege, Effect::Execute] {
        let request = asked(&house, &action("Other", effect, database("school")));
        assert!(matches!(terms(&house, &request, ANY), Err(GrantError::Ungrantable(_))), "{effect}");
    }
    let request = asked(&house, &stop("school"));
    for wish in [
        GrantWish { minutes: 0, ..ANY },
        GrantWish { minutes: 1441, ..ANY },
        GrantWish { count: 0, ..ANY },
        GrantWish { count: 101, ..ANY },
    ] {
        assert!(terms(&house, &request, wish).is_err(), "{wish:?}");
    }
}

#[test]
fn the_owner_grants_nothing_alone_and_nobody_signs_other_terms() {
    let house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    let first = signs(&house, &terms, &request.1, "ana").unwrap();
    assert!(first.since.is_none() && !house.runs(&stop("gym")), "{first:?}");
    assert!(matches!(signs(&house, &terms, &request.1, "ana"), Err(GrantError::Refused(_))), "twice");
    let more = GrantTerms { reach: Reach { things: 50, ..terms.reach.clone() }, ..terms.clone() };
    assert!(matches!(signs(&house, &more, &request.1, "bo"), Err(GrantError::OtherTerms)));
    let second = signs(&house, &terms, &request.1, "bo").unwrap();
    assert!(second.id == first.id && second.since.is_some());
    assert!(house.runs(&stop("gym")));
}

#[test]
fn where_nobody_signed_for_the_launch_it_takes_one_more() {
    let house = House::of(&["ana", "bo", "cy"]);
    house.launched(Launch::unproved());
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    assert!(signs(&house, &terms, &request.1, "bo").unwrap().since.is_none());
    assert!(!house.runs(&stop("gym")));
    assert!(signs(&house, &terms, &request.1, "cy").unwrap().since.is_some());
    assert!(house.runs(&stop("gym")));
    assert!(matches!(house.pages.memory_now().tickets[&request.0].state, State::Approved { .. }));
}

#[test]
fn it_is_over_with_its_time_its_session_its_signer_and_the_first_failure() {
    let (house, _) = granted(ANY);
    house.hand.now.fetch_add(60 * 60_000 - 1, Ordering::SeqCst);
    assert!(house.runs(&stop("gym")));
    house.hand.now.fetch_add(1, Ordering::SeqCst);
    assert!(!house.runs(&stop("gym")), "its time is over");

    let (house, grant) = granted(ANY);
    let now = house.road.ports().clock.now();
    house.happens(Event::SessionClosed { session: SESSION.into() });
    assert!(house.pages.memory_now().check(&Guard::Granted(grant.id, now)).is_err(), "its session");

    let (house, _) = granted(ANY);
    let keys = vec![house.pages.memory_now().people[&"bo".into()].keys[0].fingerprint.clone()];
    house.happens(Event::KeysSuspended { person: "bo".into(), keys, ticket: "tk-x".into() });
    assert!(!house.runs(&stop("gym")), "its signer");

    let (house, _) = granted(ANY);
    let Verdict::Allowed(permit) = house.admit(&stop("gym")) else { panic!("it is not covered") };
    let failed = Outcome::Failed { status: 400, code: "InvalidState".to_owned() };
    block_on(permit.complete(failed, Vec::new())).unwrap();
    assert!(!house.runs(&stop("pool")), "a call failed");

    let (house, _) = granted(ANY);
    let Verdict::Allowed(permit) = house.admit(&stop("gym")) else { panic!("it is not covered") };
    drop(permit);
    assert!(!house.runs(&stop("pool")), "nobody knows what came of a call");

    let (house, grant) = granted(ANY);
    let Verdict::Allowed(permit) = house.admit(&stop("gym")) else { panic!("it is not covered") };
    let throttled = Outcome::NotExecuted { why: "throttled".to_owned() };
    block_on(permit.complete(throttled, Vec::new())).unwrap();
    assert!(house.runs(&stop("gym")), "a call that never went out says nothing");
    assert_eq!(used(&house, &grant), 2);
}

#[test]
fn a_denial_in_its_session_and_anybody_end_it() {
    let (house, _) = granted(ANY);
    let other = house.ticket(&delete("school"));
    house.says("cy", Decisive::Deny, &other).unwrap();
    assert!(!house.runs(&stop("gym")));

    let (house, grant) = granted(ANY);
    block_on(house.road.end_grant(&grant.id, &"ana".into(), "enough")).unwrap();
    assert!(!house.runs(&stop("gym")));
    assert_eq!(house.entries(EntryKind::GrantEnded), 1);
}

#[test]
fn the_last_call_is_let_through_once() {
    let (house, grant) = granted(GrantWish { count: 1, ..ANY });
    let Verdict::Allowed(first) = house.admit(&stop("gym")) else { panic!("it is not covered") };
    let now = house.road.ports().clock.now();
    assert!(
        house.pages.memory_now().check(&Guard::Granted(grant.id, now)).is_err(),
        "the writer would refuse it"
    );
    assert!(!house.runs(&stop("pool")));
    block_on(first.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
}

#[test]
fn a_weak_key_grants_nothing_once_somebody_has_a_strong_one() {
    let mut house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    house.enrol("dee", 9);
    let mut dee = house.pages.memory_now().people[&"dee".into()].clone();
    dee.keys[0].step = KeyStep::SecurityKey;
    house.happens(Event::Person { person: dee });
    assert!(matches!(signs(&house, &terms, &request.1, "bo"), Err(GrantError::Refused(_))));
    assert!(signs(&house, &terms, &request.1, "dee").unwrap().since.is_some());
}

#[test]
fn what_waited_while_it_came_into_force_is_asked_no_more() {
    let house = House::of(&["ana", "bo", "cy"]);
    let gym = house.ticket(&stop("gym"));
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    signs(&house, &terms, &request.1, "bo").unwrap();
    assert!(house.runs(&stop("gym")));
    assert!(matches!(house.pages.memory_now().tickets[&gym].state, State::Void { .. }));
}

#[test]
fn whoever_launches_the_session_besides_ends_what_they_or_others_granted() {
    let (house, _) = granted(ANY);
    house.resumed(Some("ana"));
    assert!(house.runs(&stop("gym")), "it goes on as it was");
    house.resumed(Some("bo"));
    assert!(!house.runs(&stop("pool")), "bo signed, and would now let pass what bo asks for");

    let (house, _) = granted(ANY);
    house.resumed(None);
    assert!(!house.runs(&stop("gym")), "nobody knows who launched it");

    let house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    house.resumed(Some("bo"));
    assert!(signs(&house, &terms, &request.1, "bo").is_err(), "it was asked for before");
}

#[test]
fn what_was_granted_inside_the_sandbox_does_not_pass_outside() {
    let (house, _) = granted(ANY);
    assert!(house.runs(&stop("gym")));
    house.unconfined();
    assert!(!house.runs(&stop("pool")));
}

#[test]
fn who_there_was_to_ask_is_who_there_is() {
    let house = House::of(&["ana"]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    signs(&house, &terms, &request.1, "ana").unwrap();
    assert!(house.runs(&stop("gym")));
    let mut house = house;
    house.enrol("bo", 9);
    assert!(!house.runs(&stop("pool")), "alone no more");
}

#[test]
fn one_call_goes_no_further_than_the_first() {
    let change = |name: &str, effect| Change {
        target: database(name).id,
        kind: database(name).kind,
        effect,
        what: name.to_owned(),
        before: None,
        after: None,
    };
    let foresees = |house: &House, changes: &[Change]| {
        house.land.world.lock().unwrap().changes = changes.to_vec();
    };
    let house = House::of(&["ana", "bo", "cy"]);
    foresees(&house, &[change("school", Effect::Interrupt)]);
    let request = asked(&house, &stop("school"));
    let terms = terms(&house, &request, ANY).unwrap();
    signs(&house, &terms, &request.1, "bo").unwrap();
    foresees(&house, &[change("gym", Effect::Interrupt), change("replica", Effect::Interrupt)]);
    assert!(!house.runs(&stop("gym")), "another goes with it");
    foresees(&house, &[change("gym", Effect::Destroy)]);
    assert!(!house.runs(&stop("gym")), "something else happens to it");
    foresees(&house, &[change("gym", Effect::Interrupt)]);
    assert!(house.runs(&stop("gym")));
}

#[test]
fn there_is_none_of_a_whole() {
    let house = House::of(&["ana", "bo", "cy"]);
    let request = asked(&house, &stop("school"));
    let mut ticket = house.pages.memory_now().tickets[&request.0].clone();
    ticket.held.action.surface = interlock_action::Surface::Terraform;
    let refused = house.road.grant_terms(&ticket, &request.1, ANY);
    assert!(matches!(refused, Err(GrantError::Request(why)) if why.contains("as a whole")));
}

#[test]
fn a_freeze_ends_it_and_nobody_revives_it() {
    let (house, grant) = granted(ANY);
    house.freeze(FreezeScope::Service("s3".to_owned()));
    house.happens(Event::Unfrozen { scope: FreezeScope::Service("s3".to_owned()) });
    assert!(house.runs(&stop("gym")), "another service");
    house.freeze(FreezeScope::Agent("claude".into()));
    house.happens(Event::Unfrozen { scope: FreezeScope::Agent("claude".into()) });
    assert!(!house.runs(&stop("pool")));
    // Somebody who had read it before it was over writes it after.
    house.happens(Event::Granted { grant: Box::new(grant.clone()) });
    let known = house.pages.memory_now().grants[&grant.id].clone();
    assert!(known.ended.is_some() && known.used == 1, "{known:?}");
}

#[test]
fn a_denial_ends_it_in_whichever_session_of_its_task() {
    let (house, grant) = granted(ANY);
    house.session("ses-2", "ana");
    let Verdict::Held(held) = house.admit_in("ses-2", &delete("pool")) else { panic!("a delete is held") };
    house.says("cy", Decisive::Deny, &held.ticket).unwrap();
    let ended = house.pages.memory_now().grants[&grant.id].ended.clone();
    assert!(ended.is_some_and(|end| end.why.contains("cy denied")), "{grant:?}");
}
