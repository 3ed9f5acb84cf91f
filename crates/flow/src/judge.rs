//! From a situated action to the questions that the policy answers, and its answer.

use std::collections::HashSet;

use interlock_action::{Action, Effect, EnvironmentName, Kind, PersonId, Reversibility};
use interlock_approval::{Count, KeyStep, People, Quorum, Slot, State, Ticket, count};
use interlock_policy::{
    ActionFacts, AgentFacts, Ask, Decision, Evidence, Hypothetical, Need, TargetFacts, Tier, Verified,
};

use crate::{Falls, Memory, PRODUCTION, RoadSettings, Session, Situated, situate::is_secured};
use interlock_action::{Millis, Securing};

/// Rules of readers that give administrator rights, whatever the target.
const ADMINISTRATOR: &str = "administrator";

fn agent(session: &Session) -> AgentFacts {
    AgentFacts {
        name: session.agent.name.clone(),
        class: session.agent.class,
        owner: session.agent.owner.clone(),
    }
}

/// The question for a plain read. The shipped bundle looks at no read's target, so that one answer serves all reads of
/// an agent.
pub(crate) fn read_ask(session: &Session, action: &Action) -> Ask {
    let mut facts = ActionFacts::worst(action.surface, interlock_action::Operation::new("read"));
    facts.known = true;
    facts.administrator = false;
    facts.in_scope = true;
    facts.loses_data = false;
    Ask {
        agent: agent(session),
        effect: Effect::Read,
        target: TargetFacts::worst("*".into(), EnvironmentName::from(PRODUCTION)),
        facts,
    }
}

/// The questions: one for each effect on each target, equal ones once.
pub(crate) fn asks(settings: &RoadSettings, session: &Session, situated: &Situated) -> Vec<Ask> {
    let mut seen = HashSet::new();
    let mut asks = Vec::new();
    for fall in &situated.falls {
        let ask = Ask {
            agent: agent(session),
            effect: if fall.own && fall.effect.mutates() { Effect::Interlock } else { fall.effect },
            target: target(settings, session, fall),
            facts: facts(situated, fall),
        };
        // INVARIANT: what tells two questions apart for the policy tells them apart here; ids of objects in one bucket
        // would ask the same thing a thousand times.
        let mut same = ask.clone();
        if same.target.kind == Kind::Object {
            same.target.id = "*".into();
            same.target.name = None;
        }
        if seen.insert(same) {
            asks.push(ask);
        }
    }
    asks
}

fn target(settings: &RoadSettings, session: &Session, fall: &Falls) -> TargetFacts {
    let environment = fall.target.environment.clone().unwrap_or_else(|| PRODUCTION.into());
    TargetFacts {
        id: fall.target.id.clone(),
        name: fall.target.name.clone(),
        kind: fall.target.kind,
        account: fall.target.account.clone(),
        production: environment.as_str() == PRODUCTION,
        class_read_only: settings.read_only_classes.iter().any(|class| class == session.agent.class.name()),
        environment,
        bears_data: fall.bears_data,
        made_by_session: fall.made_by_session,
        interlock_own: fall.own,
        tags: None,
    }
}

fn facts(situated: &Situated, fall: &Falls) -> ActionFacts {
    let survey = &situated.survey;
    ActionFacts {
        known: situated.action.unknowns.is_empty(),
        undo: survey.forecast.reversibility == Reversibility::Exact,
        in_scope: situated.in_scope,
        reach_production: situated.reach_production,
        administrator: fall.rule.as_deref().is_some_and(|rule| rule.contains(ADMINISTRATOR)),
        over_budget: situated.over_budget,
        lease_names_secret: situated.lease_names_secret,
        securable: !matches!(survey.securing, Securing::Impossible(_)),
        loses_data: fall.effect == Effect::Destroy && fall.bears_data,
        service: situated.action.operation.service().to_owned(),
        operation: situated.action.operation.clone(),
        surface: situated.action.surface,
    }
}

/// Who there is, and who of them is not independent.
pub(crate) fn people<'a>(memory: &Memory, owner: &'a PersonId, launcher: &'a PersonId) -> People<'a> {
    People { team: memory.people.len(), solo: memory.solo(), owner, launcher }
}

/// What has been brought for an action so far.
pub(crate) fn verified(
    memory: &Memory,
    session: &Session,
    situated: &Situated,
    ticket: Option<&Ticket>,
    secured: bool,
    now: Millis,
) -> Verified {
    let people = people(memory, &session.agent.owner, &session.launcher);
    let counted = ticket.filter(|ticket| matches!(ticket.state, State::Approved { .. })).map(|ticket| {
        let approvers: Vec<_> = ticket
            .approvals
            .iter()
            .map(|approval| (approval.person.clone(), approval.roles.clone()))
            .collect();
        count(&approvers, &ticket.quorum.slots, &people)
    });
    let Count { approvals, independent, .. } = counted.unwrap_or_default();
    Verified::new(Evidence {
        forecast: true,
        recovery_point: secured || is_secured(&situated.survey.securing),
        rehearsal: false,
        approvals,
        independent,
        team: team(people.team),
        solo: people.solo,
        delay_elapsed: ticket.is_some_and(|ticket| ticket.delay_elapsed(now)),
        break_glass: false,
    })
}

/// The most that could still come.
pub(crate) fn reachable(memory: &Memory, session: &Session, situated: &Situated) -> Hypothetical {
    let people = people(memory, &session.agent.owner, &session.launcher);
    let independent =
        memory.people.keys().filter(|name| *name != people.owner && *name != people.launcher).count();
    let mut greatest = *Hypothetical::greatest(team(people.team), team(independent), people.solo).evidence();
    greatest.recovery_point = !matches!(situated.survey.securing, Securing::Impossible(_));
    Hypothetical::new(greatest)
}

fn team(people: usize) -> u8 {
    u8::try_from(people).unwrap_or(u8::MAX)
}

/// Who must approve a ticket of this tier.
pub(crate) fn quorum(settings: &RoadSettings, memory: &Memory, decision: &Decision) -> Quorum {
    let two = decision.needs().contains(&Need::TwoPeople) || decision.tier() == Tier::T4;
    let solo = memory.solo();
    let size = memory.people.len();
    let (slots, independent) = match (solo, two) {
        (true, _) => (1, 0),
        (false, false) => (1, 1),
        (false, true) => (2, if size < 3 { 0 } else { 2 }),
    };
    let stronger =
        memory.people.values().flat_map(|person| &person.keys).any(|key| key.step > KeyStep::OpenSsh);
    Quorum {
        slots: vec![Slot { role: None }; slots],
        independent,
        step: if stronger { KeyStep::SecurityKey } else { KeyStep::OpenSsh },
        delay: (solo && two).then_some(settings.solo_delay),
    }
}
