//! Tickets: what is held, who may let it pass, and how that is proved.
//!
//! Pure: the time and the nonce are parameters. A ticket moves only through [`Ticket::step`].

mod error;
mod person;
mod quorum;
mod signature;
mod ticket;

pub use error::{ApprovalError, Refusal};
pub use person::{EnrolledKey, KeyStep, Person};
pub use quorum::{Count, People, Slot, count};
pub use signature::{NAMESPACE, Statement, parse_public_key, sign, verify};
pub use ticket::{Approval, Held, Message, Quorum, Reason, State, Ticket};

#[cfg(test)]
mod tests;
