//! The gate: a command from its work directory to its end.

mod apply;
mod initial;
mod look;
mod plan;
mod provide;
mod rehearse;
mod workshop;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use interlock_action::{SessionId, WorkspaceId};
use interlock_flow::Road;

use crate::{
    command::{Command, Verb},
    port::{House, News, Say},
    program::Program,
    provider::Shelf,
    state::States,
    tree::Tree,
};

/// It was done.
const DONE: u8 = 0;
/// It failed.
const FAILED: u8 = 1;
/// There are changes, for whoever asked for them by the status.
const CHANGES: u8 = 2;
/// It was refused.
const REFUSED: u8 = 10;
/// It is held.
const HELD: u8 = 11;

/// What an agent asks for.
#[derive(Clone, Debug)]
pub struct Order {
    /// Whose command it is.
    pub session: SessionId,
    /// The command line, without the program's name.
    pub arguments: Vec<String>,
    /// Where the agent has the tree.
    pub root: PathBuf,
    /// The configuration's folder in it.
    pub folder: PathBuf,
    /// The work directory.
    pub tree: Tree,
}

impl Order {
    /// Whose state it is about: the folder's.
    fn workspace(&self) -> WorkspaceId {
        let parts: PathBuf = self.root.join(&self.folder).components().collect();
        WorkspaceId::new(parts.display().to_string())
    }
}

/// Where agents' Terraform commands come in.
pub struct Gate {
    pub(crate) road: Arc<Road>,
    pub(crate) states: Arc<States>,
    pub(crate) house: Arc<dyn House>,
    pub(crate) program: Program,
    initials: initial::Initials,
    shelf: Shelf,
    /// Whose turn it is to rehearse, by twin.
    turns: Mutex<BTreeMap<WorkspaceId, Arc<tokio::sync::Mutex<()>>>>,
    /// What is worked on, by session.
    busy: Mutex<BTreeMap<SessionId, usize>>,
}

/// So many commands of one session are worked on at once.
const AT_ONCE: usize = 2;

/// A command that is worked on, until this value goes.
struct AtWork<'g>(&'g Gate, SessionId);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.1) {
            *count = count.saturating_sub(1);
        }
        busy.retain(|_, count| *count > 0);
    }
}

/// What ends a command early: its status, and what is said.
pub(crate) struct Stop {
    code: u8,
    words: String,
}

impl Stop {
    fn refused(words: impl Into<String>) -> Self {
        Self { code: REFUSED, words: words.into() }
    }
    fn failed(words: impl Into<String>) -> Self {
        Self { code: FAILED, words: words.into() }
    }
}

/// What whoever asked is told; nobody may listen any more.
pub(crate) fn tell(say: &Say, words: impl Into<String>) {
    let _ = say.send(News::Line(words.into(), None));
}

impl Gate {
    /// A gate on this road.
    pub fn new(road: Arc<Road>, states: Arc<States>, house: Arc<dyn House>, program: Program) -> Self {
        Self {
            road,
            states,
            house,
            program,
            initials: initial::Initials::default(),
            shelf: Shelf::default(),
            turns: Mutex::default(),
            busy: Mutex::default(),
        }
    }

    /// The states that it keeps.
    pub fn states(&self) -> &Arc<States> {
        &self.states
    }

    /// Carries a command out; its status. What is to be said is said as it comes.
    pub async fn run(self: &Arc<Self>, order: Order, say: &Say) -> u8 {
        match self.carry_out(order, say).await {
            Ok(code) => code,
            Err(stop) => {
                let _ = say.send(News::Fault(stop.words));
                stop.code
            }
        }
    }

    /// Room for one more command of this session.
    fn begin(&self, session: &SessionId) -> Result<AtWork<'_>, Stop> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = busy.entry(session.clone()).or_default();
        if *count >= AT_ONCE {
            return Err(Stop::refused(format!(
                "Interlock works on {AT_ONCE} Terraform commands of this session already. Wait until one has ended."
            )));
        }
        *count = count.saturating_add(1);
        Ok(AtWork(self, session.clone()))
    }

    /// A workspace is where the session works, as whoever opened it said. Which state is read and written is no agent's choice.
    fn may_work_in(&self, order: &Order) -> Result<(), Stop> {
        let workspace = order.workspace();
        let memory = self.road.ports().journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        let folders = memory.sessions.get(&order.session).map(|session| session.lease.folders.as_slice());
        if folders.unwrap_or_default().iter().any(|folder| Path::new(workspace.as_str()).starts_with(folder))
        {
            return Ok(());
        }
        Err(Stop::refused(format!(
            "Interlock refuses this: `{workspace}` is not where this session works. Ask the person who started it to start one \
             there, or with `--writable {workspace}`."
        )))
    }

    async fn carry_out(self: &Arc<Self>, order: Order, say: &Say) -> Result<u8, Stop> {
        let command = Command::parse(&order.arguments).map_err(|refused| {
            Stop::refused(format!("Interlock refuses `terraform {}`: {refused}.", order.arguments.join(" ")))
        })?;
        self.may_work_in(&order)?;
        let _at_work = self.begin(&order.session)?;
        command.told.iter().for_each(|told| tell(say, format!("interlock: {told}")));
        match command.verb {
            Verb::Init => {
                tell(
                    say,
                    "interlock: the state of this folder is kept by Interlock, and each plan is initialised anew",
                );
                Ok(DONE)
            }
            Verb::Rollback => self.roll_back(order, say).await,
            Verb::State(verb) => self.look(&order.workspace(), verb, say).await,
            Verb::Plan { out, detailed } => {
                self.plan_only(order, command.options, (out, detailed), say).await
            }
            Verb::Validate(json) => self.validate(order, json, say).await,
            Verb::Apply(None) => self.plan_and_apply(order, command.options, say).await,
            Verb::Apply(Some(file)) => self.apply_planned(order, &file, say).await,
            Verb::Rehearse(file) => {
                let session = order.session.clone();
                let planned = match file {
                    Some(file) => self.planned_before(&order, &file).await?,
                    None => self.waiting_or_planned(order, command.options, say).await?,
                };
                self.rehearse(&session, &planned, say).await
            }
        }
    }
}
