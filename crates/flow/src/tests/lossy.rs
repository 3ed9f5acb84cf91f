//! A way back on which something is lost counts for nothing before an action: it neither lets anything flow, nor asks fewer
//! people, nor stands for a recovery point. An exact one lets changes flow, and nothing else.

use interlock_action::{
    Action, Answers, Bears, Call, Deed, Effect, Observed, Read, Reversibility, Securing, Step, Terms,
};
use serde_json::{Value, json};

use super::house::{House, action, database};
use crate::{Undo, Verdict};

/// A way that would take anything back, on these terms.
struct Way(Terms);

impl Undo for Way {
    fn way(&self, _deed: &Deed) -> Option<&'static str> {
        Some("test/anything")
    }
    fn reads(&self, _deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }
    fn state(&self, _deed: &Deed, _answers: &Answers) -> Result<Value, String> {
        Ok(json!({"settings": 1}))
    }
    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(self.0.clone())
    }
    fn back(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        Ok(Vec::new())
    }
    fn judge(&self, _call: &Call) -> Option<Action> {
        None
    }
}

/// What is decided about an action in production whose forecast is as it is given, in words that tell rules and needs.
fn decided(terms: Option<Terms>, effect: Effect, data: Bears, securing: &Securing) -> String {
    let mut house = House::of(&["ana", "bo", "cy"]);
    if let Some(terms) = terms {
        house.undone_by(Way(terms));
    }
    let mut target = database("school");
    target.data = data;
    {
        let mut world = house.land.world.lock().unwrap();
        world.securing = securing.clone();
        world.observed.insert(target.id.clone(), Observed { data, ..Observed::default() });
        world.loss = if data == Bears::No { Vec::new() } else { vec!["all of it".to_owned()] };
        world.reversibility = Reversibility::None;
    }
    match house.admit(&action("Change", effect, target)) {
        Verdict::Allowed(_) => "allowed".to_owned(),
        Verdict::Held(held) => format!("held {} {:?} {:?}", held.tier, held.needs, held.reasons),
        Verdict::Refused(refused) => format!("refused {:?} {:?}", refused.cause, refused.reasons),
        Verdict::Unbound => "unbound".to_owned(),
    }
}

const EFFECTS: [Effect; 6] = [
    Effect::Destroy,
    Effect::RecoveryLoss,
    Effect::GuardRemoval,
    Effect::Interrupt,
    Effect::Privilege,
    Effect::Update,
];

#[test]
fn what_comes_back_in_part_is_decided_as_what_never_does() {
    let securing =
        [Securing::Impossible("nothing keeps it".to_owned()), Securing::Exists, Securing::NotNeeded];
    let lossy = || Terms::lossy(1, &["everything that it held"]);
    for effect in EFFECTS {
        for data in [Bears::Yes, Bears::Unknown, Bears::No] {
            for securing in &securing {
                let without = decided(None, effect, data, securing);
                let with = decided(Some(lossy()), effect, data, securing);
                assert_eq!(with, without, "{effect:?} {data:?} {securing:?}");
                assert_ne!(with, "allowed", "{effect:?} {data:?} {securing:?}");
            }
        }
    }
}

#[test]
fn what_an_empty_one_would_stand_for_stays_refused() {
    let impossible = Securing::Impossible("nothing keeps it".to_owned());
    let lossy = Terms::lossy(1, &["everything that it held"]);
    let said = decided(Some(lossy.clone()), Effect::Destroy, Bears::Yes, &impossible);
    assert!(said.starts_with("refused Policy"), "{said}");
    let said = decided(Some(lossy), Effect::Destroy, Bears::Yes, &Securing::Exists);
    assert!(said.starts_with("held T4"), "{said}");
}

#[test]
fn an_exact_way_back_lets_a_change_flow_and_no_loss() {
    let exact = || Some(Terms::exact());
    assert_eq!(decided(exact(), Effect::Update, Bears::No, &Securing::NotNeeded), "allowed");
    for effect in EFFECTS.into_iter().filter(|effect| *effect != Effect::Update) {
        assert_ne!(decided(exact(), effect, Bears::Yes, &Securing::Exists), "allowed", "{effect:?}");
    }
}
