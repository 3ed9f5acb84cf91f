//! The state machine under every sequence of messages, and signatures under every way they can be wrong.

mod machine;
mod signatures;
