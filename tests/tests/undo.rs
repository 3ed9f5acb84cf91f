//! What agents changed, taken back by people: through the real daemon, before an emulated cloud.
//!
//! The documents of `scenarios/undo` are the tests.
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
        $(
            #[test]
            fn $test() {
                play_file(&folder("undo"), $file);
            }
        )*
    };
}

documents! {
    settings "settings.md"
    data "data.md"
    access "access.md"
    lossy "lossy.md"
}
