//! Launches: who opened a session, and how that is proved.
//!
//! Whoever launches a session does not count when one person decides on what it asks for. So who that is must not be
//! anybody's word: it is read off a signature over the opening itself.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use interlock_action::{AgentId, Millis, PersonId, SessionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EnrolledKey, Refusal, Signable, Site, verify};

/// How long a signed opening may be under way, in milliseconds, either way of the clock.
pub const FRESH: Millis = 5 * 60 * 1000;

/// Who launched a session, as far as it is known. It only ever grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Launch {
    /// Everybody who is known to have opened or resumed it.
    pub by: BTreeSet<PersonId>,
    /// Some opening was signed by nobody: it may have been anybody's.
    pub unproved: bool,
}

impl Launch {
    /// By this person.
    pub fn of(person: impl Into<PersonId>) -> Self {
        Self { by: BTreeSet::from([person.into()]), unproved: false }
    }

    /// By nobody knows whom.
    pub fn unproved() -> Self {
        Self { by: BTreeSet::new(), unproved: true }
    }

    /// Adds another opening of the same session.
    pub fn join(&mut self, other: &Self) {
        self.by.extend(other.by.iter().cloned());
        self.unproved |= other.unproved;
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.by.iter().map(PersonId::as_str).collect();
        if self.unproved {
            names.push("somebody unproved");
        }
        f.write_str(&names.join(" and "))
    }
}

/// What a person signs to open or resume a session: all that makes it this opening and no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opening {
    /// The home it is opened in: what its log is verified with.
    pub home: String,
    /// The agent.
    pub agent: AgentId,
    /// The task's words; empty where a session is resumed.
    pub task: String,
    /// What the task is about.
    pub scope: Vec<String>,
    /// Secrets whose values it may read.
    pub secrets: Vec<String>,
    /// Folders that it works in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<PathBuf>,
    /// The session that goes on.
    pub resume: Option<SessionId>,
    /// It runs outside the sandbox.
    pub advisory: bool,
    /// What people would have to approve in it flows, and is only written down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observe: bool,
    /// Who signs.
    pub person: PersonId,
    /// When.
    pub at: Millis,
    /// A value that Interlock gave out once.
    pub nonce: String,
}

impl Signable for Opening {
    // INVARIANT: another namespace than a statement's, so that no signature is ever both.
    const NAMESPACE: &'static str = "interlock-launch-v1";
}

impl Opening {
    /// Checks that one of the person's keys signed this very opening just now, and returns that key. That the nonce was
    /// given out and is not used yet is the caller's to check.
    pub fn check<'k>(
        &self,
        signature: &str,
        keys: &'k [EnrolledKey],
        site: Option<&Site>,
        now: Millis,
    ) -> Result<&'k EnrolledKey, Refusal> {
        if self.at.abs_diff(now) > FRESH {
            return Err(Refusal::Stale);
        }
        let key = verify(self, signature, keys, site)?.key;
        key.counts(now)?;
        Ok(key)
    }
}
