//! The main job: safe work flows, a wipe is held.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_tests::{Emulator, Home};

const DEVELOPMENT: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

#[test]
fn the_aws_cli_works_unchanged_for_what_is_safe() {
    let emulator = Emulator::start();
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], DEVELOPMENT);
    home.aws(&["s3", "mb", "s3://dev-site"]).ok();
    home.file("page.html", "<p>hello</p>");
    home.aws(&["s3", "cp", "page.html", "s3://dev-site/page.html"]).ok();
    let listed = home.aws(&["s3", "ls", "s3://dev-site"]).ok();
    assert!(listed.out.contains("page.html"), "{listed:?}");
    assert!(home.requests().is_empty(), "{:?}", home.requests());
    home.verify();
}

#[test]
fn a_production_database_is_held_then_passes_once_with_two_people() {
    let emulator = Emulator::start();
    emulator.hands(
        "client('rds').create_db_instance(DBInstanceIdentifier='prod-school', DBInstanceClass='db.t3.micro', \
         Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')",
    );
    let (home, _daemon) = Home::new(&emulator, &["ana", "bo", "cy"], DEVELOPMENT);
    let wipe =
        ["rds", "delete-db-instance", "--db-instance-identifier", "prod-school", "--skip-final-snapshot"];
    let held = home.aws(&wipe);
    assert_ne!(held.code, 0);
    assert!(
        held.err.contains("AccessDenied") && held.err.contains("0 recovery points would remain of 1"),
        "{held:?}"
    );
    let ticket = held.ticket();
    home.approve("ana", &ticket).ok();
    assert_eq!(home.aws(&wipe).ticket(), ticket, "the owner alone changes nothing");
    home.approve("bo", &ticket).ok();
    assert_ne!(home.aws(&wipe).code, 0);
    home.approve("cy", &ticket).ok();
    home.aws(&wipe).ok();
    let left = emulator.hands("print(len(client('rds').describe_db_instances()['DBInstances']), len(client('rds').describe_db_snapshots(SnapshotType='manual')['DBSnapshots']))");
    assert_eq!(left, "0 1", "the database is gone and its final snapshot stands");
    home.verify();
}
