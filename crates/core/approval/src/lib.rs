//! Tickets: what is held, who may let it pass, and how that is proved. Launches: who set an agent to work.
//!
//! Pure: the time and the nonce are parameters. A ticket moves only through [`Ticket::step`].

mod error;
mod launch;
mod passkey;
mod person;
mod quorum;
mod signature;
mod ticket;

pub use error::{ApprovalError, Refusal};
pub use launch::{FRESH, Launch, Opening};
pub use passkey::{
    Assertion, AssertionResponse, Attestation, Enrolled, Passkey, PasskeyKey, Registration,
    RegistrationResponse, Site, challenge, verify_assertion, verify_registration,
};
pub use person::{EnrolledKey, KeyStep, Person};
pub use quorum::{Count, People, Quorum, Slot, count};
pub use signature::{Proven, Signable, Statement, parse_public_key, sign, verify};
pub use ticket::{Approval, Held, Message, Reason, State, Ticket, Within};

#[cfg(test)]
mod tests;
