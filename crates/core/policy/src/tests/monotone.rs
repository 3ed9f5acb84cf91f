//! Invariant 8 of the design: more evidence never turns allow into refuse.

use proptest::prelude::*;

use super::{ask, every_evidence, evidence, people};
use crate::{Bundle, Decision, Hypothetical, Verified};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn more_evidence_never_takes_an_allow_away(
        ask in ask(),
        (less, more) in people().prop_flat_map(|(team, solo)| (evidence(team, solo), evidence(team, solo))),
    ) {
        let bundle = Bundle::shipped_once();
        let reachable = Hypothetical::new(less);
        let asks = [ask];
        let before = bundle.decide(&asks, &Verified::new(less), &reachable);
        let after = bundle.decide(&asks, &Verified::new(less.join(&more)), &reachable);
        if before.admits() {
            prop_assert!(after.admits(), "{before:?} became {after:?}");
        }
        if !matches!(before, Decision::Refuse { .. }) {
            prop_assert!(!matches!(after, Decision::Refuse { .. }), "{before:?} became {after:?}");
        }
    }

    #[test]
    fn what_is_needed_is_enough_and_nothing_of_it_is_idle(
        ask in ask(),
        (start, end) in people().prop_flat_map(|(team, solo)| (evidence(team, solo), evidence(team, solo))),
    ) {
        let bundle = Bundle::shipped_once();
        let (start, end) = (start.consistent(), end.consistent());
        let asks = [ask];
        let reachable = Hypothetical::new(end);
        let decision = bundle.decide(&asks, &Verified::new(start), &reachable);
        if let Decision::Refuse { .. } = decision {
            prop_assert!(decision.needs().is_empty());
            let most = crate::Evidence {
                recovery_point: start.recovery_point || (end.recovery_point && asks[0].facts.securable),
                break_glass: start.break_glass,
                granted: start.granted,
                ..start.join(&end)
            };
            prop_assert!(!bundle.decide(&asks, &Verified::new(most), &reachable).admits());
        } else {
            let brought = bring(&start, decision.needs(), &end);
            let after = bundle.decide(&asks, &Verified::new(brought), &reachable);
            prop_assert!(after.admits(), "{decision:?} with {brought:?} gave {after:?}");
            prop_assert_eq!(after.tier(), decision.tier());
            for idle in decision.needs() {
                let others: Vec<_> = decision.needs().iter().copied().filter(|need| need != idle).collect();
                let without = bring(&start, &others, &end);
                prop_assert!(!bundle.decide(&asks, &Verified::new(without), &reachable).admits(), "{idle} is idle");
            }
        }
    }

    #[test]
    fn only_verified_evidence_admits(ask in ask(), (team, solo) in people()) {
        let bundle = Bundle::shipped_once();
        let reachable = Hypothetical::greatest(team, team, solo);
        let asks = [ask];
        let decision = bundle.decide(&asks, &Verified::none(team, solo), &reachable);
        let nothing = bundle.decide(&asks, &Verified::none(team, solo), &Hypothetical::new(crate::Evidence::none(team, solo)));
        prop_assert_eq!(decision.admits(), nothing.admits());
    }
}

/// The evidence with what is needed brought, as far as it can be.
fn bring(start: &crate::Evidence, needs: &[crate::Need], end: &crate::Evidence) -> crate::Evidence {
    use crate::Need;
    let mut brought = *start;
    for need in needs {
        match need {
            Need::Forecast => brought.forecast = true,
            Need::RecoveryPoint => brought.recovery_point = true,
            Need::RecoveryDrill => brought.recovery_proven = true,
            Need::Rehearsal => brought.rehearsal = true,
            Need::Delay => brought.delay_elapsed = true,
            Need::OnePerson | Need::TwoPeople => {
                let people = if *need == Need::OnePerson { 1 } else { 2 };
                brought.approvals = brought.approvals.max(people);
                brought.others = brought.others.max(people.min(end.others.max(start.others)));
                brought.independent =
                    brought.independent.max(people.min(end.independent.max(start.independent)));
            }
        }
    }
    brought
}

#[test]
fn nobody_lifts_a_refusal() {
    let bundle = Bundle::shipped();
    let mut refusals = 0;
    for effect in interlock_action::Effect::ALL {
        for bits in 0..32_u8 {
            let mut ask = crate::case::ordinary();
            ask.effect = effect;
            ask.target.production = bits & 1 != 0;
            ask.target.bears_data = bits & 2 != 0;
            ask.target.interlock_own = bits & 4 != 0;
            ask.target.class_read_only = bits & 8 != 0;
            ask.facts.securable = bits & 16 != 0;
            let asks = [ask];
            let reachable = Hypothetical::greatest(3, 3, false);
            let Decision::Refuse { rules } = bundle.decide(&asks, &Verified::none(3, false), &reachable)
            else {
                continue;
            };
            assert!(!rules.is_empty());
            refusals += 1;
            for evidence in every_evidence(3, false) {
                if evidence.rehearsal || evidence.recovery_point && !asks[0].facts.securable {
                    continue;
                }
                let situation = crate::request::Situation::new(&asks[0], &bundle.slices[&effect]).unwrap();
                assert!(!situation.ask_all(&evidence).unwrap().allowed, "{asks:#?} {evidence:#?}");
            }
        }
    }
    assert!(refusals > 100, "only {refusals} refusals were looked at");
}
