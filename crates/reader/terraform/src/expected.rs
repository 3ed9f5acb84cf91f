//! What a planned change comes to on the wire: the calls that its lease admits.

use std::collections::{BTreeMap, BTreeSet};

use interlock_action::{AccountId, Effect, ExpectedChange, Operation, Relation, Target};

use crate::{Place, Planned, calls, plan::Act};

/// The calls of a change, and what they may do to what.
pub fn expected(planned: &Planned) -> ExpectedChange {
    let change = &planned.change;
    let mut expected = ExpectedChange { address: change.address.clone(), ..ExpectedChange::default() };
    let mut counted: BTreeMap<Operation, u32> = BTreeMap::new();
    for call in &planned.calls {
        let makes_or_removes = |effect| matches!(effect, Effect::Create | Effect::Destroy);
        // Parts of a thing are set one by one, in as many calls as the provider likes.
        let whole = call.claims.iter().any(|claim| makes_or_removes(claim.effect))
            && call.targets.iter().any(|target| target.relation != Relation::Reaches);
        // What has an id of its own is a thing, whatever it is called: it is made once.
        let chosen =
            |target: &Target| target.relation == Relation::Creates && target.id.as_str().contains('*');
        let parts = calls::is_setting(&change.kind) && !call.targets.iter().any(chosen);
        if whole && !parts && !calls::repeats(&change.kind, &call.operation) {
            let times = counted.entry(call.operation.clone()).or_default();
            *times = times.saturating_add(1);
        } else {
            expected.around.insert(call.operation.clone());
        }
        let touched = |relation| matches!(relation, Relation::Acts | Relation::Creates);
        let ids = call.targets.iter().filter(|target| touched(target.relation));
        expected.targets.extend(ids.map(|target| target.id.to_string()));
    }
    expected.around.extend(calls::around(&change.kind, &change.act));
    expected.around.retain(|operation| !counted.contains_key(operation));
    expected.counted = counted;
    expected.effects = effects(planned);
    let rules = planned.action.claims.iter().filter_map(|claim| claim.rule.as_ref());
    expected.administrator = rules.into_iter().any(|rule| rule.as_str().contains("administrator"));
    expected.targets.extend(change.attribute("arn").map(str::to_owned));
    expected.targets.extend(change.attribute("id").filter(|id| id.starts_with("arn:")).map(str::to_owned));
    expected.targets.extend(parts(planned));
    let within: Vec<String> =
        expected.targets.iter().filter_map(|target| calls::within(&change.kind, target)).collect();
    expected.targets.extend(within);
    expected.refers.clone_from(&planned.refers);
    expected
}

/// What belongs to a thing and goes by an id of its own: its disks, its network card, where its address is bound.
fn parts(planned: &Planned) -> Vec<String> {
    let of = &planned.action;
    let account = of.account.as_ref().map(AccountId::as_str);
    let calls = calls::beside(&planned.change, Place { region: of.region.as_deref(), account });
    calls.iter().flat_map(|call| &call.targets).map(|target| target.id.to_string()).collect()
}

/// What its calls may do. Whose thing goes, of that goes what guards it and what hangs on it; a label may be one by which a rule
/// classifies.
fn effects(planned: &Planned) -> BTreeSet<Effect> {
    let told = planned.action.claims.iter().chain(planned.calls.iter().flat_map(|call| &call.claims));
    let mut effects: BTreeSet<Effect> = told.map(|claim| claim.effect).collect();
    if planned.change.act.takes() {
        effects.extend([Effect::Destroy, Effect::Interrupt, Effect::GuardRemoval, Effect::RecoveryLoss]);
    }
    if !planned.action.writes.is_empty() && planned.change.act == Act::Update {
        effects.insert(Effect::GuardRemoval);
    }
    effects
}
