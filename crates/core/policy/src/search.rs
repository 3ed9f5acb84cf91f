//! The cheapest evidence that would be enough, machine before human.

use crate::{Evidence, Need, Tier};

/// The human side, from cheap to dear: how many people, and whether they have to let the delay pass.
const LEVELS: [(u8, bool); 6] = [(0, false), (0, true), (1, false), (1, true), (2, false), (2, true)];

/// The cheapest evidence from `floor` up to `ceiling` for which `allowed` holds.
///
/// The fewest people come first; then as little else as possible, a drill being dearer than a rehearsal, that dearer than a
/// recovery point and that dearer than a forecast. More evidence never hurts, so dropping one kind after the other is enough.
pub(crate) fn cheapest<E>(
    floor: &Evidence,
    ceiling: &Evidence,
    mut allowed: impl FnMut(&Evidence) -> Result<bool, E>,
) -> Result<Option<Evidence>, E> {
    for (people, delay) in LEVELS {
        if people > ceiling.approvals || (delay && !ceiling.delay_elapsed) {
            continue;
        }
        let mut found = floor.join(&Evidence {
            approvals: people,
            others: people.min(ceiling.others),
            independent: people.min(ceiling.independent),
            delay_elapsed: delay,
            break_glass: false,
            granted: false,
            ..*ceiling
        });
        if !allowed(&found)? {
            continue;
        }
        for drop in [drop_drill, drop_rehearsal, drop_recovery_point, drop_forecast] {
            let less = floor.join(&drop(found));
            if less != found && allowed(&less)? {
                found = less;
            }
        }
        return Ok(Some(found));
    }
    Ok(None)
}

fn drop_drill(evidence: Evidence) -> Evidence {
    Evidence { recovery_proven: false, ..evidence }
}

fn drop_rehearsal(evidence: Evidence) -> Evidence {
    Evidence { rehearsal: false, ..evidence }
}

fn drop_recovery_point(evidence: Evidence) -> Evidence {
    Evidence { recovery_point: false, ..evidence }
}

fn drop_forecast(evidence: Evidence) -> Evidence {
    Evidence { forecast: false, ..evidence }
}

/// The tier that this evidence stands for. `reads` tells T0 from T1.
pub(crate) fn tier(evidence: &Evidence, reads: bool) -> Tier {
    match (evidence.approvals, evidence.delay_elapsed) {
        // A person signs for a drill.
        (0, false) if evidence.recovery_proven => Tier::T3,
        (0, false) if evidence.forecast || evidence.recovery_point || evidence.rehearsal => Tier::T2,
        (0, false) if reads => Tier::T0,
        (0, false) => Tier::T1,
        (0, true) | (1, false) => Tier::T3,
        _ => Tier::T4,
    }
}

/// What of `wanted` has not come yet, in the order in which it is obtained.
pub(crate) fn missing(wanted: &Evidence, have: &Evidence) -> Vec<Need> {
    let mut needs = Vec::new();
    if wanted.forecast && !have.forecast {
        needs.push(Need::Forecast);
    }
    if wanted.recovery_point && !have.recovery_point {
        needs.push(Need::RecoveryPoint);
    }
    if wanted.recovery_proven && !have.recovery_proven {
        needs.push(Need::RecoveryDrill);
    }
    if wanted.rehearsal && !have.rehearsal {
        needs.push(Need::Rehearsal);
    }
    let people = [
        (wanted.approvals, have.approvals),
        (wanted.others, have.others),
        (wanted.independent, have.independent),
    ];
    match people.into_iter().filter(|(wanted, have)| wanted > have).map(|(wanted, _)| wanted).max() {
        None => {}
        Some(1) => needs.push(Need::OnePerson),
        Some(_) => needs.push(Need::TwoPeople),
    }
    if wanted.delay_elapsed && !have.delay_elapsed {
        needs.push(Need::Delay);
    }
    needs
}
