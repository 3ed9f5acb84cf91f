//! Which providers have a stand-in in a run, and what it tells of them.

use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use interlock_flow::Session;
use tokio::sync::mpsc;

use crate::{
    gate::{
        Gate, Stop,
        plan::{inside, no_room},
        workshop::Workshop,
    },
    provider::{self, Provider, Told, reduced},
    tree::{MOST_BYTES, Tree, file},
};

/// How long a provider may take to tell its schema.
const PATIENCE: Duration = Duration::from_secs(90);

impl Gate {
    /// Stand-ins for the large providers that a workshop was initialised with, of the types that its tree and its state name.
    pub(super) async fn provided(
        &self,
        session: &Session,
        workshop: &Workshop,
        arguments: &[String],
    ) -> Result<Vec<Provider>, Stop> {
        // Initialising asks no provider.
        if arguments.first().is_some_and(|verb| verb == "init") || workshop.providers().is_empty() {
            return Ok(Vec::new());
        }
        let mut named = workshop.named().clone();
        let workspace = session.lease.part.as_ref().and_then(|part| part.workspace.as_ref());
        if let Some(workspace) = workspace
            && let Some((_, state)) = self.states.read(workspace).await.map_err(Stop::refused)?
        {
            named.extend(provider::named(&Tree::default(), Some(&state)));
        }
        let mut all = Vec::new();
        for (name, program) in workshop.providers() {
            let address: Vec<_> = name.iter().take(3).map(|part| part.to_string_lossy()).collect();
            let Some(whole) = self.schema(session, program).await? else { continue };
            let Some(told) = reduced(&whole.schema, &named) else { continue };
            let (place, schema) = workshop.schema(&all.len().to_string());
            fs::write(place, told).map_err(no_room)?;
            all.push(Provider {
                address: address.join("/"),
                version: whole.version,
                program: program.clone(),
                schema,
            });
        }
        Ok(all)
    }

    /// A provider's whole schema, where it is a large one.
    async fn schema(&self, session: &Session, program: &Path) -> Result<Option<Arc<Told>>, Stop> {
        let digest = self.program.digest(program).map_err(no_room)?;
        if let Some(known) = self.shelf.known(&digest) {
            return Ok(known);
        }
        // INVARIANT: it is asked where nothing of anybody's runs: what it says is told to everybody.
        let empty = Workshop::open(&self.house.workshop(), &self.program, &Tree::default(), Path::new(""));
        let empty = empty.map_err(no_room)?;
        let mut job = empty.job(&self.program, &[], true);
        job.command = provider::taking(&program.display().to_string(), &inside("out/schema"));
        job.own = true;
        let (send, mut lines) = mpsc::unbounded_channel();
        let stop = Arc::clone(&job.stop);
        let ended = tokio::time::timeout(PATIENCE, self.house.run(session, job, send)).await;
        let told = match ended {
            Ok(Ok(ended)) if ended.code == 0 => file(&empty.out("schema"), MOST_BYTES).ok(),
            _ => {
                stop.store(true, Ordering::Release);
                let why = lines.try_recv();
                tracing::warn!(program = %program.display(), ?why, "a provider does not tell its schema: nothing stands in for it");
                None
            }
        };
        Ok(self.shelf.keep(digest, told))
    }
}
