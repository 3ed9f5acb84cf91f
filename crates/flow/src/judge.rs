//! From a situated action to the questions that the policy answers, and its answer.

use std::collections::HashSet;

use interlock_action::{Action, Effect, EnvironmentName, Kind, Reversibility};
use interlock_approval::{Count, People, State, Ticket, count};
use interlock_policy::{ActionFacts, AgentFacts, Ask, Evidence, TargetFacts, Verified};

use crate::{
    Falls, Memory, PRODUCTION, RoadSettings, Session, Situated, custody, expected,
    situate::{is_securable, is_secured},
};
use interlock_action::{GrantId, Millis};

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
            facts: facts(settings, situated, fall),
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

fn facts(settings: &RoadSettings, situated: &Situated, fall: &Falls) -> ActionFacts {
    let survey = &situated.survey;
    ActionFacts {
        known: situated.action.unknowns.is_empty(),
        undo: situated.parts_undone
            || situated.undo.as_ref().is_some_and(|way| way.contract.terms.class == Reversibility::Exact),
        in_scope: situated.in_scope,
        reach_production: situated.reach_production,
        administrator: fall.rule.as_deref().is_some_and(|rule| rule.contains(ADMINISTRATOR)),
        over_budget: situated.over_budget,
        lease_names_secret: situated.lease_names_secret,
        securable: is_securable(survey),
        loses_data: fall.effect == Effect::Destroy && fall.bears_data,
        rehearsable: settings.rehearsed.contains(&situated.action.surface),
        service: situated.action.operation.service().to_owned(),
        operation: situated.action.operation.clone(),
        surface: situated.action.surface,
    }
}

/// Who is involved in what a session asks for.
pub(crate) fn people(session: &Session) -> People<'_> {
    People { owner: &session.agent.owner, launch: &session.launch }
}

/// What was brought for an action, beside what is seen of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brought<'a> {
    /// The request that people decided on.
    pub(crate) ticket: Option<&'a Ticket>,
    /// The standing grant that covers it.
    pub(crate) grant: Option<&'a GrantId>,
    /// Whether a recovery point was made.
    pub(crate) secured: bool,
}

/// What has been brought for an action so far.
pub(crate) fn verified(
    memory: &Memory,
    session: &Session,
    situated: &Situated,
    brought: Brought<'_>,
    now: Millis,
) -> Verified {
    let Brought { ticket, grant, secured } = brought;
    let approved = ticket.filter(|ticket| matches!(ticket.state, State::Approved { .. }));
    // What was approved as a whole was approved in each of its parts.
    let whole = expected::granted(memory, session, now).filter(|_| situated.expected.is_some());
    let counted = approved.or(whole).map(|ticket| {
        let approvers: Vec<_> = ticket
            .approvals
            .iter()
            .map(|approval| (approval.person.clone(), approval.roles.clone()))
            .collect();
        count(&approvers, &ticket.quorum.slots, &people(session))
    });
    let Count { approvals, others, independent, .. } = counted.unwrap_or_default();
    Verified::new(Evidence {
        forecast: true,
        recovery_point: secured || is_secured(&situated.survey),
        recovery_proven: situated.proof == custody::Provable::Proven,
        rehearsal: memory.rehearsal(&situated.action).is_some_and(|rehearsal| rehearsal.as_planned),
        approvals,
        others,
        independent,
        team: team(memory, now),
        solo: memory.solo(now),
        delay_elapsed: whole.is_some() || ticket.is_some_and(|ticket| ticket.delay_elapsed(now)),
        break_glass: approved.is_some_and(|ticket| memory.is_under_glass(ticket, now)),
        granted: grant.is_some(),
    })
}

/// How many people there are whose keys count.
pub(crate) fn team(memory: &Memory, now: Millis) -> u8 {
    u8::try_from(memory.team(now)).unwrap_or(u8::MAX)
}
