//! Applying: a bundle down the road, and from the gate's own copy to what is there.

use std::{fs, sync::Arc};

use interlock_action::{Content, Digest, Surface};
use interlock_flow::{May, Outcome, Permit, Session, Verdict};
use interlock_reader_terraform::{Planned as Change, Reading, expected};
use serde_json::{Value, json};

use crate::{
    bundle::Bundle,
    gate::{
        DONE, FAILED, Gate, HELD, Order, Stop,
        plan::{Planned, inside, no_room},
        tell,
        workshop::Workshop,
    },
    port::Say,
    words,
};

/// How long applying may take.
const APPLYING: u64 = 6 * 60 * 60 * 1000;

impl Gate {
    /// `terraform apply`: what was planned of the same work directory, state and options and waits for people, or let through,
    /// is that plan still; else a new one is made.
    pub(super) async fn plan_and_apply(
        self: &Arc<Self>,
        order: Order,
        options: Vec<String>,
        say: &Say,
    ) -> Result<u8, Stop> {
        let session = order.session.clone();
        let planned = self.waiting_or_planned(order, options, say).await?;
        self.apply(&session, planned, say).await
    }

    /// What was planned of the same and waits, else a new plan.
    pub(super) async fn waiting_or_planned(
        &self,
        order: Order,
        options: Vec<String>,
        say: &Say,
    ) -> Result<Planned, Stop> {
        match self.waiting(&order, &options).await {
            Some(planned) => {
                tell(say, "interlock: this is the plan that was asked for before; it is taken as it is");
                Ok(planned)
            }
            None => self.plan(order, options, say).await,
        }
    }

    /// `terraform apply FILE`.
    pub(super) async fn apply_planned(
        self: &Arc<Self>,
        order: Order,
        file: &str,
        say: &Say,
    ) -> Result<u8, Stop> {
        let planned = self.planned_before(&order, file).await?;
        self.apply(&order.session, planned, say).await
    }

    /// The plan that a file stands for.
    pub(super) async fn planned_before(&self, order: &Order, file: &str) -> Result<Planned, Stop> {
        let none = || {
            Stop::refused(format!(
                "Interlock refuses `{file}`: it is no plan that Interlock made. Plan with `terraform plan -out={file}` first."
            ))
        };
        let text =
            order.tree.file(&order.folder.join(file)).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let digest: Digest = text.map(str::trim).ok_or_else(none)?.parse().map_err(|_| none())?;
        let planned = self.bundle(&digest).await.ok_or_else(none)?;
        if planned.bundle.meta.workspace != order.workspace() {
            return Err(none());
        }
        Ok(planned)
    }

    /// Plans what was last verified against the present state, and takes it down the same road.
    pub(super) async fn roll_back(self: &Arc<Self>, mut order: Order, say: &Say) -> Result<u8, Stop> {
        let workspace = order.workspace();
        let good = self.states.workspace(&workspace).good.ok_or_else(|| {
            Stop::refused(format!(
                "Interlock knows nothing to go back to: no apply of `{workspace}` was verified yet."
            ))
        })?;
        let known = self.bundle(&good.bundle).await;
        let known = known.ok_or_else(|| Stop::failed("the last good bundle cannot be read"))?.bundle;
        tell(
            say,
            format!(
                "interlock: plans the configuration that was verified with state version {} against the present state; what was \
                 deleted with its data is made anew, and empty: data comes back from recovery points only",
                good.version
            ),
        );
        order.tree = known.tree;
        (order.root, order.folder) = (known.meta.root, known.meta.folder);
        let of_then = |option: &String| {
            !["-destroy", "-replace", "-refresh-only"].iter().any(|one| option.starts_with(one))
        };
        let options = known.meta.options.into_iter().filter(of_then).collect();
        self.plan_and_apply(order, options, say).await
    }

    pub(super) async fn bundle(&self, kept: &Digest) -> Option<Planned> {
        let bytes = self.house.kept(kept).await.ok()?;
        self.read(Bundle::unpack(&bytes).ok()?, *kept).ok()
    }

    /// What was planned of the same, and stands before people or has passed them.
    async fn waiting(&self, order: &Order, options: &[String]) -> Option<Planned> {
        let workspace = order.workspace();
        let latest = self.states.workspace(&workspace).latest().map(|state| state.version);
        let sent = order.tree.digest();
        let kept: Vec<Digest> = {
            let now = self.road.ports().clock.now();
            let memory =
                self.road.ports().journal.memory().read().unwrap_or_else(std::sync::PoisonError::into_inner);
            let of = memory.sessions.get(&order.session)?;
            let tickets = memory.tickets.values().rev().filter(|ticket| {
                let held = &ticket.held;
                ticket.is_open()
                    && now < held.expires
                    && held.action.surface == Surface::Terraform
                    && held.agent == of.agent.name
                    && held.task == of.task
            });
            // What a variable was set to does not stand in the clear there.
            let same = tickets.filter(|ticket| {
                let meta = ticket.held.action.arguments.get("bundle");
                let is = |name: &str, value: Value| meta.and_then(|meta| meta.get(name)) == Some(&value);
                is("workspace", json!(workspace)) && is("sent", json!(sent)) && is("state", json!(latest))
            });
            let kept = |content: &Content| match content {
                Content::Digest(hex) => format!("sha256:{hex}").parse().ok(),
                Content::Judged | Content::Unbound => None,
            };
            same.filter_map(|ticket| kept(&ticket.held.action.content)).collect()
        };
        for digest in kept {
            if let Some(planned) = self.bundle(&digest).await.filter(|one| one.bundle.meta.options == options)
            {
                return Some(planned);
            }
        }
        None
    }

    /// Takes a bundle down the road, and applies it.
    async fn apply(
        self: &Arc<Self>,
        session: &interlock_action::SessionId,
        planned: Planned,
        say: &Say,
    ) -> Result<u8, Stop> {
        if planned.plan.changes.iter().all(|change| change.is_nothing())
            && planned.plan.applyable != Some(true)
        {
            let (action, _) = self.weighed(session, &planned).await?;
            // Nothing comes of it, and perhaps only because it is made from another state than was meant.
            if !action.unknowns.is_empty() {
                return Err(Stop::refused(format!(
                    "Interlock takes this for no plan of anything: {}.",
                    action.unknowns.join("; ")
                )));
            }
            tell(say, "No changes: what is there is what the configuration says.");
            self.settled(&planned, &action).await;
            return Ok(DONE);
        }
        self.still_stands(&planned)?;
        let untold: Vec<&str> = untold(&planned.reading).collect();
        if !untold.is_empty() {
            return Err(Stop::refused(format!(
                "Interlock does not apply this plan: which calls these would make is not known here, so that they would be stopped \
                 halfway: {}. Leave them out, and ask a person to make them.",
                untold.join(", ")
            )));
        }
        let (action, survey) = self.weighed(session, &planned).await?;
        words::summary(&planned.plan, &planned.reading, &survey).into_iter().for_each(|line| tell(say, line));
        let action = Arc::new(action);
        let mut verdict = self.road.admit(session, vec![Arc::clone(&action)]).await;
        // What a machine can bring is brought while people are still to be asked.
        if let Verdict::Held(held) = &verdict
            && held.wants_rehearsal()
            && self.rehearsal_of(&action).is_none()
        {
            match self.rehearsed(session, &planned, (&action, false), say).await {
                Ok(_) => {
                    self.still_stands(&planned)?;
                    verdict = self.road.admit(session, vec![action]).await;
                }
                Err(stop) => tell(say, format!("interlock: it was not rehearsed: {}", stop.words)),
            }
        }
        match verdict {
            Verdict::Allowed(permit) => self.spend(permit, planned, say).await,
            Verdict::Held(held) => Err(Stop { code: HELD, words: held.message() }),
            Verdict::Refused(refused) => Err(Stop::refused(refused.message())),
            Verdict::Unbound => Err(Stop::failed("this plan cannot be bound to an approval")),
        }
    }

    /// Whether the state is the one that it was planned from.
    fn still_stands(&self, planned: &Planned) -> Result<(), Stop> {
        let meta = &planned.bundle.meta;
        let latest = self.states.workspace(&meta.workspace).latest().map(|state| state.version);
        if latest == meta.state {
            return Ok(());
        }
        Err(Stop::refused(
            "Interlock refuses this plan: the state was written since it was made. Plan again.",
        ))
    }

    /// Spends the permit: the bundle is applied from the gate's own copy.
    async fn spend(self: &Arc<Self>, permit: Permit, planned: Planned, say: &Say) -> Result<u8, Stop> {
        let (of, id) = (permit.session().id.clone(), permit.id().clone());
        let may = May::Change {
            action: permit.id().clone(),
            ticket: permit.ticket().cloned(),
            expected: planned.reading.changes.iter().map(expected).collect(),
        };
        let workspace = &planned.bundle.meta.workspace;
        let prepared = async {
            let workshop = self.unpacked(&planned)?;
            permit.clear().map_err(|why| Stop::refused(format!("Interlock does not apply it: {why}.")))?;
            // What checks it afterwards outlives the session.
            let looks = self.lent(&of, workspace, May::Look, APPLYING).await?;
            match self.lent(&of, workspace, may, APPLYING).await {
                Ok(changes) => Ok::<_, Stop>((workshop, looks, changes)),
                Err(stop) => {
                    self.ended(&looks).await;
                    Err(stop)
                }
            }
        };
        let (workshop, looks, changes) = match prepared.await {
            Ok(prepared) => prepared,
            Err(stop) => {
                let why = stop.words.clone();
                let _ = permit.complete(Outcome::NotExecuted { why }, Vec::new()).await;
                return Err(stop);
            }
        };
        let ran = self.applied(&workshop, &changes, &planned, say).await;
        self.ended(&changes).await;
        let (code, outcome) = match &ran {
            Ok((0, _)) => (DONE, Outcome::Succeeded { status: 200 }),
            // INVARIANT: what was begun is not said not to have happened.
            Ok((_, far)) => (FAILED, Outcome::Unknown { why: far.clone() }),
            Err(stop) => (FAILED, Outcome::Unknown { why: stop.words.clone() }),
        };
        if let Err(error) = permit.complete(outcome, Vec::new()).await {
            tracing::error!(%error, "the outcome of an apply could not be written down");
        }
        if code == DONE {
            let gate = Arc::clone(self);
            tokio::spawn(async move { gate.verify(workshop, looks, planned).await });
        } else {
            self.ended(&looks).await;
            if let Ok((_, far)) = &ran {
                tell(say, format!("interlock: {far}"));
                tell(
                    say,
                    format!(
                        "interlock: people take back what was done with `interlock undo {id}`; `terraform rollback` plans what was \
                         last verified"
                    ),
                );
            }
        }
        ran.map(|_| code)
    }

    /// The bundle's own tree and plan, unpacked.
    fn unpacked(&self, planned: &Planned) -> Result<Workshop, Stop> {
        let bundle = &planned.bundle;
        let workshop =
            Workshop::open(&self.house.workshop(), &self.program, &bundle.tree, &bundle.meta.folder);
        let workshop = workshop.map_err(no_room)?;
        fs::write(workshop.out("plan"), &bundle.plan).map_err(no_room)?;
        Ok(workshop)
    }

    /// Applies; its status, and how far it came.
    async fn applied(
        &self,
        workshop: &Workshop,
        session: &Session,
        planned: &Planned,
        say: &Say,
    ) -> Result<(u8, String), Stop> {
        let bundle = &planned.bundle;
        self.initialise(workshop, (session, &bundle.tree, &bundle.meta.folder), false).await?;
        if self.program.digests(&workshop.data()).map_err(no_room)? != bundle.meta.programs {
            return Err(Stop::refused(
                "Terraform or a provider is another one than it was planned with. Plan again.",
            ));
        }
        let file = inside("out/plan");
        let apply = ["apply", "-input=false", "-json", "-lock-timeout=60s", file.as_str()];
        let run = self.terraform(session, workshop, &apply, false, Some(say)).await?;
        run.faults.iter().for_each(|fault| tell(say, format!("Error: {fault}")));
        Ok((run.code, far(&run.stream)))
    }

    /// Looks whether what is there is what was planned; then it is the last known good.
    async fn verify(&self, workshop: Workshop, session: Arc<Session>, planned: Planned) {
        let planned = &planned;
        let meta = &planned.bundle.meta;
        let latest = self.states.workspace(&meta.workspace).latest().cloned();
        let mut plan = vec!["plan", "-input=false", "-json", "-lock=false", "-detailed-exitcode"];
        // A destroyed workspace is not planned to be made again.
        plan.extend(meta.options.iter().map(String::as_str).filter(|option| !option.starts_with("-replace")));
        // Planning may write files beside the configuration; this is the last that is done here.
        let run = self.terraform(&session, &workshop, &plan, true, None).await;
        self.ended(&session).await;
        match (run, latest) {
            // A part of a configuration that holds says nothing of the rest.
            (Ok(run), Some(_)) if run.code == 0 && !is_whole(&meta.options) => {}
            (Ok(run), Some(latest)) if run.code == 0 => {
                self.good(planned, latest.version).await;
            }
            (Ok(_), _) => self.doubted(planned, "what is there is not what was planned").await,
            (Err(stop), _) => {
                tracing::warn!(workspace = %meta.workspace, why = stop.words, "Terraform could not look");
                self.doubted(planned, "it could not be looked at").await;
            }
        }
    }
}

/// Whether options leave nothing of the configuration out.
pub(super) fn is_whole(options: &[String]) -> bool {
    let parts = ["-target", "-exclude", "-refresh=false"];
    !options.iter().any(|option| parts.iter().any(|part| option.starts_with(part)))
}

/// What is made or changed on AWS by calls that nobody here knows.
fn untold(reading: &Reading) -> impl Iterator<Item = &str> {
    let of_aws = |planned: &&Change| planned.untold && planned.change.kind.starts_with("aws_");
    reading.changes.iter().filter(of_aws).map(|planned| planned.change.address.as_str())
}

/// How far an apply came: what is done, and what is not.
pub(super) fn far(stream: &[String]) -> String {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for line in stream {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let address =
            line.pointer("/hook/resource/addr").and_then(Value::as_str).unwrap_or_default().to_owned();
        match line.get("type").and_then(Value::as_str) {
            Some("apply_complete") => done.push(address),
            Some("apply_errored") => failed.push(address),
            _ => {}
        }
    }
    format!("applied in part: done: {}; not done: {}", named(&done), named(&failed))
}

fn named(all: &[String]) -> String {
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
