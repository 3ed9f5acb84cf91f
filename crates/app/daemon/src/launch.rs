//! Who launches a session: proved by a signature, or by there being one person only, or by nothing. And who may launch one
//! in which nobody is asked.

use std::collections::BTreeSet;

use interlock_action::PersonId;
use interlock_approval::{KeyStep, Launch, Refusal};

use interlock_api::{Fault, LaunchProof, OpenSession};

use crate::state::Daemon;

fn refused(message: impl std::fmt::Display) -> Fault {
    Fault::refused(message).hint("sign anew with `interlock run --key FILE`")
}

/// A proof that holds.
struct Proved {
    person: PersonId,
    fingerprint: String,
    step: KeyStep,
}

impl Daemon {
    /// Who makes this opening, and the fingerprints of the keys that proved it.
    pub(crate) fn launch(&self, request: &OpenSession) -> Result<(Launch, Vec<String>), Fault> {
        let proofs = request.proof.iter().chain(&request.co_proofs);
        let proved = proofs.map(|proof| self.proved(request, proof)).collect::<Result<Vec<_>, _>>()?;
        if request.observe {
            self.may_observe(&proved)?;
        }
        let memory = self.memory();
        if proved.is_empty() {
            // Whoever is enrolled and cooling off may be at the keyboard too, and will count before the session's end.
            let alone = memory.people.keys().next().filter(|_| memory.people.len() == 1);
            return Ok((
                alone.map_or_else(Launch::unproved, |person| Launch::of(person.clone())),
                Vec::new(),
            ));
        }
        let by = proved.iter().map(|proof| proof.person.clone()).collect();
        let keys = proved.into_iter().map(|proof| proof.fingerprint).collect();
        Ok((Launch { by, unproved: false }, keys))
    }

    /// INVARIANT: to ask nobody in one session takes the same people as to ask nobody in all: one alone, in a team two, with
    /// keys that would count for an approval. No agent holds one.
    fn may_observe(&self, proved: &[Proved]) -> Result<(), Fault> {
        let now = self.now();
        let memory = self.memory();
        let takes = if memory.solo(now) { 1 } else { 2 };
        let signers: BTreeSet<&PersonId> = proved.iter().map(|proof| &proof.person).collect();
        if signers.len() < takes {
            let message = format!(
                "nobody is asked in an observed session, so {} sign for it: {} did",
                if takes == 1 { "a person must" } else { "two people must, in a team," },
                signers.len()
            );
            let hint = "`interlock run --observe --key FILE`, in a team with `--key` twice";
            return Err(Fault::refused(message).hint(hint));
        }
        let least = memory.step(takes, now).max(self.road.settings().least.t4);
        match proved.iter().find(|proof| proof.step < least) {
            Some(weak) => Err(refused(Refusal::WeakKey(weak.fingerprint.clone()))),
            None => Ok(()),
        }
    }

    fn proved(&self, request: &OpenSession, proof: &LaunchProof) -> Result<Proved, Fault> {
        let LaunchProof { person, at, nonce, signature } = proof;
        let now = self.now();
        let stale = || refused("the nonce was not given out here, is used or too old");
        if !self.nonces.is_good(nonce, now) {
            return Err(stale());
        }
        let memory = self.memory();
        let known = memory.people.get(person);
        let known = known.ok_or_else(|| refused(format!("there is no person `{person}`")))?;
        let opening = request.opening(self.identity(), person.clone(), *at, nonce.clone());
        let key = opening.check(signature, &known.keys, self.site(), now).map_err(refused)?;
        if !self.nonces.take(nonce, now) {
            return Err(stale());
        }
        Ok(Proved { person: person.clone(), fingerprint: key.fingerprint.clone(), step: key.step })
    }
}
