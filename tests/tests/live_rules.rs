//! Effects that live state decides, through the real gateway: the same request where it is dangerous and where it is not.
//!
//! The documents of `scenarios/live-state` are the tests. Every fact that a rule may wait for has a case, or stands in the
//! list of those that the emulator cannot show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod scenario;

use interlock_reader_aws::rules::facts;
use scenario::{block, cases, folder, play_file};

macro_rules! documents {
    ($($test:ident $file:literal)*) => {
        const FILES: &[&str] = &[$($file),*];
        $(
            #[test]
            fn $test() {
                play_file(&folder("live-state"), $file);
            }
        )*
    };
}

documents! {
    s3 "s3.md"
    rds "rds.md"
    dynamodb "dynamodb.md"
    ec2 "ec2.md"
    others "others.md"
    services "services.md"
}

#[test]
fn every_fact_is_shown_or_said_to_be_unshown() {
    let unshown = block(&folder("live-state"), "unshown");
    print!("not shown before the emulator:\n{unshown}");
    let headings: Vec<String> =
        FILES.iter().flat_map(|file| cases(&folder("live-state").join(file))).map(|case| case.name).collect();
    for fact in facts::ALL {
        let shown = headings.iter().any(|heading| heading.split([' ', ',']).any(|word| word == fact));
        let said = unshown.lines().any(|line| line.split(' ').next() == Some(fact));
        assert!(shown != said, "`{fact}` must have a case or a reason, and not both");
    }
}
