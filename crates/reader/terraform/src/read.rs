//! A plan read into actions: one for what the plan is as a whole, and one for each resource that it changes.

use std::collections::BTreeSet;

use interlock_action::{
    Action, Bears, Claim, Content, Effect, Kind, Operation, Relation, Surface, Target, TargetId,
};
use serde_json::json;

use crate::{
    Place, State, judge,
    plan::{Act, Change, Plan},
    resolve::Made,
};

/// What a plan says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The plan as a whole: what runs beside its changes, and what could not be told of it.
    pub whole: Action,
    /// What changes, in the order of the plan.
    pub changes: Vec<Planned>,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// As the plan has it.
    pub change: Change,
    /// What it does to what.
    pub action: Action,
    /// The calls that it is judged by, in the order in which they are made; none where they are not known.
    pub calls: Vec<Action>,
    /// Nobody here knows which calls it makes.
    pub untold: bool,
    /// What its text refers to: addresses with attributes.
    pub refers: BTreeSet<String>,
}

/// Reads a plan beside the state that it is made from and the place where it is made, where they are known.
pub fn read(plan: &Plan, state: Option<&State>, place: Place<'_>) -> Reading {
    let made = Made::of(plan, place);
    let changes: Vec<Planned> = plan
        .effective()
        .map(|change| {
            let (action, calls) = judge::action(change, plan, &made, place);
            let untold = calls.is_none();
            let calls = calls.unwrap_or_default();
            let written = plan.configuration.expressions.get(&change.configured());
            let refers = written.into_iter().flat_map(|written| written.references.values().flatten());
            let refers = refers.cloned().collect();
            Planned { change: change.clone(), action, calls, untold, refers }
        })
        .collect();
    Reading { whole: whole(plan, state), changes }
}

/// The plan as a whole.
fn whole(plan: &Plan, state: Option<&State>) -> Action {
    let effective = || plan.effective().filter(|change| change.managed);
    let mut claims = Vec::new();
    let mut claim = |effect, why: String| claims.push(Claim::plain(effect, why));
    for source in &plan.configuration.runs {
        claim(Effect::Execute, format!("{source} runs a program, or asks somebody, while it is planned"));
    }
    for action in &plan.invocations {
        claim(Effect::Execute, format!("{action} runs while it is applied"));
    }
    for (provider, setting) in &plan.configuration.refused {
        claim(
            Effect::Execute,
            format!(
                "provider {provider} brings its own `{setting}`: it would act with that, and not under the session's lease"
            ),
        );
    }
    if claims.is_empty() {
        let count = |of: fn(&Act) -> bool| effective().filter(|change| of(&change.act)).count();
        let words = format!(
            "creates {}, changes {}, replaces {}, destroys {}",
            count(|act| matches!(act, Act::Create | Act::ForgetAndCreate)),
            count(|act| *act == Act::Update),
            count(|act| matches!(act, Act::Replace { .. })),
            count(|act| *act == Act::Delete),
        );
        claims.push(Claim::plain(Effect::Read, words));
    }
    let mut unknowns = plan.unknowns.clone();
    unknowns.extend(plan.flags());
    unknowns.extend(state.into_iter().flat_map(|state| state.doubts(plan)));
    Action {
        surface: Surface::Terraform,
        operation: Operation::new("terraform:apply"),
        account: None,
        region: plan.configuration.regions.only().map(str::to_owned),
        claims,
        targets: vec![Target {
            id: TargetId::new("terraform"),
            kind: Kind::Stack,
            name: None,
            account: None,
            region: None,
            relation: Relation::Acts,
            data: Bears::No,
            environment: None,
        }],
        arguments: json!({
            "format_version": plan.format,
            "terraform_version": plan.terraform,
            "changes": effective().map(|change| json!([change.address, change.act.verb()])).collect::<Vec<_>>(),
            "drift": plan.drift.iter().map(|change| &change.address).collect::<Vec<_>>(),
        }),
        secrets: Vec::new(),
        tokens: Vec::new(),
        writes: Vec::new(),
        writes_on: Default::default(),
        unknowns,
        content: Content::Judged,
        stated_reason: None,
    }
}
