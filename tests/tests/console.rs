//! The console, in a real browser with a virtual authenticator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod browsed;

use browsed::{Browsed, DEVELOPMENT};

#[test]
fn two_people_read_and_approve_with_passkeys_and_another_denies() {
    let browsed = Browsed::new(&["ana", "bo", "cy"], DEVELOPMENT);
    browsed.database("prod-school");
    browsed.database("prod-other");
    let (ticket, other) = (browsed.wipe("prod-school").ticket(), browsed.wipe("prod-other").ticket());
    browsed.drive("decide", &[("ticket", &ticket), ("other", &other)]);
    browsed.wipe("prod-school").ok();
    let denied = browsed.wipe("prod-other");
    assert!(denied.err.contains("take a snapshot first"), "the agent is told why: {denied:?}");
    browsed.home.verify();
}
