//! The real daemon killed at every named point of the way back, at each of its steps: running it again finishes it, and
//! everything is done once.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_flow::fault;
use interlock_tests::{Emulator, Home, Output};

const RULES: &str = r#"
[budget]
destroys_per_hour = 1000
destroys_per_day = 1000
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

/// The exit code of a command whose daemon is gone.
const UNREACHABLE: i32 = 69;

/// More often than any point is passed on the way back of one change.
const MOST: usize = 8;

/// The agent spoils three objects with versions and takes one away.
const SPOIL: &str = "
s3 = boto3.client('s3')
for key in ('a', 'b', 'c'):
    s3.put_object(Bucket='undo-crash', Key=key, Body=b'spoilt')
s3.delete_objects(Bucket='undo-crash', Delete={'Objects': [{'Key': 'd'}, {'Key': 'e'}]})
";

const LOOK: &str = "
s3 = client('s3')
now = {o['Key']: s3.get_object(Bucket='undo-crash', Key=o['Key'])['Body'].read().decode()
       for o in s3.list_objects_v2(Bucket='undo-crash').get('Contents', [])}
found = s3.list_object_versions(Bucket='undo-crash')
print(json.dumps([now, len(found.get('Versions', [])), len(found.get('DeleteMarkers', []))]))
";

fn undo(home: &Home) -> Output {
    let key = home.private("bo");
    home.cli(&["undo", "--agent", "claude", "--since", "1d", "--key", &key, "--reason", "spoilt"])
}

fn looked(emulator: &Emulator) -> (serde_json::Value, u64, u64) {
    let seen: serde_json::Value = serde_json::from_str(&emulator.hands(LOOK)).unwrap();
    (seen[0].clone(), seen[1].as_u64().unwrap(), seen[2].as_u64().unwrap())
}

/// Plays one kill; whether the point was passed so often.
fn killed(home: &Home, emulator: &Emulator, point: &str, nth: usize) -> bool {
    let (good, versions, markers) = looked(emulator);
    {
        let _daemon = home.serve(&[]);
        home.boto3(SPOIL).ok();
    }
    assert_ne!(looked(emulator).0, good);
    let mut dying = home.serve(&[("INTERLOCK_FAULT", &format!("{point}:kill:{nth}"))]);
    let first = undo(home);
    let died = first.code == UNREACHABLE;
    assert!(died || first.code == 0, "{point}:{nth}: {first:?}");
    if died {
        assert!(!dying.ended().success(), "{point}:{nth}: {first:?}");
    }
    drop(dying);
    let _daemon = home.serve(&[]);
    if died {
        undo(home).ok();
    }
    assert_eq!(
        looked(emulator),
        (good, versions + 8, markers + 2),
        "{point}:{nth}: five copies, no more, no less"
    );
    let again = undo(home);
    assert!(again.err.contains("no change that can be taken back"), "{point}:{nth}: {again:?}");
    home.verify();
    died
}

/// Kills the daemon at every pass of a point on the way back of four changes.
fn killed_at(point: &str) {
    assert!(fault::UNDO.contains(&point));
    let emulator = Emulator::start();
    emulator.hands(
        "s3 = client('s3')\ns3.create_bucket(Bucket='undo-crash')\n\
         s3.put_bucket_versioning(Bucket='undo-crash', VersioningConfiguration={'Status': 'Enabled'})\n\
         [s3.put_object(Bucket='undo-crash', Key=key, Body=key.encode()) for key in 'abcde']",
    );
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    drop(daemon);
    let times = (1..=MOST).take_while(|nth| killed(&home, &emulator, point, *nth)).count();
    eprintln!("{point}: killed at {times} of its passes");
    assert!(times > 0, "{point} is never passed on the way back");
}

macro_rules! points {
    ($($test:ident $point:ident)*) => {
        $(
            #[test]
            fn $test() {
                killed_at(fault::$point);
            }
        )*

        #[test]
        fn every_point_of_the_way_back_has_its_test() {
            assert_eq!(fault::UNDO, [$(fault::$point),*]);
        }
    };
}

points! {
    before_it_is_begun BEFORE_UNDO
    once_it_is_begun AFTER_UNDO_BEGAN
    before_a_call_is_sent BEFORE_SEND
    once_a_call_is_answered AFTER_UNDO_CALL
    once_its_outcome_is_written AFTER_OUTCOME
    before_it_is_said_to_be_done BEFORE_UNDONE
}
