//! A way back on which something is lost: it opens nothing, it counts as no recovery point, and what is lost stands in what
//! people sign.

use std::collections::BTreeMap;

use futures_executor::block_on;
use interlock_action::{
    Action, Answer, Answers, Call, Deed, Effect, Operation, Read, Reversibility, Securing, Step, Surface,
    Target, Terms, UndoId,
};
use serde_json::{Value, json};

use super::house::{House, action, database};
use crate::{Decisive, Outcome, Progress, Undo, Verdict, Watch};

/// Everything can be taken back, on these terms.
#[derive(Clone)]
struct On(Terms);

impl Undo for On {
    fn way(&self, _deed: &Deed) -> Option<&'static str> {
        Some("test/on-terms")
    }
    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![Read { key: "status".to_owned(), call: call(deed, "DescribeDBInstances", json!({})) }]
    }
    fn state(&self, _deed: &Deed, answers: &Answers) -> Result<Value, String> {
        match answers.get("status") {
            Some(Answer::Found(value)) => Ok(value.clone()),
            _ => Err("the status cannot be read".to_owned()),
        }
    }
    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(self.0.clone())
    }
    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let next = interlock_action::Next::Call(call(deed, "SetStatus", before.clone()));
        Ok(if before == now { Vec::new() } else { vec![Step { name: "set the status".to_owned(), next }] })
    }
    fn judge(&self, _call: &Call) -> Option<Action> {
        Some(action("SetStatus", Effect::Create, database("dev-school")))
    }
}

fn call(deed: &Deed, verb: &str, arguments: Value) -> Call {
    Call {
        surface: Surface::Aws,
        operation: Operation::aws("rds", verb),
        account: deed.account.clone(),
        region: deed.region.clone(),
        arguments,
    }
}

const GONE: [&str; 2] = ["the data: all of it is gone, and nothing brings it back", "its id, which is new"];

fn lossy() -> Terms {
    Terms::lossy(5, &GONE)
}

/// What the survey says of what could be kept.
fn recipes() -> [(Securing, &'static [&'static str]); 5] {
    let none = || Securing::ByCalls { calls: Vec::new(), proof: Vec::new(), makes: vec!["point".into()] };
    [
        (Securing::Impossible("nobody knows how".to_owned()), &["all of it"]),
        (Securing::NotNeeded, &["all of it"]),
        (Securing::NotNeeded, &[]),
        (Securing::Exists, &["all of it"]),
        (none(), &["all of it"]),
    ]
}

/// A house in which so much can be kept, and everything can be taken back on these terms.
fn house(terms: Option<Terms>, recipe: &(Securing, &[&str])) -> House {
    let mut house = House::of(&["ana", "bo", "cy"]);
    {
        let mut world = house.land.world.lock().unwrap();
        world.securing = recipe.0.clone();
        world.loss = recipe.1.iter().map(|what| (*what).to_owned()).collect();
    }
    if let Some(terms) = terms {
        house.undone_by(On(terms));
    }
    house
}

/// What becomes of an action.
#[derive(Debug, PartialEq, Eq)]
struct Outcomes {
    /// Everything that is said of it, but for ids; of what is held the forecast, too, as people see it.
    told: String,
    /// How many have said yes once it runs; `None` where it never does.
    takes: Option<usize>,
}

/// The owner says yes, then one other person after the other.
fn outcomes(house: &House, asked: &Action) -> Outcomes {
    // A budget that is spent would hold everything else.
    house.hand.now.fetch_add(2 * 86_400_000, std::sync::atomic::Ordering::SeqCst);
    let never = |told: String| Outcomes { told, takes: None };
    match house.admit(asked) {
        Verdict::Allowed(permit) => {
            block_on(permit.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
            Outcomes { told: "flows".to_owned(), takes: Some(0) }
        }
        Verdict::Refused(refused) => never(format!("refused: {:?} {:?}", refused.cause, refused.reasons)),
        Verdict::Unbound => never("unbound".to_owned()),
        Verdict::Held(held) => {
            let ticket = house.road.memory().tickets[&held.ticket].clone();
            let forecast = &ticket.held.forecast;
            assert!(forecast.reversibility >= Reversibility::Lossy, "{:?}", forecast.reversibility);
            let counted = format!("{:?} {:?} {:?}", forecast.points, forecast.recovery, forecast.data_loss);
            let told = format!("held: {} {:?} {:?}", held.tier, held.needs, held.reasons);
            let mut takes = None;
            for (said, person) in ["ana", "bo", "cy"].into_iter().enumerate() {
                let _ = house.says(person, Decisive::Approve, &held.ticket);
                if takes.is_none() && house.runs(asked) {
                    takes = Some(said + 1);
                }
            }
            Outcomes { told: format!("{told} {:?} {counted}", ticket.quorum), takes }
        }
    }
}

fn bare(name: &str) -> Target {
    Target { data: interlock_action::Bears::No, ..database(name) }
}

/// Every effect, in production and elsewhere, on what bears data and what does not, whatever could be kept, and whoever has
/// said yes: as if there were no way back at all.
#[test]
fn a_lossy_way_decides_nothing() {
    let mut seen = BTreeMap::new();
    for recipe in recipes() {
        let (with, without) = (house(Some(lossy()), &recipe), house(None, &recipe));
        for effect in Effect::ALL {
            let targets = [database(&format!("a-{effect}")), bare(&format!("b-{effect}"))];
            let elsewhere = [database(&format!("dev-a-{effect}")), bare(&format!("dev-b-{effect}"))];
            for target in targets.into_iter().chain(elsewhere) {
                let asked = action("Something", effect, target);
                let (one, other) = (outcomes(&with, &asked), outcomes(&without, &asked));
                assert_eq!(one, other, "{effect} {} {recipe:?}", asked.targets[0].id);
                *seen.entry(one.takes).or_insert(0) += 1;
            }
        }
    }
    // The comparison says something: some flow, some take one person and some two, some never run.
    let kinds: Vec<_> = seen.keys().copied().collect();
    assert_eq!(kinds, [None, Some(0), Some(2), Some(3)], "{seen:?}");
    assert!(seen.values().all(|many| *many > 10), "{seen:?}");
}

/// What is destroyed in production does not flow because of it, and takes no fewer people.
#[test]
fn a_lossy_way_lets_nothing_be_destroyed_in_production() {
    let destroys = action("Something", Effect::Destroy, database("school"));
    for recipe in recipes() {
        let unsecured =
            !recipe.1.is_empty() && matches!(recipe.0, Securing::Impossible(_) | Securing::NotNeeded);
        let outcomes = outcomes(&house(Some(lossy()), &recipe), &destroys);
        assert_eq!(outcomes.takes, if unsecured { None } else { Some(3) }, "{recipe:?}: {outcomes:?}");
    }
}

/// An exact way does open what it may: the tests above would see a lossy one that did.
#[test]
fn only_an_exact_way_lets_an_update_flow() {
    let update = action("Something", Effect::Update, database("school"));
    let outcomes = |terms| outcomes(&house(Some(terms), &(Securing::NotNeeded, &[])), &update);
    assert_eq!(outcomes(Terms::exact()).told, "flows");
    for terms in [lossy(), Terms::from_recovery_point(5, &GONE)] {
        let outcomes = outcomes(terms);
        assert!(outcomes.told.starts_with("held: T3") && outcomes.takes == Some(2), "{outcomes:?}");
    }
}

struct Nobody;

impl Watch for Nobody {
    fn told(&self, _progress: Progress) {}
}

/// What is lost stands in the preview, word for word and in order, and is part of what is signed.
#[test]
fn what_is_lost_is_shown_and_signed_for() {
    let shown = |terms: Terms| {
        let mut house = House::of(&["ana", "bo", "cy"]);
        house.undone_by(On(terms));
        let status = |status: &str| {
            *house.land.proof.lock().unwrap() = Answer::Found(json!({"Status": status}));
        };
        status("available");
        let asked = action("DeleteDBInstance", Effect::Destroy, database("dev-school"));
        let Verdict::Allowed(permit) = house.admit(&asked) else { panic!("in development it flows") };
        let id = permit.id().clone();
        status("gone");
        block_on(permit.complete(Outcome::Succeeded { status: 200 }, Vec::new())).unwrap();
        block_on(house.road.settle(&id));
        let preview = block_on(house.road.preview_undo(&[id])).unwrap();
        (house, preview)
    };
    let (house, preview) = shown(lossy());
    assert!(preview.clear(), "{preview:?}");
    assert_eq!(preview.changes[0].terms.as_ref().unwrap().loses, GONE);
    let (_, other) = shown(Terms::lossy(5, &GONE[1..]));
    assert_ne!(preview.digest, other.digest, "whoever signs signs for what is lost");
    let run = |preview| block_on(house.road.undo(preview, &UndoId::new("undo-1"), &["bo".into()], &Nobody));
    assert!(run(&other).is_err(), "and for nothing else");
    run(&preview).unwrap();
}
