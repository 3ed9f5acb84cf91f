//! Who launches a session: proved by a signature, or by there being one person only, or by nothing.

use interlock_approval::Launch;

use crate::{
    api::{Fault, LaunchProof, OpenSession},
    state::Daemon,
};

fn refused(message: String) -> Fault {
    let hint = "sign anew with `interlock run --key FILE`".to_owned();
    Fault { code: "refused".to_owned(), message, hint: Some(hint) }
}

impl Daemon {
    /// Who makes this opening, and the fingerprint of the key that proved it.
    pub(crate) fn launch(&self, request: &OpenSession) -> Result<(Launch, Option<String>), Fault> {
        if let Some(proof) = &request.proof {
            return self.proved(request, proof);
        }
        let memory = self.memory();
        // Whoever is enrolled and cooling off may be at the keyboard too, and will count before the session's end.
        let alone = memory.people.keys().next().filter(|_| memory.people.len() == 1);
        Ok((alone.map_or_else(Launch::unproved, |person| Launch::of(person.clone())), None))
    }

    fn proved(&self, request: &OpenSession, proof: &LaunchProof) -> Result<(Launch, Option<String>), Fault> {
        let LaunchProof { person, at, nonce, signature } = proof;
        let now = self.now();
        if !self.nonces.take(nonce, now) {
            return Err(refused("the nonce was not given out here, is used or too old".to_owned()));
        }
        let memory = self.memory();
        let known = memory.people.get(person);
        let known = known.ok_or_else(|| refused(format!("there is no person `{person}`")))?;
        let opening = request.opening(self.identity(), person.clone(), *at, nonce.clone());
        let key =
            opening.check(signature, &known.keys, now).map_err(|refusal| refused(refusal.to_string()))?;
        Ok((Launch::of(person.clone()), Some(key.fingerprint.clone())))
    }
}
