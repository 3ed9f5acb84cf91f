//! What grants cover, and what they do not.

use interlock_action::{Effect, Kind, Operation, TargetId};
use proptest::prelude::*;

use super::ask;
use crate::{
    Ask, Bundle, Evidence, Hypothetical, Selector, Ungrantable, Verified, ordinary, shipped, validate,
};

fn stop(id: &str) -> Ask {
    let mut ask = ordinary();
    ask.effect = Effect::Interrupt;
    ask.target.id = TargetId::new(id);
    ask.target.kind = Kind::Instance;
    ask.target.production = true;
    ask.target.environment = "production".into();
    ask
}

#[test]
fn a_grant_covers_its_own_things_or_every_one_of_their_kind() {
    let first = stop("i-1");
    let operation = first.facts.operation.clone();
    let same = Selector::of(operation.clone(), std::slice::from_ref(&first), false).unwrap();
    let any = Selector::of(operation.clone(), std::slice::from_ref(&first), true).unwrap();
    let covers = |selector: &Selector, asks: &[Ask]| selector.covers(&operation, asks).unwrap();
    assert!(covers(&same, &[stop("i-1")]) && !covers(&same, &[stop("i-2")]));
    assert!(covers(&any, &[stop("i-2"), stop("i-3")]) && !covers(&any, &[]));
    let other = |change: &dyn Fn(&mut Ask)| {
        let mut ask = stop("i-1");
        change(&mut ask);
        covers(&any, &[stop("i-1"), ask])
    };
    assert!(other(&|ask| ask.effect = Effect::Read), "looking beside it changes nothing");
    assert!(!other(&|ask| ask.effect = Effect::Update));
    assert!(!other(&|ask| ask.effect = Effect::Privilege));
    assert!(!other(&|ask| ask.target.environment = "billing".into()));
    assert!(!other(&|ask| ask.target.account = None));
    assert!(!other(&|ask| ask.target.kind = Kind::Database));
    assert!(!other(&|ask| ask.target.interlock_own = true));
    assert!(!other(&|ask| ask.facts.known = false));
    assert!(!other(&|ask| ask.facts.in_scope = false));
    assert!(!other(&|ask| ask.agent.name = "another".into()));
    assert!(!any.covers(&Operation::aws("ec2", "TerminateInstances"), &[stop("i-1")]).unwrap());
}

#[test]
fn what_is_grave_has_no_grant() {
    let of = |change: &dyn Fn(&mut Ask)| {
        let mut ask = stop("i-1");
        change(&mut ask);
        Selector::of(ask.facts.operation.clone(), &[ask], false)
    };
    let data = of(&|ask| (ask.effect, ask.target.bears_data) = (Effect::Destroy, true));
    assert_eq!(data, Err(Ungrantable::Data));
    for effect in
        [Effect::Network, Effect::Privilege, Effect::Execute, Effect::GuardRemoval, Effect::RecoveryLoss]
    {
        assert_eq!(of(&|ask| ask.effect = effect), Err(Ungrantable::Effect(effect)));
    }
    assert_eq!(of(&|ask| ask.target.kind = Kind::Object), Err(Ungrantable::Objects));
    assert_eq!(of(&|ask| ask.effect = Effect::Read), Err(Ungrantable::Nothing));
    assert!(of(&|ask| ask.facts.known = false).is_err() && of(&|ask| ask.facts.over_budget = true).is_err());
}

#[test]
fn no_name_breaks_out_of_its_quotes() {
    for name in [r#"a"] || true || [""#, "a\\", "a\n\u{202e}b", "*", "\u{0}"] {
        let mut first = stop(name);
        first.agent.name = name.into();
        let operation = first.facts.operation.clone();
        let same = Selector::of(operation.clone(), std::slice::from_ref(&first), false).unwrap();
        let permits = same.permits().unwrap();
        let faults = validate(shipped::schema().unwrap(), &permits);
        assert!(faults.iter().all(|fault| fault.contains(" contains ")), "{faults:?}");
        let text = same.cedar().unwrap();
        let again: cedar_policy::PolicySet = text.parse().unwrap();
        assert_eq!((again.policies().count(), permits.len()), (1, 1), "{text}");
        let mut second = first.clone();
        second.target.id = "i-2".into();
        assert!(same.covers(&operation, &[first]).unwrap() && !same.covers(&operation, &[second]).unwrap());
    }
}

proptest! {
    /// Of whatever is asked, a grant made of it covers it, and lifts no rule but those that one person lifts.
    #[test]
    fn a_grant_covers_what_it_was_made_of_and_stands_in_for_one_person(ask in ask()) {
        let operation = ask.facts.operation.clone();
        let asks = [ask];
        let Ok(selector) = Selector::of(operation.clone(), &asks, false) else { return Ok(()) };
        prop_assert!(selector.covers(&operation, &asks).unwrap());
        let bundle = Bundle::shipped_once();
        let machine = Evidence { forecast: true, recovery_point: true, rehearsal: true, ..Evidence::none(3, false) };
        let one = Evidence { approvals: 1, others: 1, independent: 1, ..machine };
        let most = Hypothetical::greatest(3, 3, false);
        let admits = |evidence| bundle.decide(&asks, &Verified::new(evidence), &most).admits();
        let granted = Evidence { granted: true, ..machine };
        prop_assert!(!admits(granted) || admits(one));
    }
}
