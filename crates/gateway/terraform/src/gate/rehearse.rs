//! Rehearsing: a bundle played on a twin, where nothing can be lost (ADR-0013).
//!
//! The twin is made from what was last verified, in a state of its own; then the bundle's own tree is planned and applied there
//! with the bundle's own options. It must come to the same changes of the same things; and afterwards nothing may be left to do.
//! Each step is planned under a lease that looks, and applied under one that changes, as in earnest.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, PoisonError},
};

use interlock_action::{Action, SessionId, WorkspaceId};
use interlock_flow::{May, Rehearsal, Session};
use interlock_reader_terraform::Plan;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    bundle::Bundle,
    configuration,
    gate::{
        DONE, FAILED, Gate, Stop,
        apply::far,
        plan::{Planned, inside, no_room},
        tell,
        workshop::Workshop,
    },
    port::{News, Say},
    tree::Tree,
};

/// How long a rehearsal may take.
const REHEARSING: u64 = 6 * 60 * 60 * 1000;
/// So many differences are named.
const NAMED: usize = 20;

/// A stage: the leases that play there, and who is told.
struct Stage {
    looks: Arc<Session>,
    changes: Arc<Session>,
    say: Say,
}

/// One step of a rehearsal.
struct Scene<'a> {
    /// What it is, for people.
    what: &'a str,
    tree: &'a Tree,
    folder: &'a Path,
    options: Vec<String>,
}

/// A scene that was planned and played.
struct Played {
    workshop: Workshop,
    plan: Plan,
    json: Value,
    /// What went wrong; what Terraform said of it was told to whoever asked.
    fault: Option<String>,
}

impl Gate {
    /// `terraform rehearse`: plays what is planned now, or waits for people.
    pub(super) async fn rehearse(
        &self,
        session: &SessionId,
        planned: &Planned,
        say: &Say,
    ) -> Result<u8, Stop> {
        let (action, _) = self.weighed(session, planned).await?;
        let rehearsal = self.rehearsed(session, planned, (&action, true), say).await?;
        Ok(if rehearsal.as_planned { DONE } else { FAILED })
    }

    /// What came of rehearsing it, if it was.
    pub(super) fn rehearsal_of(&self, action: &Action) -> Option<Rehearsal> {
        let memory = self.road.ports().journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        memory.rehearsal(action).cloned()
    }

    /// Plays a bundle on its twin, and writes down what was seen; not again, unless that is asked for.
    pub(super) async fn rehearsed(
        &self,
        of: &SessionId,
        planned: &Planned,
        (action, again): (&Action, bool),
        say: &Say,
    ) -> Result<Rehearsal, Stop> {
        let place = self.house.stage().await.map_err(Stop::refused)?;
        let twin = twin_of(&planned.bundle.meta.workspace);
        // One rehearsal of a workspace at a time: they have one twin.
        let turn = self.turn(&twin);
        let _turn = turn.lock().await;
        if let Some(known) = self.rehearsal_of(action).filter(|_| !again) {
            return Ok(known);
        }
        tell(say, format!("interlock: rehearses this plan on a twin at {place}"));
        let looks = self.lent(of, &twin, May::Rehearse { changes: false }, REHEARSING).await?;
        let changes = match self.lent(of, &twin, May::Rehearse { changes: true }, REHEARSING).await {
            Ok(changes) => changes,
            Err(stop) => {
                self.ended(&looks).await;
                return Err(stop);
            }
        };
        let stage = Stage { looks, changes, say: aside(say) };
        let played = self.played(&stage, &twin, planned).await;
        let struck = self.strike(&stage, &twin, &planned.bundle).await;
        self.ended(&stage.changes).await;
        self.ended(&stage.looks).await;
        let (as_planned, mut seen) = match played {
            Ok(played) => played,
            Err(stop) => {
                tell(say, stop.words);
                (false, vec!["it could not be played: whoever asked was told why".to_owned()])
            }
        };
        if let Err(stop) = struck {
            tell(say, stop.words);
            seen.push(format!("{} things of the twin are left there", self.left(&twin)));
        }
        let at = self.road.ports().clock.now();
        let rehearsal = Rehearsal { place, as_planned, seen, at };
        let written = self.road.rehearsed(of, action, rehearsal.clone()).await;
        written.map_err(|error| {
            Stop::failed(format!("what was rehearsed could not be written down: {error}"))
        })?;
        let word = if as_planned { "went as planned" } else { "did NOT go as planned" };
        tell(say, format!("interlock: the rehearsal at {} {word}", rehearsal.place));
        rehearsal.seen.iter().for_each(|seen| tell(say, format!("interlock: {seen}")));
        Ok(rehearsal)
    }

    fn turn(&self, twin: &WorkspaceId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(twin.clone()).or_default())
    }

    /// Whether it went as planned, and what was seen.
    async fn played(
        &self,
        stage: &Stage,
        twin: &WorkspaceId,
        planned: &Planned,
    ) -> Result<(bool, Vec<String>), Stop> {
        let bundle = &planned.bundle;
        let meta = &bundle.meta;
        let (mut seen, built) = self.build(stage, twin, bundle).await?;
        let options = meta.options.clone();
        let scene = Scene { what: "applying it", tree: &bundle.tree, folder: &meta.folder, options };
        let played = self.play(stage, scene).await?;
        let differs = differences(&planned.plan, &played.plan);
        // What is applied in earnest is what the plan's file has in it, whatever lies in the tree by now.
        let swapped =
            configured(&serde_json::from_slice(&bundle.json).unwrap_or_default()) != configured(&played.json);
        if swapped {
            seen.push("the tree says something else than what was planned of it".to_owned());
        }
        let same = differs.is_empty() && !swapped && built;
        let more = differs.len().saturating_sub(NAMED);
        seen.extend(differs.into_iter().take(NAMED));
        seen.extend((more > 0).then(|| format!("and {more} more differences")));
        if let Some(fault) = played.fault {
            seen.push(fault);
            return Ok((false, seen));
        }
        let all = changed(&played.plan).len();
        let takes = played.plan.changes.iter().filter(|change| change.managed && change.act.takes()).count();
        seen.push(format!("changes applied there: {all}, of which {takes} destroy something"));
        let mut again = vec!["plan", "-input=false", "-json", "-lock-timeout=60s", "-detailed-exitcode"];
        let said = |option: &&str| !option.starts_with("-replace") && !option.starts_with("-refresh");
        again.extend(meta.options.iter().map(String::as_str).filter(said));
        let run = self.terraform(&stage.looks, &played.workshop, &again, true, None).await?;
        seen.push(match run.code {
            0 => "afterwards there is nothing left to do".to_owned(),
            2 => "afterwards another plan would change something again".to_owned(),
            _ => "afterwards it could not be planned again".to_owned(),
        });
        Ok((same && run.code == 0, seen))
    }

    /// Makes the twin what the workspace is before the plan; from what, in words, and whether that can show anything.
    async fn build(
        &self,
        stage: &Stage,
        twin: &WorkspaceId,
        bundle: &Bundle,
    ) -> Result<(Vec<String>, bool), Stop> {
        let workspace = self.states.workspace(&bundle.meta.workspace);
        if workspace.latest().is_none_or(|state| state.resources == 0) {
            if let Err(stop) = self.strike(stage, twin, bundle).await {
                tell(&stage.say, stop.words);
            }
            return Ok((vec!["it begins with nothing, as the workspace does".to_owned()], true));
        }
        let known = match &workspace.good {
            Some(good) => {
                let known = self.bundle(&good.bundle).await;
                Some(known.ok_or_else(|| Stop::failed("the last good bundle cannot be read"))?.bundle)
            }
            None => None,
        };
        let words = if known.is_some() {
            "it begins with what was last verified"
        } else {
            "it begins with the plan's own configuration, as nothing was verified before"
        };
        let from = known.as_ref().unwrap_or(bundle);
        let options = from.meta.options.iter().filter(|option| sets(option)).cloned().collect();
        let scene = Scene { what: "making the twin", tree: &from.tree, folder: &from.meta.folder, options };
        let fault = self.play(stage, scene).await?.fault;
        let built = fault.is_none();
        Ok((std::iter::once(words.to_owned()).chain(fault).collect(), built))
    }

    /// Plans a tree against the twin under a lease that looks, reads the plan where nothing ran that could have changed it, and
    /// applies it from there.
    async fn play(&self, stage: &Stage, scene: Scene<'_>) -> Result<Played, Stop> {
        let Scene { what, tree, folder, options } = scene;
        let open = |tree: &Tree| {
            Workshop::open(&self.house.workshop(), &self.program, tree, folder).map_err(no_room)
        };
        let of = (&*stage.looks, tree, folder);
        let (after, bytes) = self.planned_in(&open(tree)?, of, &options, &stage.say).await?;
        let shown = self.shown(&stage.looks, after, bytes, folder).await?;
        let plan = Plan::parse(shown.json.as_bytes()).map_err(|error| Stop::failed(error.to_string()))?;
        let json = serde_json::from_str(&shown.json).map_err(|error| Stop::failed(error.to_string()))?;
        let workshop = open(&shown.tree)?;
        fs::write(workshop.out("plan"), &shown.plan).map_err(no_room)?;
        self.initialise(&workshop, (&stage.changes, &shown.tree, folder), false).await?;
        let file = inside("out/plan");
        let apply = ["apply", "-input=false", "-json", "-lock-timeout=60s", file.as_str()];
        let run = self.terraform(&stage.changes, &workshop, &apply, false, Some(&stage.say)).await?;
        run.faults.iter().for_each(|fault| tell(&stage.say, format!("Error: {fault}")));
        // Which words a provider has for it stands in nobody's ledger.
        let fault = (run.code != 0).then(|| format!("{what} failed: {}", far(&run.stream)));
        Ok(Played { workshop, plan, json, fault })
    }

    /// How many things of a twin are there.
    fn left(&self, twin: &WorkspaceId) -> u32 {
        self.states.workspace(twin).latest().map_or(0, |state| state.resources)
    }

    /// Takes away what is left of the twin, whatever guards it in the configuration.
    async fn strike(&self, stage: &Stage, twin: &WorkspaceId, bundle: &Bundle) -> Result<(), Stop> {
        if self.left(twin) == 0 {
            return Ok(());
        }
        let meta = &bundle.meta;
        let mut tree = bundle.tree.clone();
        configuration::unguard(&mut tree, &meta.folder);
        let sets = meta.options.iter().filter(|option| sets(option)).cloned();
        let options = std::iter::once("-destroy".to_owned()).chain(sets).collect();
        let scene = Scene { what: "taking the twin away", tree: &tree, folder: &meta.folder, options };
        match self.play(stage, scene).await?.fault {
            None => Ok(()),
            Some(fault) => Err(Stop::failed(fault)),
        }
    }
}

/// Where what is played is told as what it is: no line of it is one of an apply in earnest.
fn aside(say: &Say) -> Say {
    let (aside, mut told) = mpsc::unbounded_channel();
    let say = say.clone();
    tokio::spawn(async move {
        while let Some(news) = told.recv().await {
            let (News::Line(words, _) | News::Fault(words)) = news else { continue };
            if say.send(News::Line(format!("rehearsal: {words}"), None)).is_err() {
                break;
            }
        }
    });
    aside
}

/// The workspace of a twin: no path is called so.
fn twin_of(workspace: &WorkspaceId) -> WorkspaceId {
    WorkspaceId::new(format!("{}{workspace}", crate::state::TWIN))
}

/// Whether an option says what the configuration is, and not what is to be done with it.
fn sets(option: &str) -> bool {
    option.starts_with("-var")
}

/// What a plan does to what, a line each.
fn changed(plan: &Plan) -> BTreeSet<String> {
    let managed = plan.effective().filter(|change| change.managed);
    let line = |change: &interlock_reader_terraform::Change| {
        let deposed = change.deposed.as_ref().map(|key| format!(" (deposed {key})")).unwrap_or_default();
        format!("{}{deposed} {}", change.address, change.act)
    };
    managed.map(line).collect()
}

/// What only one of the two plans does.
fn differences(wanted: &Plan, here: &Plan) -> Vec<String> {
    let (wanted, here) = (changed(wanted), changed(here));
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>, who: &str| {
        one.difference(other).map(|line| format!("{line} in the {who}")).collect::<Vec<_>>()
    };
    let mut all = only(&wanted, &here, "plan, and not in the rehearsal");
    all.extend(only(&here, &wanted, "rehearsal, and not in the plan"));
    all
}

/// The configuration that a plan was made of.
fn configured(json: &Value) -> Option<&Value> {
    json.get("configuration")
}
