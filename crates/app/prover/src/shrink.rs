//! Makes a counterexample as plain as it can be: whatever may be ordinary is, and only what matters is left.

use interlock_action::EnvironmentName;
use interlock_policy::{Ask, Evidence};

use crate::{ProverError, sample};

type Step = fn(&mut Ask, &Ask, &mut Evidence);

/// One part each, most telling last: what can be ordinary is tried first.
const STEPS: &[Step] = &[
    |ask, plain, _| ask.agent.name = plain.agent.name.clone(),
    |ask, plain, _| ask.agent.owner = plain.agent.owner.clone(),
    |ask, plain, _| ask.agent.class = plain.agent.class,
    |ask, _, _| ask.target.tags = None,
    |ask, plain, _| {
        ask.target.id = plain.target.id.clone();
        ask.target.kind = plain.target.kind;
        ask.target.name.clone_from(&plain.target.name);
    },
    |ask, plain, _| ask.target.id = plain.target.id.clone(),
    |ask, plain, _| ask.target.kind = plain.target.kind,
    |ask, plain, _| ask.target.name.clone_from(&plain.target.name),
    |ask, plain, _| {
        // Part of a name may matter; the rest of it should read like one.
        let whole = plain.target.name.as_deref().unwrap_or_default();
        if let Some(name) = ask.target.name.as_mut().filter(|name| !name.ends_with(whole)) {
            name.push_str(whole);
        }
    },
    |ask, plain, _| ask.target.account.clone_from(&plain.target.account),
    |ask, plain, _| {
        ask.facts.operation = plain.facts.operation.clone();
        ask.facts.service.clone_from(&plain.facts.service);
    },
    |ask, plain, _| ask.facts.operation = plain.facts.operation.clone(),
    |ask, plain, _| ask.facts.service.clone_from(&plain.facts.service),
    |ask, plain, _| ask.facts.surface = plain.facts.surface,
    |_, _, evidence| evidence.break_glass = false,
    |_, _, evidence| evidence.granted = false,
    |_, _, evidence| evidence.rehearsal = false,
    |_, _, evidence| evidence.recovery_proven = false,
    |_, _, evidence| evidence.delay_elapsed = false,
    |_, _, evidence| evidence.forecast = false,
    |_, _, evidence| evidence.recovery_point = false,
    |_, _, evidence| (evidence.approvals, evidence.others, evidence.independent) = (0, 0, 0),
    |_, _, evidence| (evidence.approvals, evidence.others, evidence.independent) = (1, 0, 0),
    |_, _, evidence| (evidence.approvals, evidence.others, evidence.independent) = (1, 1, 0),
    |_, _, evidence| (evidence.approvals, evidence.others, evidence.independent) = (1, 1, 1),
    |_, _, evidence| (evidence.approvals, evidence.others, evidence.independent) = (2, 1, 1),
    // From one who works alone to a team in which as many approve as it takes.
    |_, _, evidence| *evidence = team(evidence, 1),
    |_, _, evidence| *evidence = team(evidence, 2),
    |_, _, evidence| evidence.solo = false,
    |_, _, evidence| evidence.team = 3,
    |_, _, evidence| evidence.team = 2,
    |ask, plain, _| ask.target.made_by_session = plain.target.made_by_session,
    |ask, plain, _| ask.target.interlock_own = plain.target.interlock_own,
    |ask, plain, _| ask.target.class_read_only = plain.target.class_read_only,
    |ask, plain, _| ask.facts.known = plain.facts.known,
    |ask, plain, _| ask.facts.in_scope = plain.facts.in_scope,
    |ask, plain, _| ask.facts.undo = plain.facts.undo,
    |ask, plain, _| ask.facts.over_budget = plain.facts.over_budget,
    |ask, plain, _| ask.facts.lease_names_secret = plain.facts.lease_names_secret,
    |ask, plain, _| ask.facts.administrator = plain.facts.administrator,
    |ask, plain, _| ask.facts.securable = plain.facts.securable,
    |ask, plain, _| ask.facts.loses_data = plain.facts.loses_data,
    |ask, plain, _| ask.facts.rehearsable = plain.facts.rehearsable,
    |ask, plain, _| ask.facts.reach_production = plain.facts.reach_production,
    |ask, plain, _| ask.target.bears_data = plain.target.bears_data,
    |ask, plain, _| {
        ask.target.production = plain.target.production;
        ask.target.environment = plain.target.environment.clone();
    },
    |ask, plain, _| ask.target.production = plain.target.production,
    |ask, _, _| ask.target.environment = EnvironmentName::new(word(ask.target.production)),
];

fn word(production: bool) -> &'static str {
    if production { "production" } else { "development" }
}

fn team(evidence: &Evidence, approvals: u8) -> Evidence {
    let people = Evidence { approvals, others: approvals, independent: approvals, ..*evidence };
    if evidence.solo { Evidence { team: 3, solo: false, delay_elapsed: false, ..people } } else { *evidence }
}

/// The plainest request for which `still` holds, starting from one for which it does.
pub(crate) fn shrink(
    ask: &mut Ask,
    evidence: &mut Evidence,
    mut still: impl FnMut(&Ask, &Evidence) -> Result<bool, ProverError>,
) -> Result<(), ProverError> {
    let plain = sample::ordinary(ask.effect);
    loop {
        let before = (ask.clone(), *evidence);
        for step in STEPS {
            let (mut tried, mut brought) = (ask.clone(), *evidence);
            step(&mut tried, &plain, &mut brought);
            let brought = brought.consistent();
            let changed = tried != *ask || brought != *evidence;
            if changed && size(&brought) <= size(evidence) && still(&tried, &brought)? {
                (*ask, *evidence) = (tried, brought);
            }
        }
        // Every round leaves less or the same: it ends.
        if before == (ask.clone(), *evidence) {
            return Ok(());
        }
    }
}

/// How much evidence there is, and how far the people are from an ordinary team: never to grow.
fn size(evidence: &Evidence) -> u32 {
    let machine = [
        evidence.forecast,
        evidence.recovery_point,
        evidence.recovery_proven,
        evidence.rehearsal,
        evidence.delay_elapsed,
        evidence.break_glass,
        evidence.granted,
    ];
    let machine = machine.into_iter().map(u32::from).sum::<u32>();
    let people = u32::from(evidence.approvals) + u32::from(evidence.others) + u32::from(evidence.independent);
    let team = u32::from(evidence.solo) * 512 + u32::from(evidence.team.abs_diff(3));
    machine + people + team
}
