//! Who could still approve, and how many of them it takes.

use interlock_action::Millis;
use std::collections::{BTreeMap, BTreeSet};

use interlock_approval::{Launch, People, Person, Quorum, Reason, Slot};
use interlock_policy::{Ask, Bundle, Decision, Evidence, Hypothetical, Need, Tier, Verified};

use crate::{Memory, RoadSettings, Session, Situated, custody, judge, situate::is_securable};

/// Of the approvers, how many must be others than the owner, and how many of these independent: what a quorum may ask
/// for, from mild to strict.
const FORMS: [(u8, u8); 6] = [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)];

/// Who may fill which place of a quorum.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// Who holds a role, by its name; beside the roles that people were enrolled with.
    pub holders: BTreeMap<String, Vec<String>>,
    /// The roles that have to be among those who approve what a rule holds, by the rule's name.
    pub asked_by: BTreeMap<String, Vec<String>>,
}

impl Roles {
    /// The roles of somebody.
    pub fn of(&self, person: &Person) -> Vec<String> {
        let held = |(_, holders): &(&String, &Vec<String>)| {
            holders.iter().any(|holder| holder == person.name.as_str())
        };
        let named = self.holders.iter().filter(held).map(|(role, _)| role);
        named.chain(&person.roles).cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Those that the rules ask for which hold an action when nothing is brought for it: whatever is brought, they stay.
    fn asked(&self, bare: &Decision) -> Vec<String> {
        let of = bare.rules().iter().filter_map(|reason| self.asked_by.get(reason.rule.as_str()));
        of.flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The roles that have to be among those who approve an action.
pub(crate) fn roles(
    settings: &RoadSettings,
    bundle: &Bundle,
    memory: &Memory,
    (session, situated): (&Session, &Situated),
    now: Millis,
) -> Vec<String> {
    // Whoever works alone is everybody.
    if settings.roles.asked_by.is_empty() || memory.solo(now) {
        return Vec::new();
    }
    let asks = judge::asks(settings, session, situated);
    let nothing = Verified::none(judge::team(memory, now), false);
    settings.roles.asked(&bundle.decide(&asks, &nothing, &reachable(memory, session, situated, now)))
}

/// The roles that nobody who could approve holds.
pub(crate) fn unheld(
    settings: &RoadSettings,
    memory: &Memory,
    quorum: &Quorum,
    now: Millis,
) -> Option<Reason> {
    let holds = |role: &String| memory.in_force(now).any(|person| settings.roles.of(person).contains(role));
    let roles: Vec<&String> = quorum.slots.iter().filter_map(|slot| slot.role.as_ref()).collect();
    let nobody: Vec<&str> = roles.into_iter().filter(|role| !holds(role)).map(String::as_str).collect();
    (!nobody.is_empty()).then(|| Reason {
        rule: "roles".to_owned(),
        why: format!(
            "nobody who is enrolled is {}, who has to be among those who approve",
            nobody.join(", ")
        ),
        next: "name somebody in `[approval.roles]`".to_owned(),
        target: None,
    })
}

/// The most that could still come.
pub(crate) fn reachable(
    memory: &Memory,
    session: &Session,
    situated: &Situated,
    now: Millis,
) -> Hypothetical {
    greatest(memory, &judge::people(session), situated, now)
}

fn greatest(memory: &Memory, people: &People<'_>, situated: &Situated, now: Millis) -> Hypothetical {
    let number = |people: usize| u8::try_from(people).unwrap_or(u8::MAX);
    let others = memory.in_force(now).filter(|person| person.name != *people.owner).count();
    let uninvolved = memory.in_force(now).filter(|person| people.uninvolved(&person.name)).count();
    Hypothetical::new(Evidence {
        independent: number(people.independent(uninvolved)),
        recovery_point: is_securable(&situated.survey),
        recovery_proven: situated.proof != custody::Provable::Never,
        ..*Hypothetical::greatest(judge::team(memory, now), number(others), memory.solo(now)).evidence()
    })
}

/// Who must approve what was decided so. The policy says it: the mildest form is asked for that it would let pass.
pub(crate) fn quorum(
    settings: &RoadSettings,
    bundle: &Bundle,
    memory: &Memory,
    session: &Session,
    situated: &Situated,
    decision: &Decision,
    now: Millis,
) -> Quorum {
    let solo = memory.solo(now);
    let two = decision.needs().contains(&Need::TwoPeople) || decision.tier() == Tier::T4;
    let people = if two && !solo { 2 } else { 1 };
    let asks = judge::asks(settings, session, situated);
    let most = *reachable(memory, session, situated, now).evidence();
    let enough = |&(others, independent): &(u8, u8)| {
        let brought = Hypothetical::new(Evidence { approvals: people, others, independent, ..most });
        others <= people && could_pass(bundle, memory, &asks, &brought, now)
    };
    let (others, independent) = FORMS.into_iter().find(enough).unwrap_or((people, people));
    // Whoever launched it unproved may be the first to approve: it takes one more to be sure.
    let sure = independent.saturating_add(u8::from(independent > 0 && session.launch.unproved));
    let roles = roles(settings, bundle, memory, (session, situated), now);
    let places = usize::from(people.max(sure)).max(roles.len());
    let slot = |place: usize| Slot { role: roles.get(place).cloned() };
    Quorum {
        slots: (0..places).map(slot).collect(),
        others: others.max(sure),
        independent,
        step: memory.step(1, now).max(if decision.tier() == Tier::T4 {
            settings.least.t4
        } else {
            settings.least.t3
        }),
        delay: (solo && two).then_some(settings.solo_delay),
    }
}

/// Why nobody could ever approve, where it is the launch of the session that leaves nobody.
pub(crate) fn nobody_left(
    bundle: &Bundle,
    memory: &Memory,
    session: &Session,
    situated: &Situated,
    asks: &[Ask],
    now: Millis,
) -> Option<Reason> {
    let launched_by_the_owner = Launch::default();
    let people = People { launch: &launched_by_the_owner, ..judge::people(session) };
    let could = could_pass(bundle, memory, asks, &greatest(memory, &people, situated, now), now);
    could.then(|| Reason {
        rule: "launch".to_owned(),
        why: format!(
            "whoever launched the session does not count ({} did), which leaves too few who may approve",
            session.launch
        ),
        next:
            "ask a person to open a new session with `interlock run --key FILE`: then they alone launched it"
                .to_owned(),
        target: None,
    })
}

/// Whether this much evidence would do.
fn could_pass(bundle: &Bundle, memory: &Memory, asks: &[Ask], most: &Hypothetical, now: Millis) -> bool {
    let nothing = Verified::none(judge::team(memory, now), memory.solo(now));
    !matches!(bundle.decide(asks, &nothing, most), Decision::Refuse { .. })
}

/// What an unproved launch costs, in words; nothing where it costs nothing.
pub(crate) fn price(session: &Session, decision: &Decision) -> &'static str {
    if session.launch.unproved && decision.rules().iter().any(|rule| rule.tier == Tier::T3) {
        ", one more than usual as nobody signed for the launch of this session: a new one opened with `interlock run \
         --key FILE` may ask for fewer"
    } else {
        ""
    }
}
