//! The state machine under every sequence of messages, and signatures under every way they can be wrong.

mod launches;
mod machine;
mod other_verifier;
mod passkeys;
mod quorums;
mod signatures;
