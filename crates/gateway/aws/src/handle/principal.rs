//! Whose request it is.

use std::sync::Arc;

use interlock_action::SessionId;

use crate::{
    credentials::{Assumed, VirtualKeys},
    gateway::Inner,
    instant,
    sigv4::{Claim, Secret, SignatureRefusal},
};

/// Whose request it is, as the access key says; true once the signature is checked.
#[derive(Debug)]
pub(crate) struct Principal {
    /// The session.
    pub(crate) session: SessionId,
    /// What it was signed with.
    pub(super) secret: Secret,
    /// What the key stands for upstream, where it is not the daemon's own credentials.
    pub(crate) assumed: Option<Arc<Assumed>>,
}

/// Finds the session of the claim's access key.
pub(super) fn find(inner: &Inner, claim: &Claim) -> Result<Principal, SignatureRefusal> {
    let id = claim.access_key_id.as_str();
    if let Some(assumed) = inner.assumed.get(id) {
        if assumed.until <= instant::now() {
            return Err(SignatureRefusal::KeyExpired(id.to_owned()));
        }
        if VirtualKeys::is_temporary(id) {
            let token = claim.token.as_ref().ok_or_else(|| SignatureRefusal::TokenMissing(id.to_owned()))?;
            if !inner.keys.token(id).is(token) {
                return Err(SignatureRefusal::TokenWrong(id.to_owned()));
            }
        }
        let session = assumed.session.clone();
        return Ok(Principal { session, secret: inner.keys.secret(id), assumed: Some(assumed) });
    }
    if VirtualKeys::is_temporary(id) && VirtualKeys::is_ours(id) {
        // Kept in memory only: it was given out before a restart.
        return Err(SignatureRefusal::KeyExpired(id.to_owned()));
    }
    let known = VirtualKeys::is_ours(id).then(|| inner.sessions.of_key(id)).flatten();
    match known {
        Some(_) if claim.token.is_some() => Err(SignatureRefusal::TokenWrong(id.to_owned())),
        Some(session) => Ok(Principal { session, secret: inner.keys.secret(id), assumed: None }),
        None => Err(SignatureRefusal::ForeignKey(short(id))),
    }
}

/// Enough of a foreign key id to find it, not all of it.
fn short(id: &str) -> String {
    let start: String = id.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{start}…")
}
