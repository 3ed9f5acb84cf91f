//! Every invariant, with every grant that the generator makes in the place of `context.evidence.granted`.

use cedar_policy::Policy;
use interlock_action::{Effect, Kind};
use interlock_policy::{Ask, Candidate, PolicyFile, Selector, ordinary};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::{
    Solver,
    expression::{condition, path, rewritten},
    prove, read_invariants,
};

/// An action that a grant might be made of: up to three effects on things of some kinds and places.
fn asks() -> impl Strategy<Value = Vec<Ask>> {
    let effects = prop::sample::select(Effect::ALL.to_vec());
    let kinds = prop::sample::select(vec![Kind::Database, Kind::Instance, Kind::Secret, Kind::Other]);
    let ask =
        (effects, kinds, any::<[bool; 5]>(), "[a-z\"\\\\ *]{1,6}").prop_map(|(effect, kind, flags, name)| {
            let mut ask = ordinary();
            ask.effect = effect;
            ask.target.kind = kind;
            ask.target.id = format!("arn:aws:x:::{name}").into();
            [ask.target.production, ask.target.bears_data, ask.target.made_by_session] =
                [flags[0], flags[1], flags[2]];
            ask.target.environment = if flags[0] { "production".into() } else { "development".into() };
            ask.target.account = flags[3].then(|| "111122223333".into());
            ask.facts.reach_production = flags[4];
            ask
        });
    prop::collection::vec(ask, 1..4)
}

/// The shipped rules as they are under one grant: nobody brings it, its permits say when it is there.
fn under(grant: &Selector) -> Candidate {
    let shipped = Candidate::over_shipped(&[]).unwrap();
    let any = |left: Value, right: Value| json!({"||": {"left": left, "right": right}});
    let when = grant.permits().unwrap().iter().map(|permit| condition(permit).unwrap()).reduce(any).unwrap();
    let granted = path("context", &["evidence", "granted"]);
    let put = |policy: &Policy| rewritten(policy, &|part| (*part == granted).then(|| when.clone())).unwrap();
    let text: Vec<String> = shipped.policies().iter().map(|policy| put(policy).to_string()).collect();
    let schema = shipped.files().iter().find(|file| file.name.ends_with(".cedarschema")).unwrap().clone();
    let under = Candidate::load(&[schema, PolicyFile::new("under.cedar", text.join("\n\n"))]).unwrap();
    assert_eq!(under.policies().len(), shipped.policies().len());
    under
}

#[test]
fn every_invariant_holds_under_every_grant_that_can_be_made() {
    let mut solver = Solver::start().unwrap();
    let mut runner =
        TestRunner::new_with_rng(Config::with_cases(24), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let invariants = read_invariants(Candidate::over_shipped(&[]).unwrap().schema(), &[]).unwrap();
    let mut proved = 0;
    while proved < 6 {
        let asks = asks().new_tree(&mut runner).unwrap().current();
        let operation = asks[0].facts.operation.clone();
        for any_target in [false, true] {
            let Ok(grant) = Selector::of(operation.clone(), &asks, any_target) else { continue };
            let proof = prove(&under(&grant), &invariants, &mut solver).unwrap();
            assert!(proof.holds(), "{}\n{proof}", grant.cedar().unwrap());
            proved += 1;
        }
    }
}
