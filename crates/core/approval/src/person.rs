//! People and their keys.

use std::collections::BTreeSet;

use interlock_action::{Millis, PersonId, TicketId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Passkey, Refusal};

/// What cooling off is told in.
const HOUR: Millis = 60 * 60 * 1000;

/// How much a key proves about the person behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyStep {
    /// A file that whoever can read it can use.
    OpenSsh,
    /// A security key or passkey that verifies its user at each use.
    SecurityKey,
    /// A passkey that cannot leave its device.
    DeviceBound,
}

/// A key a person signs with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnrolledKey {
    /// The OpenSSH public key's line, without comment, or a [`Passkey`]'s.
    pub public_key: String,
    /// `SHA256:…`; of an OpenSSH key as `ssh-keygen -l` prints it, of a passkey of its line.
    pub fingerprint: String,
    /// What it proves.
    pub step: KeyStep,
    /// When it was enrolled.
    pub enrolled: Millis,
    /// From when on it counts.
    pub counts_from: Millis,
    /// How often a passkey that counts had signed when it was last looked at.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub counter: u32,
    /// The requests to take it out: it counts for nothing until each is denied by somebody else, or taken back by who asked.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub suspended: BTreeSet<TicketId>,
}

fn is_zero(counter: &u32) -> bool {
    *counter == 0
}

impl EnrolledKey {
    /// The passkey, where it is one.
    pub fn passkey(&self) -> Option<Passkey> {
        if Passkey::is_line(&self.public_key) { self.public_key.parse().ok() } else { None }
    }

    /// Whether it is in force.
    pub fn counts(&self, now: Millis) -> Result<(), Refusal> {
        if now < self.counts_from {
            return Err(Refusal::CoolingOff(self.counts_from.saturating_sub(self.enrolled) / HOUR));
        }
        match self.suspended.first() {
            Some(ticket) => Err(Refusal::Suspended(ticket.to_string())),
            None => Ok(()),
        }
    }
}

/// A human, known by enrolled keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The name.
    pub name: PersonId,
    /// The keys.
    pub keys: Vec<EnrolledKey>,
    /// Roles, for quorum slots.
    #[serde(default)]
    pub roles: Vec<String>,
}
