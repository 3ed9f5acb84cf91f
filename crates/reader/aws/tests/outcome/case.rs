//! One case: a scene, a request, and the comparison of its forecast with what it did.

use interlock_action::{Action, Answer, Answers, Change, Effect, Securing, Survey};
use interlock_reader_aws::forecast::{forecaster_for, name_of};
use serde_json::Value;

use crate::inventory::{Difference, Inventory};
use crate::wire_common::bed::{Bed, act};

/// Counts the recovery points of what the request is about, as ids: those that are there and could be used.
type Points = Box<dyn Fn(&Bed) -> Vec<String>>;

/// A state before, and a request.
pub(crate) struct Scene {
    service: &'static str,
    verb: &'static str,
    parameters: Value,
    points: Option<Points>,
    overwrites: bool,
    unnamed: Vec<(String, usize)>,
}

impl Scene {
    /// The request that is forecast and then made.
    pub(crate) fn request(service: &'static str, verb: &'static str, parameters: Value) -> Self {
        Self { service, verb, parameters, points: None, overwrites: false, unnamed: Vec::new() }
    }

    /// What its recovery points are. Without this the forecast must count none.
    pub(crate) fn points(mut self, count: impl Fn(&Bed) -> Vec<String> + 'static) -> Self {
        self.points = Some(Box::new(count));
        self
    }

    /// So many things whose ids begin so go without being named: the service chooses which.
    pub(crate) fn unnamed(mut self, begins: impl Into<String>, many: usize) -> Self {
        self.unnamed.push((begins.into(), many));
        self
    }

    /// A destroy of the forecast is an overwrite: the thing is another afterwards, not gone.
    pub(crate) fn overwrites(mut self) -> Self {
        self.overwrites = true;
        self
    }
}

/// One case of a family.
pub(crate) struct Case {
    /// What happens, in words.
    pub(crate) name: &'static str,
    /// The forecaster that must answer for it.
    pub(crate) forecaster: &'static str,
    /// Makes the state before.
    pub(crate) scene: fn(&Bed) -> Scene,
}

/// Where moto does not do what AWS does. The mismatch that it makes must come about, or the entry is stale.
pub(crate) struct Deviation {
    /// The case.
    pub(crate) case: &'static str,
    /// A part of the mismatch's words.
    pub(crate) says: &'static str,
    /// What AWS does instead, and how that is known.
    pub(crate) why: &'static str,
}

/// The cases of one service.
pub(crate) struct Family {
    /// The independent witness: everything that the service, and those around it, list.
    pub(crate) look: fn(&Bed) -> Inventory,
    pub(crate) cases: &'static [Case],
    /// Where moto is not to be believed.
    pub(crate) emulator: &'static [Deviation],
}

impl Family {
    /// Runs every case on one moto, emptied in between; fails with all mismatches.
    pub(crate) fn run(&self) {
        let bed = Bed::start();
        let mut wrong = Vec::new();
        for case in self.cases {
            bed.moto.reset();
            let known: Vec<&Deviation> =
                self.emulator.iter().filter(|known| known.case == case.name).collect();
            let mismatches = mismatches(&bed, case, self.look);
            for known in &known {
                if !mismatches.iter().any(|mismatch| mismatch.contains(known.says)) {
                    wrong.push(format!("{}: stale deviation `{}` ({})", case.name, known.says, known.why));
                }
            }
            let unknown = mismatches.iter().filter(|one| !known.iter().any(|known| one.contains(known.says)));
            wrong.extend(unknown.map(|mismatch| format!("{}: {mismatch}", case.name)));
        }
        for known in self.emulator {
            assert!(self.cases.iter().any(|case| case.name == known.case), "no case `{}`", known.case);
        }
        assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// What a forecast is made of.
fn survey(bed: &Bed, action: &Action, wrong: &mut Vec<String>) -> Survey {
    let answers: Answers = bed.answers(action);
    for (key, answer) in &answers {
        if let Answer::Unreadable(why) = answer {
            wrong.push(format!("`{key}` could not be read: {why}"));
        }
    }
    forecaster_for(action).fold(action, &answers)
}

fn mismatches(bed: &Bed, case: &Case, look: fn(&Bed) -> Inventory) -> Vec<String> {
    let mut wrong = Vec::new();
    let scene = (case.scene)(bed);
    let action = act(scene.service, scene.verb, scene.parameters.clone());
    if name_of(&action) != case.forecaster {
        wrong.push(format!("forecast by {}, not by {}", name_of(&action), case.forecaster));
    }
    let mut told = survey(bed, &action, &mut wrong);
    if matches!(told.securing, Securing::ByCalls { .. }) {
        // As on the road: the points are made and proved, and the forecast is taken again.
        bed.secure(&told.securing);
        let again = survey(bed, &action, &mut wrong);
        if again.fingerprint != told.fingerprint {
            let (was, is) = (&told.fingerprint, &again.fingerprint);
            wrong.push(format!("the recovery point voids the approval: {was} became {is}"));
        }
        told = again;
    }
    let before = look(bed);
    let points_before = scene.points.as_ref().map(|count| count(bed));
    let sent = told.rewrite.clone().unwrap_or_else(|| scene.parameters.clone());
    let answer = bed.done(scene.service, scene.verb, &sent);
    let after = look(bed);
    let points_after = scene.points.as_ref().map(|count| count(bed));
    let mut difference = before.difference(&after);
    let refusal = told.forecast.changes.iter().any(|change| change.what.contains("will refuse"));
    match (&answer, refusal) {
        (Ok(_), true) => wrong.push("forecast as refused, and done".to_owned()),
        (Err(error), false) => wrong.push(format!("refused, unforecast: {error}")),
        _ => {}
    }
    if answer.is_ok() {
        come_about(&told, &scene, &before, &difference, &mut wrong);
    }
    for (begins, many) in &scene.unnamed {
        let gone = difference.gone.iter().filter(|id| id.starts_with(begins)).count();
        if gone != *many {
            wrong.push(format!("{many} of {begins} were to go, and {gone} did"));
        }
        difference.gone.retain(|id| !id.starts_with(begins));
    }
    foreseen(&told, &difference, &mut wrong);
    counted(&told, "before", told.forecast.recovery.before, points_before.as_deref(), &mut wrong);
    if answer.is_ok() {
        counted(&told, "after", told.forecast.recovery.after, points_after.as_deref(), &mut wrong);
        survive(&told, &after, points_after.as_deref(), &mut wrong);
    }
    wrong
}

/// The changes of the forecast but for the line that tells of Interlock's own rewrite.
fn changes(told: &Survey) -> impl Iterator<Item = &Change> {
    let own = |change: &&Change| !change.what.starts_with("interlock changes the request");
    told.forecast.changes.iter().filter(own)
}

/// Whether an id is this thing, or something within it.
fn within(id: &str, thing: &str) -> bool {
    id.strip_prefix(thing).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

fn any(ids: &[String], thing: &str) -> bool {
    ids.iter().any(|id| within(id, thing))
}

/// Every change that was forecast has happened.
fn come_about(
    told: &Survey,
    scene: &Scene,
    before: &Inventory,
    difference: &Difference,
    wrong: &mut Vec<String>,
) {
    for change in changes(told) {
        let thing = change.target.as_str();
        let gone = any(&difference.gone, thing);
        let changed = any(&difference.changed, thing);
        let new = any(&difference.new, thing);
        let happened = match change.effect {
            Effect::Destroy => gone || (scene.overwrites && changed),
            Effect::Create => new || (before.has(thing) && changed),
            Effect::RecoveryLoss => {
                gone || changed || told.forecast.recovery.after < told.forecast.recovery.before
            }
            Effect::Read | Effect::SensitiveRead => true,
            _ => gone || changed || new,
        };
        if !happened {
            wrong
                .push(format!("forecast, and did not happen: {} of {thing}: {}", change.effect, change.what));
        }
    }
}

/// Everything that happened was forecast.
fn foreseen(told: &Survey, difference: &Difference, wrong: &mut Vec<String>) {
    let said = |id: &str, fits: fn(Effect) -> bool| {
        changes(told).any(|change| within(id, change.target.as_str()) && fits(change.effect))
    };
    for id in &difference.gone {
        let destroys = |effect| matches!(effect, Effect::Destroy | Effect::RecoveryLoss);
        // A recovery point that does not survive is told of as one.
        if told.forecast.points.iter().any(|point| !point.survives && same(&point.id, id)) {
            continue;
        }
        // What is taken out of a thing may be no more than a change of it.
        if !(said(id, destroys) || id.contains('#') && said(id, Effect::mutates)) {
            wrong.push(format!("happened, unforecast: {id} is gone"));
        }
    }
    for id in &difference.changed {
        if !said(id, Effect::mutates) {
            wrong.push(format!("happened, unforecast: {id} changed"));
        }
    }
    for id in &difference.new {
        let made = makes(told).iter().any(|made| same(made, id))
            || told.forecast.points.iter().any(|point| same(&point.id, id));
        let create = |effect| effect == Effect::Create;
        if !(made || said(id, create) || id.contains('#') && said(id, Effect::mutates)) {
            wrong.push(format!("happened, unforecast: {id} is new"));
        }
    }
}

fn makes(told: &Survey) -> &[String] {
    match &told.securing {
        Securing::ByRewrite { makes } => makes,
        _ => &[],
    }
}

/// Whether two ids name one thing: services put further parts before the name, or nothing.
fn same(one: &str, other: &str) -> bool {
    let name = |id: &str| id.rsplit([':', '/']).next().unwrap_or_default().to_owned();
    one == other || name(one) == name(other)
}

/// The forecast counts what is there.
fn counted(
    told: &Survey,
    when: &str,
    forecast: Option<u32>,
    real: Option<&[String]>,
    wrong: &mut Vec<String>,
) {
    let really = real.map(|points| u32::try_from(points.len()).expect("few points"));
    match (forecast, really) {
        (None, _) if told.forecast.unknowns.is_empty() && really.is_some() => {
            wrong.push(format!("recovery points {when}: not counted, and nothing said to be unknown"));
        }
        (Some(forecast), None) if forecast > 0 => {
            wrong.push(format!("recovery points {when}: forecast {forecast}, and the case names none"));
        }
        (None, Some(really)) => {
            wrong.push(format!("recovery points {when}: forecast unknown, really {really}"));
        }
        (Some(forecast), Some(really)) if forecast != really => {
            let real = real.unwrap_or_default();
            wrong.push(format!("recovery points {when}: forecast {forecast}, really {really}: {real:?}"));
        }
        _ => {}
    }
}

/// Points that survive are there afterwards, and so is what Interlock had the request make.
fn survive(told: &Survey, after: &Inventory, real: Option<&[String]>, wrong: &mut Vec<String>) {
    let there = |id: &str| {
        after.ids().any(|have| same(have, id)) || real.unwrap_or_default().iter().any(|point| same(point, id))
    };
    for point in told.forecast.points.iter().filter(|point| point.survives) {
        if !there(&point.id) {
            wrong.push(format!("recovery point {} ({}) does not survive", point.id, point.what));
        }
    }
    for made in makes(told).iter().filter(|made| !there(made)) {
        wrong.push(format!("recovery point {made} was not made"));
    }
}
