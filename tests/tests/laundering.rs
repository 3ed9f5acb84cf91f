//! Laundering: harmless-looking ways around the tier table, played through the real gateway with real clients.
//!
//! The documents of `scenarios/laundering` are the tests: each is played step by step, as it is written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod scenario;

use scenario::{folder, play_file};

macro_rules! documents {
    ($($test:ident $file:literal)*) => {
        const FILES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                play_file(&folder("laundering"), $file);
            }
        )*
    };
}

documents! {
    retag "retag.md"
    rename "rename.md"
    create_time_tags "create-time-tags.md"
    copy "copy.md"
    adopt_by_idempotent_create "adopt.md"
    a_wipe_in_slices "slices.md"
    a_function_with_a_role_of_production "role.md"
    guard_off_then_delete "guard-off.md"
    a_security_group_of_ones_own "security-group.md"
    interlocks_own_recovery_points "own-points.md"
    delegation "delegation.md"
    remade_under_the_same_name "remade.md"
    made_by_the_agent_filled_by_others "filled-by-others.md"
}

#[test]
fn every_document_is_played() {
    let mut there: Vec<String> = std::fs::read_dir(folder("laundering"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    there.sort();
    let mut played: Vec<&str> = FILES.to_vec();
    played.sort_unstable();
    assert_eq!(there, played);
}
