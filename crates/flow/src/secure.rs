//! Making a recovery point before data is destroyed, and proving that it is there (ADR-0004).

use std::sync::Arc;

use interlock_action::{Action, Answer, Call, Claim, Effect, EnvironmentName, Securing, value_at};
use interlock_ledger::{Entry, EntryKind};
use serde_json::Value;

use crate::{
    Event, Freshness, Guard, Inspection, Outcome, Permit, Record, Session, Situated,
    custody::{self, Point},
    fault,
    permit::frozen,
    road::Road,
    stop::Stop,
};

/// How often a proof is looked for before the agent is told to come back.
const LOOKS: u32 = 20;

impl Road {
    /// Makes the recovery points that the survey's recipe asks for, and reads them back.
    pub(crate) async fn secure(&self, session: &Arc<Session>, situated: &Situated) -> Result<(), Stop> {
        let Securing::ByCalls { calls, proof, makes } = &situated.survey.securing else { return Ok(()) };
        for call in calls {
            self.make(session, situated, call).await?;
        }
        for (call, pointer, wanted) in proof {
            self.prove(session, call, pointer, wanted).await?;
        }
        // What only had to come first makes nothing yet: now that it is done, the action is another one.
        if makes.is_empty() && !proof.is_empty() {
            return Err(Stop::Again);
        }
        fault::here(fault::BEFORE_RECOVERY_POINT);
        let now = self.ports.clock.now();
        let events = custody::taken_in(session, situated, makes, now);
        let of = events.iter().find_map(|event| match event {
            Event::RecoveryPoint { of, .. } => Some(of.clone()),
            _ => None,
        });
        let points: Vec<Point> = events
            .iter()
            .filter_map(|event| match event {
                Event::RecoveryPoint { kept: Some(kept), .. } => Some(Point::of(kept)),
                _ => None,
            })
            .collect();
        let entry = Entry::new(EntryKind::RecoveryPoint, now)
            .public("session", &session.id)
            .public("of", &of)
            .public("points", makes.len())
            .private("made", makes);
        let entry = self.marked(entry, session, None);
        self.commit(Record { entry, events, guards: Vec::new() }).await?;
        // What each needs is guarded before the action goes on.
        for point in &points {
            self.look_at_point(point).await;
        }
        Ok(())
    }

    /// INVARIANT: what was forecast is what is carried out. Points take minutes, in which somebody may change what it rests
    /// on.
    pub(crate) async fn stood_still(
        &self,
        session: &Arc<Session>,
        asked: &Arc<Action>,
        situated: &Situated,
    ) -> Result<(), Stop> {
        if !matches!(situated.survey.securing, Securing::ByCalls { .. }) {
            return Ok(());
        }
        let (_, survey) = self.prepared(session, Arc::clone(asked)).await?;
        if survey.fingerprint == situated.survey.fingerprint {
            return Ok(());
        }
        let why = "what it is about changed while its recovery point was made; the point is kept, and the same call is looked at anew";
        Err(Stop::NotSecured(why.to_owned()))
    }

    /// A call that makes a recovery point.
    async fn make(&self, session: &Arc<Session>, situated: &Situated, call: &Call) -> Result<(), Stop> {
        let environments = situated.environments();
        match self.own_call(session, Some(&environments), call, "makes a recovery point", &[]).await? {
            // What exists already is proved, not assumed, by the reads that follow.
            Some(code) if !code.contains("AlreadyExists") && !code.contains("AlreadyOwnedByYou") => {
                Err(Stop::NotSecured(format!("{} failed: {code}", call.operation)))
            }
            _ => Ok(()),
        }
    }

    /// One of Interlock's own calls for an agent's action in these environments, durable before it is sent like any other;
    /// why it failed, if it did. Of the secret arguments, which the pointers name, only seals are written down.
    pub(crate) async fn own_call(
        &self,
        session: &Arc<Session>,
        environments: Option<&[EnvironmentName]>,
        call: &Call,
        why: &str,
        secrets: &[String],
    ) -> Result<Option<String>, Stop> {
        let (_, execute, _) = self.surface(call.surface)?;
        let permit = self.own_permit(session, environments, call, why, secrets).await?;
        let outcome = execute.execute(&permit, call).await;
        let words = match &outcome {
            Outcome::Succeeded { .. } => None,
            Outcome::Failed { code, .. } => Some(code.clone()),
            Outcome::NotExecuted { why } | Outcome::Unknown { why } => Some(why.clone()),
        };
        permit.complete(outcome, Vec::new()).await.map_err(|error| Stop::Ledger(error.to_string()))?;
        Ok(words)
    }

    async fn own_permit(
        &self,
        session: &Arc<Session>,
        environments: Option<&[EnvironmentName]>,
        call: &Call,
        why: &str,
        secrets: &[String],
    ) -> Result<Permit, Stop> {
        let now = self.ports.clock.now();
        let id = self.action_id();
        let own = self.own(&id, &session.id, call, Claim::plain(Effect::Create, why), secrets);
        let sealed = self.settings.sealer.seal_all(&call.arguments, secrets);
        let entry = own.entry.public("by", "interlock").public("why", why).private("arguments", &sealed);
        let entry = self.marked(entry, session, None);
        let (epoch, barred) = {
            let memory = self.memory();
            (memory.epoch, frozen(&memory, session, &own.action, environments))
        };
        // INVARIANT: what is done for an agent's action is stopped by what stops the action.
        if let Some(why) = barred {
            return Err(Stop::Conflict(why));
        }
        let guards = vec![Guard::SessionLive(session.id.clone(), now), Guard::Epoch(epoch)];
        let mut permit = self.permit(id, Arc::new(own.action), Arc::clone(session), epoch);
        permit.environments = environments.map(<[_]>::to_vec);
        self.open(permit, Record { entry, events: vec![Event::PermitOpened { permit: own.note }], guards })
            .await
    }

    async fn prove(&self, session: &Session, call: &Call, pointer: &str, wanted: &Value) -> Result<(), Stop> {
        match self.shows(session, (call, pointer), LOOKS, |value| value == wanted).await? {
            None => Ok(()),
            Some(last) => {
                Err(Stop::NotSecured(format!("{} still answers {last}, not {wanted}", call.operation)))
            }
        }
    }

    /// Looks so often whether the answer to a read has what is waited for; what it still answers in the end, if it does not.
    pub(crate) async fn shows(
        &self,
        session: &Session,
        (call, pointer): (&Call, &str),
        looks: u32,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Option<String>, Stop> {
        let (inspect, _, _) = self.surface(call.surface)?;
        let inspection = Inspection::mint(session.id.clone(), Freshness::Now);
        let mut last = "nothing".to_owned();
        for look in 0..looks {
            if look > 0 {
                self.ports.clock.pause(u64::from(look.min(5)).saturating_mul(200)).await;
            }
            match inspect.inspect(&inspection, call).await {
                Answer::Found(found) => match value_at(&found, pointer) {
                    Some(value) if wanted(value) => return Ok(None),
                    other => last = other.map_or("nothing".to_owned(), ToString::to_string),
                },
                Answer::NotFound => "not there yet".clone_into(&mut last),
                Answer::Unreadable(why) => last = why,
            }
        }
        Ok(Some(last))
    }
}
