//! What the shipped bundle says, and what no bundle may do.

mod bundle;
mod gate;
mod grant;
mod monotone;
mod scenario;
mod table;

use proptest::prelude::*;

use interlock_action::Effect;

use crate::case::ordinary;
use crate::{AgentClass, Ask, Evidence};

/// Any evidence in a home of these people, contradictory ones among them.
fn evidence(team: u8, solo: bool) -> impl Strategy<Value = Evidence> {
    (any::<[bool; 7]>(), any::<[u8; 3]>()).prop_map(move |(flags, counts)| Evidence {
        forecast: flags[0],
        recovery_point: flags[1],
        rehearsal: flags[2],
        recovery_proven: flags[5],
        approvals: counts[0] % 4,
        others: counts[1] % 4,
        independent: counts[2] % 4,
        team,
        solo,
        delay_elapsed: flags[3],
        break_glass: flags[4],
        granted: flags[6],
    })
}

/// Who there may be.
fn people() -> impl Strategy<Value = (u8, bool)> {
    prop_oneof![Just((1, true)), Just((1, false)), Just((2, false)), Just((3, false)), Just((5, false))]
}

/// Any ask, of every effect and every combination of facts.
fn ask() -> impl Strategy<Value = Ask> {
    let class =
        prop_oneof![Just(AgentClass::Builder), Just(AgentClass::Observer), Just(AgentClass::Operator)];
    (0..Effect::ALL.len(), any::<[bool; 15]>(), class).prop_map(|(effect, flags, class)| {
        let mut ask = ordinary();
        ask.effect = Effect::ALL[effect];
        ask.agent.class = class;
        let target = &mut ask.target;
        [
            target.production,
            target.class_read_only,
            target.bears_data,
            target.made_by_session,
            target.interlock_own,
        ] = [flags[0], flags[1], flags[2], flags[3], flags[4]];
        let facts = &mut ask.facts;
        [facts.known, facts.undo, facts.in_scope, facts.reach_production, facts.administrator] =
            [flags[5], flags[6], flags[7], flags[8], flags[9]];
        [facts.over_budget, facts.lease_names_secret, facts.securable, facts.loses_data, facts.rehearsable] =
            [flags[10], flags[11], flags[12], flags[13], flags[14]];
        ask
    })
}

/// Every evidence in a home of these people, breaking the glass and grants included. No shipped rule asks for a drill.
fn every_evidence(team: u8, solo: bool) -> Vec<Evidence> {
    let mut all = Vec::new();
    for bits in 0..64_u8 {
        for approvals in 0..=team.min(3) {
            for (others, independent) in (0..=approvals).flat_map(|n| (0..=n).map(move |m| (n, m))) {
                all.push(Evidence {
                    forecast: bits & 1 != 0,
                    recovery_point: bits & 2 != 0,
                    rehearsal: bits & 16 != 0,
                    recovery_proven: false,
                    delay_elapsed: bits & 4 != 0,
                    break_glass: bits & 8 != 0,
                    granted: bits & 32 != 0,
                    approvals,
                    others,
                    independent,
                    team,
                    solo,
                });
            }
        }
    }
    all
}
