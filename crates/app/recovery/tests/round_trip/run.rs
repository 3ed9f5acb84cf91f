//! One round trip: before, the deed, after, every step back, before again.

use interlock_action::{Contract, Deed, Next, Sealer, Securing, Step, UndoId, compared, strays};
use interlock_flow::Undo as _;
use interlock_recovery::AwsUndo;
use serde_json::Value;

use crate::bed::{Bed, act};
use crate::scene::{Names, Scene, bare, parts, scenes};

/// So many steps and waits no way needs.
const MOST: usize = 60;

/// Plays every scene of a file, on one server; every fault is told.
pub(crate) fn family(file: &str) {
    let bed = Bed::start();
    let only = std::env::var("SCENE").ok();
    let mut faults = Vec::new();
    for scene in scenes(file) {
        if only.as_ref().is_some_and(|only| !scene.name.contains(only.as_str())) {
            continue;
        }
        let whole = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            round_trip(&bed, &scene);
            if scene.meddle.is_some() {
                conflict(&bed, &scene);
            }
        }));
        if whole.is_err() {
            faults.push(scene.name.clone());
        }
    }
    assert!(faults.is_empty(), "these did not come back: {faults:#?}");
}

/// A deed that was done, with the state before and after it.
struct Done {
    names: Names,
    contract: Contract,
    after: Value,
    /// What else was looked at before.
    wide: Vec<Value>,
}

fn state(bed: &Bed, scene: &Scene, deed: &Deed) -> Value {
    bed.state(deed).unwrap_or_else(|why| panic!("{}: {why}", scene.name))
}

fn wide(bed: &Bed, scene: &Scene, names: &Names) -> Vec<Value> {
    let look = |wide: &crate::scene::Wide| {
        let (service, verb) = parts(&wide.read);
        bare(&bed.ok(service, verb, &names.fill(&wide.with)), &wide.lost)
    };
    scene.wide.iter().map(look).collect()
}

/// Sets the scene and does the deed.
fn play(bed: &Bed, scene: &Scene) -> Done {
    bed.reset();
    let mut names = Names::default();
    for act in &scene.scene {
        let (service, verb) = parts(&act.what);
        names.save(act, &bed.ok(service, verb, &names.fill(&act.with)));
    }
    let (service, verb) = parts(&scene.deed.what);
    let mut asked = act(service, verb, &names.fill(&scene.deed.with));
    let mut securing = Securing::NotNeeded;
    if scene.secured {
        (asked, securing) = bed.secure(&asked);
    }
    let deed = Deed::of(&asked, &securing, &Sealer::new([7; 32]));
    let way = AwsUndo.way(&deed).unwrap_or_else(|| panic!("{}: no way", scene.name));
    assert_eq!(way, scene.way, "{}", scene.name);
    let before = state(bed, scene, &deed);
    let terms = AwsUndo.terms(&deed, &before).unwrap_or_else(|| panic!("{}: no terms", scene.name));
    assert_eq!(serde_json::to_value(terms.class).unwrap(), scene.class.as_str(), "{}", scene.name);
    assert_eq!(terms.loses.is_empty(), scene.class == "exact", "{}: what is lost is named", scene.name);
    println!("TERMS\t{}\t{}", scene.name, serde_json::to_string(&terms).unwrap());
    let said = (scene.minutes, scene.days, &scene.loses);
    assert_eq!(said, (terms.minutes, terms.days, &terms.loses), "{}: the terms", scene.name);
    let wide = wide(bed, scene, &names);
    let (service, verb) = (asked.operation.service(), asked.operation.verb());
    names.save(&scene.deed, &bed.ok(service, verb, &asked.arguments));
    let after = state(bed, scene, &deed);
    assert_ne!(compared(&before), compared(&after), "{}: the deed shows", scene.name);
    let deed = Deed { undo: Some(UndoId::new("undo-1")), ..deed };
    let contract = Contract { way: way.to_owned(), deed, before, terms, until: None };
    Done { names, contract, after, wide }
}

fn words(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| step.name.clone()).collect()
}

/// What remains, as a process that has just started would find out.
fn remaining(bed: &Bed, scene: &Scene, kept: &str) -> (Vec<Step>, Value) {
    let contract: Contract = serde_json::from_str(kept).unwrap();
    let now = state(bed, scene, &contract.deed);
    let steps = AwsUndo.back(&contract.deed, &contract.before, &now);
    (steps.unwrap_or_else(|why| panic!("{}: {why}", scene.name)), now)
}

/// Makes the first step.
fn make(bed: &Bed, scene: &Scene, step: &Step) {
    match &step.next {
        Next::Call(call) => {
            assert!(AwsUndo.judge(call).is_some(), "{}: nobody can judge {call:?}", scene.name);
            let (service, verb) = (call.operation.service(), call.operation.verb());
            if let Err(error) = bed.call(service, verb, &call.arguments) {
                panic!("{}: `{}`: {error}\n{}", scene.name, step.name, call.arguments);
            }
        }
        Next::Wait => std::thread::sleep(std::time::Duration::from_millis(20)),
        Next::Later => panic!("{}: `{}` comes first and cannot be begun", scene.name, step.name),
    }
}

/// The way there and back. Every step begins anew from what was kept and what is found: a process that is killed between
/// two steps is finished by the next.
fn round_trip(bed: &Bed, scene: &Scene) {
    let done = play(bed, scene);
    let kept = serde_json::to_string(&done.contract).unwrap();
    let planned = AwsUndo.back(&done.contract.deed, &done.contract.before, &done.after);
    let planned = words(&planned.unwrap_or_else(|why| panic!("{}: {why}", scene.name)));
    assert!(!planned.is_empty(), "{}: nothing to do", scene.name);
    let mut names = planned.clone();
    names.sort();
    names.dedup();
    // Only a wait may come twice: a step that does is taken for one that does not show.
    assert!(
        names.len() == planned.len() || planned.iter().any(|name| name.starts_with("wait")),
        "{planned:?}"
    );
    let mut rounds = 0;
    let (mut last, mut found) = (planned.clone(), done.after.clone());
    let now = loop {
        let (steps, now) = remaining(bed, scene, &kept);
        let Some(first) = steps.first() else { break now };
        // As flow sees it in a run, and after one that was cut off.
        assert!(last.ends_with(&words(&steps)), "{}: {last:?} came before {:?}", scene.name, words(&steps));
        for from in [&found, &done.after] {
            assert_eq!(not_ours(&done.contract, from, &now), [""; 0], "{}: {now} after {from}", scene.name);
        }
        assert!(
            planned.ends_with(&words(&steps)),
            "{}: {:?} is no end of {planned:?}",
            scene.name,
            words(&steps)
        );
        make(bed, scene, first);
        (last, found) = (words(&steps), now);
        rounds += 1;
        assert!(rounds < MOST, "{}: `{}` does not show", scene.name, first.name);
    };
    assert_eq!(compared(&now), compared(&done.contract.before), "{}", scene.name);
    for (was, is) in done.wide.iter().zip(wide(bed, scene, &done.names)) {
        assert_eq!(*was, is, "{}", scene.name);
    }
}

/// What is found on the way that the way back did not write.
fn not_ours(contract: &Contract, from: &Value, now: &Value) -> Vec<String> {
    let between = AwsUndo.between(&contract.deed, &contract.before, now);
    let known: Vec<&Value> = [&contract.before, from].into_iter().chain(&between).collect();
    strays(now, &known)
}

/// Another writer in between is seen: before the first step by the state, after it by the steps that remain, or by what is
/// found.
fn conflict(bed: &Bed, scene: &Scene) {
    let meddle = scene.meddle.as_ref().unwrap();
    let (service, verb) = parts(&meddle.what);
    let done = play(bed, scene);
    bed.ok(service, verb, &done.names.fill(&meddle.with));
    let now = state(bed, scene, &done.contract.deed);
    assert_ne!(compared(&now), compared(&done.after), "{}: the other writer shows", scene.name);

    let done = play(bed, scene);
    let Contract { deed, before, .. } = &done.contract;
    let planned = AwsUndo.back(deed, before, &done.after).unwrap();
    if planned.len() < 2 {
        return;
    }
    make(bed, scene, &planned[0]);
    let own = state(bed, scene, deed);
    bed.ok(service, verb, &done.names.fill(&meddle.with));
    // A state that cannot be told stops a run as well.
    let Ok(now) = bed.state(deed) else { return };
    // Where the way back had done the same already, nothing was written.
    if compared(&now) == compared(&own) {
        return;
    }
    let steps = AwsUndo.back(deed, before, &now);
    let ends = steps.as_ref().is_ok_and(|steps| words(&planned).ends_with(&words(steps)));
    let strays = not_ours(&done.contract, &done.after, &now);
    assert!(
        !ends || !strays.is_empty(),
        "{}: {steps:?} is still an end of {:?}",
        scene.name,
        words(&planned)
    );
}
