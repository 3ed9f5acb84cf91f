//! Bytes to parameters and back, for the six protocols.
//!
//! Requests are read strictly: what two parsers could read differently is refused, and what the catalogue does not know
//! is named. Answers are read leniently. [`write`] is the inverse of [`parse`]: a request is never passed on as it came,
//! but written anew from what was judged.

mod answer;
mod body;
mod bucket;
mod cbor;
mod cbor_item;
mod checksum;
mod endpoint;
mod fault;
mod form;
pub(crate) mod guard;
mod json;
pub(crate) mod json_text;
mod limits;
mod parse;
mod query;
mod request;
mod rest;
mod rest_write;
mod scalar;
mod time;
pub(crate) mod uri;
pub(crate) mod walk;
mod write;
mod xml;
mod xml_tree;

pub use answer::{ServiceError, read_answer};
pub(crate) use endpoint::is_region;
pub use endpoint::{Endpoint, endpoint};
pub use fault::write_error;
pub use guard::check;
pub use limits::{MAX_BODY, MAX_DEPTH, MAX_TARGET, MAX_UNKNOWN, MAX_VALUES};
pub use parse::{Parsed, parse, parse_as};
pub use request::{Body, Request, Scope};
pub use write::{Written, write};

#[cfg(test)]
mod tests;
