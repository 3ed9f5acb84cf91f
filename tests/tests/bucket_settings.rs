//! How a bucket is set is read once while objects come and go, and anew as soon as the gateway itself has changed it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_tests::{Emulator, Home};
use serde_json::Value;

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

/// What Interlock has kept a copy of.
fn copies(emulator: &Emulator) -> Vec<String> {
    let said = emulator.hands(
        "s3 = client('s3')\nnames = []\n\
         for bucket in s3.list_buckets()['Buckets']:\n    if bucket['Name'].startswith('interlock-recovery-'):\n        \
         names += [one['Key'] for one in s3.list_objects_v2(Bucket=bucket['Name']).get('Contents', [])]\n\
         print(json.dumps(names))",
    );
    let keys: Vec<String> = serde_json::from_str(&said).unwrap();
    keys.iter().map(|key| key.rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn what_the_gate_itself_has_set_is_seen_at_once() {
    let emulator = Emulator::start();
    // What others have written: of its own things an agent needs no copies.
    emulator.hands(
        "s3 = client('s3')\ns3.create_bucket(Bucket='dev-files')\n\
         for key in ['before', 'after']:\n    s3.put_object(Bucket='dev-files', Key=key, Body=b'x')",
    );
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], DEVELOPMENT);
    // Each deletion is judged well within the second for which an answer is good.
    let said = home.boto3(
        "s3 = boto3.client('s3')\ns3.delete_object(Bucket='dev-files', Key='before')\n\
         s3.put_bucket_versioning(Bucket='dev-files', VersioningConfiguration={'Status': 'Enabled'})\n\
         s3.delete_object(Bucket='dev-files', Key='after')\n",
    );
    said.ok();
    assert_eq!(
        copies(&emulator),
        ["before"],
        "a version is kept without a copy as soon as the bucket keeps them"
    );
}

#[test]
fn a_bucket_is_not_read_for_each_of_its_objects() {
    let emulator = Emulator::start();
    emulator.hands("client('s3').create_bucket(Bucket='dev-files')");
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], DEVELOPMENT);
    home.boto3(
        "s3 = boto3.client('s3')\nfor n in range(60):\n    s3.put_object(Bucket='dev-files', Key=str(n), Body=b'x')\n",
    )
    .ok();
    let log = emulator.log();
    let asked = |what: &str| log.lines().filter(|line| line.contains(what)).count();
    let (puts, heads) = (asked("\"PUT /dev-files/"), asked("\"HEAD /dev-files/"));
    let (versioning, tagging) = (asked("/dev-files?versioning"), asked("/dev-files?tagging"));
    assert_eq!(puts, 60, "{log}");
    assert!(heads >= 60, "each object is looked for: {heads}");
    // Answers live for a second: of a slow machine's sixty writes a few begin a new one.
    assert!(versioning <= 20 && tagging <= 20, "versioning {versioning}, tags {tagging}, heads {heads}");
    let read: Value = Value::from(vec![puts, heads, versioning, tagging]);
    println!("{read}");
}

#[test]
fn a_put_without_a_body_says_that_it_is_empty() {
    let emulator = Emulator::start();
    emulator.hands("client('s3').create_bucket(Bucket='dev-files')");
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo"], DEVELOPMENT);
    // The emulator answers 411 to one that does not say how long it is.
    home.boto3("boto3.client('s3').put_bucket_acl(Bucket='dev-files', ACL='private')").ok();
}
