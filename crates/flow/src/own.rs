//! Interlock's own calls: recovery points, preparations, marks, drills, ways back. Like any other they are written down
//! before they are sent.

use interlock_action::{Action, ActionId, Call, Claim, Content, Digest, SessionId, digest_of};
use interlock_ledger::{Entry, EntryKind};

use crate::{Outcome, PermitNote, road::Road};

/// One of them, before it is let through.
pub(crate) struct OwnCall {
    /// The action that it is.
    pub(crate) action: Action,
    /// What is remembered of its permit.
    pub(crate) note: PermitNote,
    /// Its entry, to which whoever makes the call adds why.
    pub(crate) entry: Entry,
}

/// Why a call was surely not done, in words. Of one that succeeded or whose end nobody saw, what is found tells whether it was.
pub(crate) fn not_done(call: &Call, outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Failed { code, .. } => Some(format!("{} failed: {code}", call.operation)),
        Outcome::NotExecuted { why } => Some(format!("{} was not sent: {why}", call.operation)),
        Outcome::Succeeded { .. } | Outcome::Unknown { .. } => None,
    }
}

impl Road {
    /// A call of Interlock's own for a session. Of its arguments the digest is sealed whole: they may hold what an agent
    /// wrote, secrets among it.
    pub(crate) fn own(
        &self,
        id: &ActionId,
        session: &SessionId,
        call: &Call,
        claim: Claim,
        secrets: &[String],
    ) -> OwnCall {
        let action = Action {
            surface: call.surface,
            operation: call.operation.clone(),
            account: call.account.clone(),
            region: call.region.clone(),
            claims: vec![claim],
            targets: Vec::new(),
            arguments: call.arguments.clone(),
            secrets: secrets.to_vec(),
            tokens: Vec::new(),
            writes: Vec::new(),
            writes_on: Default::default(),
            unknowns: Vec::new(),
            content: Content::Judged,
            stated_reason: None,
        };
        let now = self.ports().clock.now();
        let sealed = self.settings().sealer.seal(&call.arguments);
        let digest = digest_of("interlock own call v2", &sealed)
            .unwrap_or_else(|_| Digest::of(sealed.to_string().as_bytes()));
        let note = PermitNote {
            action: id.clone(),
            session: session.clone(),
            operation: call.operation.to_string(),
            digest,
            ticket: None,
            at: now,
            if_unknown: Vec::new(),
        };
        let entry = Entry::new(EntryKind::Allowed, now)
            .public("action", id)
            .public("session", session)
            .public("operation", &call.operation);
        OwnCall { action, note, entry }
    }
}
