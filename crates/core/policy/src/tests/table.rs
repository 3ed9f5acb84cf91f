//! The tier table, written a second time in Rust, against the shipped policy.

use std::collections::BTreeMap;

use interlock_action::Effect;
use proptest::prelude::*;

use super::{ask, every_evidence};
use crate::case::ordinary;
use crate::request::Situation;
use crate::{AgentClass, Ask, Bundle, Decision, Evidence, Hypothetical, RuleEffect, Tier, Verified};

/// The tier of an ask where everything that could be brought can be brought, by a team of three.
fn expected(ask: &Ask) -> Tier {
    let (target, facts) = (&ask.target, &ask.facts);
    let prod = target.production;
    let reach = prod || facts.reach_production;
    let made = target.made_by_session;
    let either = |elsewhere, production| if reach { production } else { elsewhere };
    let mutation = ask.effect.mutates();
    let reaching = matches!(
        ask.effect,
        Effect::Network
            | Effect::Expose
            | Effect::Privilege
            | Effect::Execute
            | Effect::Exfiltrate
            | Effect::GuardRemoval
            | Effect::RecoveryLoss
    );
    if mutation && ask.agent.class == AgentClass::Observer
        || mutation && target.class_read_only && (prod || (reaching && reach))
        || (mutation || ask.effect == Effect::SensitiveRead) && target.interlock_own
    {
        return Tier::Refuse;
    }
    let row = match ask.effect {
        Effect::Read => Tier::T0,
        Effect::SensitiveRead if prod && !facts.lease_names_secret => Tier::T3,
        Effect::SensitiveRead | Effect::Create => Tier::T1,
        Effect::Update if prod && !made && facts.undo => Tier::T2,
        Effect::Update | Effect::Interrupt if prod && !made => Tier::T3,
        Effect::Destroy if made => Tier::T1,
        Effect::Destroy if target.bears_data && prod && !facts.securable => Tier::Refuse,
        Effect::Destroy if target.bears_data && prod => Tier::T4,
        Effect::Destroy if target.bears_data => Tier::T2,
        Effect::Destroy if prod => Tier::T3,
        Effect::Update | Effect::Interrupt | Effect::Destroy => Tier::T1,
        Effect::Network | Effect::Expose | Effect::Privilege if reach && facts.administrator => Tier::T4,
        Effect::Network if made => Tier::T1,
        Effect::Network | Effect::Expose | Effect::Privilege | Effect::Execute | Effect::Exfiltrate => {
            either(Tier::T2, Tier::T3)
        }
        Effect::GuardRemoval => either(Tier::T2, Tier::T4),
        Effect::RecoveryLoss if reach && (facts.loses_data || target.bears_data) && !facts.securable => {
            Tier::Refuse
        }
        Effect::RecoveryLoss if made => either(Tier::T1, Tier::T4),
        Effect::RecoveryLoss => either(Tier::T3, Tier::T4),
        Effect::AuditTrail | Effect::Interlock => Tier::Refuse,
    };
    let asked = mutation && !facts.in_scope
        || !facts.known
        || ask.effect == Effect::Destroy && facts.over_budget && !made;
    if asked { row.max(Tier::T3) } else { row }
}

fn decide(bundle: &Bundle, ask: &Ask) -> Decision {
    bundle.decide(std::slice::from_ref(ask), &Verified::none(3, false), &Hypothetical::greatest(3, 2, false))
}

fn shape(decision: &Decision) -> (&'static str, Tier) {
    (decision.name(), decision.tier())
}

fn wanted(tier: Tier) -> (&'static str, Tier) {
    match tier {
        Tier::T0 | Tier::T1 | Tier::T2 => ("allow", tier),
        Tier::T3 | Tier::T4 => ("hold", tier),
        Tier::Refuse => ("refuse", tier),
    }
}

#[test]
fn every_cell_of_the_table() {
    let bundle = Bundle::shipped();
    for effect in Effect::ALL {
        for bits in 0..128_u8 {
            let mut ask = ordinary();
            ask.effect = effect;
            ask.target.production = bits & 1 != 0;
            ask.target.bears_data = bits & 2 != 0;
            ask.target.made_by_session = bits & 4 != 0;
            ask.facts.undo = bits & 8 != 0;
            ask.facts.reach_production = bits & 16 != 0;
            ask.facts.administrator = bits & 32 != 0;
            ask.facts.securable = bits & 64 != 0;
            assert_eq!(shape(&decide(&bundle, &ask)), wanted(expected(&ask)), "{ask:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_ask_is_in_its_tier(ask in ask()) {
        let bundle = Bundle::shipped_once();
        prop_assert_eq!(shape(&decide(bundle, &ask)), wanted(expected(&ask)));
    }
}

/// Asks that between them make every rule of the table speak.
fn spread() -> Vec<Ask> {
    let mut asks = Vec::new();
    for effect in Effect::ALL {
        for bits in 0..128_u8 {
            let mut ask = ordinary();
            ask.effect = effect;
            ask.target.production = bits & 1 != 0;
            ask.target.bears_data = bits & 2 != 0;
            ask.facts.undo = bits & 4 != 0;
            ask.facts.administrator = bits & 8 != 0;
            ask.facts.securable = bits & 16 != 0;
            ask.facts.loses_data = bits & 32 != 0;
            ask.facts.rehearsable = bits & 64 != 0;
            asks.push(ask);
        }
        for bits in 0..6_u8 {
            let mut ask = ordinary();
            ask.effect = effect;
            ask.target.production = true;
            ask.agent.class = if bits == 0 { AgentClass::Observer } else { AgentClass::Builder };
            ask.target.class_read_only = bits == 1;
            ask.target.interlock_own = bits == 2;
            ask.facts.in_scope = bits != 3;
            ask.facts.known = bits != 4;
            ask.facts.over_budget = bits == 5;
            asks.push(ask);
        }
    }
    asks
}

/// What it takes to lift this one rule: the tier it is in fact.
fn tier_in_fact(bundle: &Bundle, rule: &crate::rule::Rule, ask: &Ask, team: u8, solo: bool) -> Option<Tier> {
    let situation = Situation::new(ask, &bundle.slices[&ask.effect]).unwrap();
    let closes = |evidence: &Evidence| {
        let request = situation.request(evidence).unwrap();
        !situation.ask(&rule.alone, &request).unwrap().rules.is_empty()
    };
    if !closes(&Evidence::none(team, solo)) {
        return None;
    }
    let lifts = every_evidence(team, solo)
        .into_iter()
        .filter(|evidence| !evidence.break_glass && !evidence.granted)
        .filter(|evidence| ask.facts.securable || !evidence.recovery_point)
        .filter(|evidence| ask.facts.rehearsable || !evidence.rehearsal)
        .filter(|evidence| !closes(evidence))
        .map(|evidence| crate::search::tier(&evidence, false))
        .min();
    Some(lifts.unwrap_or(Tier::Refuse))
}

#[test]
fn what_a_rule_says_of_its_tier_is_so() {
    let bundle = Bundle::shipped();
    let mut spoken: BTreeMap<_, usize> = BTreeMap::new();
    let asks = spread();
    for rule in bundle.rules.values().filter(|rule| rule.about.effect == RuleEffect::Forbid) {
        for ask in &asks {
            for (team, solo) in [(3, false), (2, false), (1, true)] {
                // What demands a recovery point that cannot be had is a refusal, whatever tier it is written for.
                let Some(tier) = tier_in_fact(&bundle, rule, ask, team, solo) else { continue };
                let lost = !ask.facts.securable && tier == Tier::Refuse;
                assert!(
                    tier == rule.about.tier || lost,
                    "`{}` says {} and is {tier} for {ask:#?}",
                    rule.about.id,
                    rule.about.tier
                );
                *spoken.entry(rule.about.id.clone()).or_default() += usize::from(tier == rule.about.tier);
            }
        }
        assert!(
            spoken.get(&rule.about.id).is_some_and(|times| *times > 0),
            "`{}` never spoke",
            rule.about.id
        );
    }
}
