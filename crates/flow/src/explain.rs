//! What the policy would say of an action that is only looked at: no session, no memory, no live state.
//!
//! Every conditional effect counts, for nothing was read; evidence that could still come shows up as needs.

use interlock_action::{
    AgentId, Contract, Deed, EnvironmentName, Facts, Forecast, Millis, PersonId, Sealer, Securing, SessionId,
    Survey, Target, Terms, digest_of,
};
use interlock_approval::Launch;
use interlock_policy::{AgentClass, Bundle, Decision, Hypothetical, Verified};
use serde_json::Value;

use crate::{
    Agent, Budget, Falls, Lease, Memory, PRODUCTION, RoadSettings, Rules, Session, WayBack, judge,
    situate::{World, situate},
};

/// A team large enough that every quorum can be filled.
const TEAM: u8 = 3;

/// What an action amounts to.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What the policy says.
    pub decision: Decision,
    /// What it does to what.
    pub falls: Vec<Falls>,
    /// What it touches, classified.
    pub targets: Vec<Target>,
    /// What could not be told.
    pub unknowns: Vec<String>,
}

/// A world in which an action is explained. The ordinary one is that of someone who has read nothing.
#[derive(Clone, Debug, Default)]
pub struct Supposed {
    /// Overrides every classification.
    pub environment: Option<EnvironmentName>,
    /// What the live state would answer; what is not here counts as its worst value.
    pub facts: Facts,
    /// A way back is registered.
    pub undo: bool,
    /// The session made what is touched, and the effect reaches nothing else.
    pub made: bool,
}

/// Explains an action as if an ordinary builder asked for it. `environment` overrides every classification.
pub fn explain(
    action: &interlock_action::Action,
    environment: Option<&EnvironmentName>,
    bundle: &Bundle,
) -> Explained {
    explain_in(action, &Supposed { environment: environment.cloned(), ..Supposed::default() }, bundle)
}

/// Explains an action as if an ordinary builder asked for it in that world.
pub fn explain_in(action: &interlock_action::Action, world: &Supposed, bundle: &Bundle) -> Explained {
    let supposed = world;
    let session = stranger();
    let settings = RoadSettings {
        site: None,
        least: crate::Least::default(),
        roles: crate::Roles::default(),
        rehearsed: Vec::new(),
        rules: Rules::none(),
        budget: Budget::default(),
        principals: Vec::new(),
        sealer: Sealer::new([0; 32]),
        read_only_classes: Vec::new(),
        ticket_lifetime: 0,
        grace: 0,
        proven_within: 0,
        solo_delay: 0,
        observe: false,
        reads_before: false,
        reads_without_ledger: false,
    };
    let memory = Memory::default();
    let world = World {
        memory: &memory,
        rules: &settings.rules,
        budget: settings.budget,
        principals: &[],
        now: 0,
        proven_within: 0,
    };
    let mut survey = unread();
    survey.facts = supposed.facts.clone();
    let mut situated = situate(&world, &session, action.clone(), survey);
    // One destroy of a stranger is no spent budget.
    situated.over_budget = false;
    if supposed.undo {
        situated.undo = a_way_back(&situated.action, &settings.sealer);
    }
    for fall in situated.falls.iter_mut().filter(|_| supposed.made) {
        fall.made_by_session = true;
    }
    if let Some(environment) = &supposed.environment {
        let places =
            situated.action.targets.iter_mut().chain(situated.falls.iter_mut().map(|fall| &mut fall.target));
        for target in places {
            target.environment = Some(environment.clone());
        }
        situated.reach_production = environment.as_str() == PRODUCTION;
    }
    let asks = judge::asks(&settings, &session, &situated);
    let decision =
        bundle.decide(&asks, &Verified::none(TEAM, false), &Hypothetical::greatest(TEAM, TEAM, false));
    Explained {
        decision,
        unknowns: situated.action.unknowns.clone(),
        falls: situated.falls,
        targets: situated.action.targets,
    }
}

/// An exact way back, as it would be registered.
fn a_way_back(action: &interlock_action::Action, sealer: &Sealer) -> Option<WayBack> {
    let deed = Deed::of(action, &Securing::NotNeeded, sealer);
    let subject = digest_of("supposed", &deed.operation).ok()?;
    let contract = Contract {
        way: "supposed".to_owned(),
        deed,
        before: Value::Null,
        terms: Terms::exact(),
        until: None,
    };
    Some(WayBack { contract, subject, about: Vec::new() })
}

fn stranger() -> Session {
    let until: Millis = Millis::MAX;
    Session {
        id: SessionId::new("explain"),
        agent: Agent {
            name: AgentId::new("agent"),
            owner: PersonId::new("owner"),
            class: AgentClass::Builder,
        },
        launch: Launch::default(),
        task: String::new(),
        lease: Lease {
            scope: Vec::new(),
            secrets: Vec::new(),
            folders: Vec::new(),
            until,
            revoked: false,
            part: None,
        },
        advisory: false,
        observed: false,
        observers: Vec::new(),
        keys: Vec::new(),
        opened: 0,
    }
}

/// A survey of someone who read nothing, and for whom a recovery point could still be made.
fn unread() -> Survey {
    Survey {
        forecast: Forecast::assumed("the live state was not read"),
        facts: interlock_action::Facts::default(),
        observed: std::collections::BTreeMap::new(),
        discovered: Vec::new(),
        writes: Vec::new(),
        rewrite: None,
        instead: None,
        told: Vec::new(),
        securing: Securing::ByCalls { calls: Vec::new(), proof: Vec::new(), makes: Vec::new() },
        fingerprint: Value::Null,
    }
}
