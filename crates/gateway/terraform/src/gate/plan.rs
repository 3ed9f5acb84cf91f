//! Planning: in a cell, under a lease that only looks; and what is then known of the plan.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    sync::{Arc, PoisonError},
};

use interlock_action::{Action, Content, Digest, SessionId, Survey, WorkspaceId};
use interlock_flow::{LastGood, May, Session, StateVersion};
use interlock_reader_terraform::{Place, Plan, Reading, State, read};
use serde_json::Value;

use crate::{
    action::{NOTED, action},
    bundle::{Bundle, Meta},
    configuration,
    doubt::{self, Known},
    gate::{CHANGES, DONE, Gate, Order, Stop, apply::is_whole, initial::LOCKS, tell, workshop::Workshop},
    port::{News, Say},
    task,
    tree::{MOST_BYTES, Tree, file},
    words,
};

/// How long planning may take.
const PLANNING: u64 = 30 * 60 * 1000;

/// A bundle, and what its plan says.
pub(super) struct Planned {
    pub(super) bundle: Bundle,
    /// What the bundle is found by.
    pub(super) kept: Digest,
    pub(super) plan: Plan,
    pub(super) reading: Reading,
}

/// A plan that was read.
pub(super) struct Shown {
    pub(super) tree: Tree,
    pub(super) plan: Vec<u8>,
    pub(super) json: String,
    programs: BTreeMap<String, Digest>,
}

impl Gate {
    /// `terraform plan`: what is planned is kept, and can be applied as it is.
    pub(super) async fn plan_only(
        self: &Arc<Self>,
        order: Order,
        options: Vec<String>,
        (out, detailed): (Option<String>, bool),
        say: &Say,
    ) -> Result<u8, Stop> {
        let session = order.session.clone();
        let planned = self.plan(order, options, say).await?;
        let nothing = planned.reading.changes.is_empty();
        if nothing {
            tell(say, "No changes: what is there is what the configuration says.");
        }
        let (action, survey) = self.weighed(&session, &planned).await?;
        if nothing {
            self.settled(&planned, &action).await;
        }
        words::summary(&planned.plan, &planned.reading, &survey).into_iter().for_each(|line| tell(say, line));
        action.unknowns.iter().for_each(|unknown| tell(say, format!("interlock: unknown: {unknown}")));
        if let Some(out) = out {
            let _ = say.send(News::PlanFile(out, planned.kept.to_string()));
        }
        Ok(if detailed && !nothing { CHANGES } else { DONE })
    }

    /// `terraform validate`: the configuration by itself, without a state and without the cloud.
    pub(super) async fn validate(&self, order: Order, json: bool, say: &Say) -> Result<u8, Stop> {
        let workspace = order.workspace();
        let (workshop, tree) = self.opened(order.tree, &order.folder)?;
        let session = self.lent(&order.session, &workspace, May::Look, PLANNING).await?;
        let done = async {
            self.initialise(&workshop, (&session, &tree, &order.folder), true).await?;
            let mut validate = vec!["validate", "-no-color"];
            validate.extend(json.then_some("-json"));
            self.terraform(&session, &workshop, &validate, true, None).await
        };
        let done = done.await;
        self.ended(&session).await;
        let run = done?;
        tell(say, run.output.trim_end());
        run.faults.into_iter().for_each(|fault| tell(say, fault));
        Ok(run.code)
    }

    /// A workshop with this tree in it, as it is planned: the state is here.
    fn opened(&self, mut tree: Tree, folder: &Path) -> Result<(Workshop, Tree), Stop> {
        configuration::keep_here(&mut tree, folder).map_err(Stop::refused)?;
        let workshop = Workshop::open(&self.house.workshop(), &self.program, &tree, folder);
        Ok((workshop.map_err(no_room)?, tree))
    }

    /// Plans, and keeps what was planned.
    pub(super) async fn plan(&self, order: Order, options: Vec<String>, say: &Say) -> Result<Planned, Stop> {
        let workspace = order.workspace();
        let latest = self.states.workspace(&workspace).latest().cloned();
        let (account, region) = self.house.place().await;
        let (sent, states) = (order.tree.digest(), order.tree.states.clone());
        for stray in &order.tree.strays {
            tell(
                say,
                format!("interlock: `{}` leads out of the work directory, and is left out", stray.display()),
            );
        }
        let (workshop, tree) = self.opened(order.tree, &order.folder)?;
        let session = self.lent(&order.session, &workspace, May::Look, PLANNING).await?;
        let done = self.planned_in(&workshop, (&session, &tree, &order.folder), &options, say).await;
        let shown = match done {
            Ok((planned_tree, plan)) => self.shown(&session, planned_tree, plan, &order.folder).await,
            Err(stop) => Err(stop),
        };
        self.ended(&session).await;
        let Shown { tree: mut planned_tree, plan: plan_file, json, programs } = shown?;
        planned_tree.states = states;
        let written = configuration::read(&planned_tree, &order.folder);
        let locks = planned_tree.file(&order.folder.join(LOCKS)).map(Digest::of);
        let meta = Meta {
            workspace,
            root: order.root,
            folder: order.folder,
            options,
            sent,
            tree: planned_tree.digest(),
            plan: Digest::of(&plan_file),
            json: Digest::of(json.as_bytes()),
            locks,
            programs,
            state: latest.as_ref().map(|state| state.version),
            lineage: latest.as_ref().map(|state| state.lineage.clone()),
            serial: latest.as_ref().map(|state| state.serial),
            account,
            region,
            guarded: written.guarded.into_iter().collect(),
        };
        let bundle = Bundle { meta, tree: planned_tree, plan: plan_file, json: json.into_bytes() };
        let kept = self.house.keep(bundle.pack().map_err(Stop::failed)?).await.map_err(Stop::failed)?;
        self.read(bundle, kept)
    }

    /// Initialises and plans; the tree as it is then, and the plan's file.
    pub(super) async fn planned_in(
        &self,
        workshop: &Workshop,
        (session, tree, folder): (&Session, &Tree, &Path),
        options: &[String],
        say: &Say,
    ) -> Result<(Tree, Vec<u8>), Stop> {
        let locks = self.initialise(workshop, (session, tree, folder), true).await?;
        let out = format!("-out={}", inside("out/plan"));
        let mut plan = vec!["plan", "-input=false", "-json", "-lock-timeout=60s", out.as_str()];
        plan.extend(options.iter().map(String::as_str));
        // INVARIANT: a plan that failed may have left a file; its status says so, and it is none.
        self.terraform(session, workshop, &plan, true, Some(say)).await?.well("plan")?;
        let bytes = file(&workshop.out("plan"), MOST_BYTES).map_err(no_room)?;
        let mut tree = Tree::read(&workshop.tree()).map_err(|error| Stop::failed(error.to_string()))?;
        // What chose the providers is what initialising wrote, whatever ran since.
        if let Some(locks) = locks {
            tree.put(folder.join(LOCKS), locks);
        }
        Ok((tree, bytes))
    }

    /// Reads a plan's file as JSON, where nothing has been that ran while it was planned.
    pub(super) async fn shown(
        &self,
        session: &Session,
        tree: Tree,
        plan: Vec<u8>,
        folder: &Path,
    ) -> Result<Shown, Stop> {
        let workshop =
            Workshop::open(&self.house.workshop(), &self.program, &tree, folder).map_err(no_room)?;
        fs::write(workshop.out("plan"), &plan).map_err(no_room)?;
        self.initialise(&workshop, (session, &tree, folder), false).await?;
        let programs = self.program.digests(&workshop.data()).map_err(no_room)?;
        let file = inside("out/plan");
        let show = ["show", "-json", "-no-color", file.as_str()];
        let json = self.terraform(session, &workshop, &show, false, None).await?.well("show")?.output;
        Ok(Shown { tree, plan, json, programs })
    }

    /// What a bundle's plan says.
    pub(super) fn read(&self, bundle: Bundle, kept: Digest) -> Result<Planned, Stop> {
        let mut plan = Plan::parse(&bundle.json).map_err(|error| Stop::failed(error.to_string()))?;
        let part = |option: &String| ["-target", "-exclude"].iter().any(|one| option.starts_with(one));
        plan.made_here(!bundle.meta.options.iter().any(part));
        if let Some(why) = doubt::refused(&plan) {
            return Err(Stop::refused(format!("Interlock refuses this plan: {why}.")));
        }
        let account = bundle.meta.account.as_ref().map(|account| account.as_str());
        let reading = read(&plan, None, Place { region: Some(&bundle.meta.region), account });
        Ok(Planned { bundle, kept, plan, reading })
    }

    /// A plan as an action on the road, with everything that speaks against it, and what it would do.
    pub(super) async fn weighed(
        &self,
        session: &SessionId,
        planned: &Planned,
    ) -> Result<(Action, Survey), Stop> {
        let meta = &planned.bundle.meta;
        let plain = action(meta, &planned.reading, Vec::new()).map_err(Stop::failed)?;
        let survey = self.road.foresee(session, &plain).await.map_err(Stop::refused)?;
        let workspace = self.states.workspace(&meta.workspace);
        let states = self.all_states().await?;
        let configuration = configuration::read(&planned.bundle.tree, &meta.folder);
        let known = Known {
            workspace: &meta.workspace,
            latest: workspace.latest(),
            good: workspace.good.as_ref(),
            states: &states,
            tree: &planned.bundle.tree,
            configuration: &configuration,
            survey: &survey,
        };
        let doubts = doubt::doubts(&planned.reading, &known);
        let guards = doubt::guards(&planned.reading, &known);
        let mut whole = action(meta, &planned.reading, doubts).map_err(Stop::failed)?;
        whole.claims.extend(guards);
        whole.content = Content::Digest(planned.kept.hex());
        let in_state = workspace.latest().map(|state| state.resources);
        let far = task::far(&self.task(session), &planned.reading, in_state);
        if let Some(arguments) = whole.arguments.as_object_mut().filter(|_| !far.is_empty()) {
            arguments.insert(NOTED.to_owned(), Value::from(far));
        }
        Ok((whole, survey))
    }

    fn task(&self, session: &SessionId) -> String {
        let memory = self.road.ports().journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        memory.sessions.get(session).map(|session| session.task.clone()).unwrap_or_default()
    }

    /// Nothing is left to do, and that of everything: the first time that this is seen of a state which a person brought in, it is
    /// what one can go back to. What is guarded by then stays so, whoever saw it.
    pub(super) async fn settled(&self, planned: &Planned, action: &Action) {
        let meta = &planned.bundle.meta;
        let workspace = self.states.workspace(&meta.workspace);
        let Some(latest) = workspace.latest() else { return };
        let settles = is_whole(&meta.options) && meta.options.iter().all(|option| option.starts_with("-var"));
        if !settles || !action.unknowns.is_empty() || meta.state != Some(latest.version) {
            return;
        }
        let known = workspace.good.as_ref();
        let guards = |good: &LastGood| meta.guarded.iter().any(|one| !good.guarded.contains(one));
        if known.is_none_or(|good| good.version == latest.version && guards(good)) {
            self.good(planned, latest.version).await;
        }
    }

    /// Remembers a bundle and the state that it left as good.
    pub(super) async fn good(&self, planned: &Planned, version: u64) {
        let meta = &planned.bundle.meta;
        let at = self.road.ports().clock.now();
        let known = self.states.workspace(&meta.workspace).good;
        // Of one and the same state no later look takes a guard away.
        let before = known.into_iter().filter(|good| good.version == version).flat_map(|good| good.guarded);
        let guarded: BTreeSet<String> = meta.guarded.iter().cloned().chain(before).collect();
        let good = LastGood { version, bundle: planned.kept, guarded: guarded.into_iter().collect(), at };
        if let Err(error) = self.states.verified(&meta.workspace, good).await {
            tracing::warn!(%error, workspace = %meta.workspace, "what was verified could not be written down");
        }
    }

    /// Writes down that what an apply left was not seen to be what was planned.
    pub(super) async fn doubted(&self, planned: &Planned, why: &str) {
        let workspace = &planned.bundle.meta.workspace;
        tracing::warn!(%workspace, why, "an apply was not verified");
        if let Err(error) = self.states.doubted(workspace, &planned.kept, why).await {
            tracing::warn!(%error, %workspace, "that an apply was not verified could not be written down");
        }
    }

    /// The states of all workspaces, as far as they tell what they have.
    async fn all_states(&self) -> Result<Vec<(WorkspaceId, StateVersion, State)>, Stop> {
        let mut all = Vec::new();
        for (id, _) in self.states.workspaces() {
            // A state that cannot be read could have anything in it.
            let Some((version, bytes)) = self.states.read(&id).await.map_err(Stop::refused)? else {
                continue;
            };
            let value: Value =
                serde_json::from_slice(&bytes).map_err(|error| Stop::failed(error.to_string()))?;
            let state = State::parse(&value, Some(version.serial))
                .map_err(|error| Stop::failed(error.to_string()))?;
            all.push((id, version, state));
        }
        Ok(all)
    }

    /// A lease of this session's, for what the gate runs.
    pub(super) async fn lent(
        &self,
        of: &SessionId,
        workspace: &WorkspaceId,
        may: May,
        millis: u64,
    ) -> Result<Arc<Session>, Stop> {
        let key = self.house.draw_key().map_err(Stop::failed)?;
        let until = self.road.ports().clock.now().saturating_add(millis);
        self.road
            .lend(of, (Some(workspace.clone()), may), key, until)
            .await
            .map_err(|error| Stop::refused(error.to_string()))
    }

    /// Takes it back, with the locks that it held.
    pub(super) async fn ended(&self, session: &Session) {
        self.states.release(&session.id);
        if let Err(error) = self.road.take_back(&session.id).await {
            tracing::warn!(%error, session = %session.id, "a lease that the gate gave could not be taken back; it ends by itself");
        }
    }
}

/// What a folder of the gate's own says when it cannot be written.
pub(super) fn no_room(error: std::io::Error) -> Stop {
    Stop::failed(format!("the gate has no room to work in: {error}"))
}

/// A path inside, as Terraform is told it.
pub(super) fn inside(name: &str) -> String {
    Path::new(crate::program::INSIDE).join(name).display().to_string()
}
