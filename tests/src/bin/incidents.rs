//! The school's loss, played to its end and back: real Terraform, the real provider, an emulated cloud.
//!
//! A missing state, a state that was swapped, a destroy that one person approves and then a second one, wrongly; and the database
//! restored from the recovery point that was made before it went. Each step is asserted: the program ends where one fails.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a program for tests: a fault here is a failed test"
)]

#[path = "../../tests/gated/mod.rs"]
mod gated;
#[path = "../../tests/tf/mod.rs"]
mod tf;

use std::{collections::BTreeMap, time::Instant};

use gated::Gated;
use interlock_tests::Output;

const SCHOOL: &str = include_str!("../../fixtures/school/main.tf");
const STATE: &str = include_str!("../../fixtures/school/state.json");
const PRODUCTION: &str = include_str!("../../fixtures/school/production.py");

const DATABASES: &str =
    "print([one['DBInstanceIdentifier'] for one in client('rds').describe_db_instances()['DBInstances']])";
const SNAPSHOTS: &str = "
points = client('rds').describe_db_snapshots(SnapshotType='manual')['DBSnapshots']
print(json.dumps([[one['DBSnapshotIdentifier'], one['Status']] for one in points]))
";
const CREATIONS: &str =
    "print(len(client('ec2').describe_vpcs()['Vpcs']), len(client('ecs').list_clusters()['clusterArns']))";

fn said(output: &Output) -> String {
    format!("{}{}", output.out, output.err)
}

struct Story(Instant);

impl Story {
    fn tell(&self, what: &str) {
        println!("{:>7.1} s  {what}", self.0.elapsed().as_secs_f64());
    }
}

fn main() {
    let gated = Gated::new("").expect("Terraform and its AWS provider are needed on this machine");
    let story = Story(Instant::now());
    let made = gated.emulator.hands(PRODUCTION);
    let made: BTreeMap<String, String> = serde_json::from_str(made.lines().last().unwrap()).unwrap();
    let state = made.iter().fold(STATE.to_owned(), |state, (then, now)| state.replace(then, now));
    gated.file("main.tf", SCHOOL);
    let before = gated.emulator.hands(CREATIONS);
    story.tell("the school stands: a network, a database of production, a cluster");

    let missing = gated.terraform(&["apply", "-auto-approve"]);
    assert_eq!(missing.code, 11, "{}", said(&missing));
    assert!(said(&missing).contains("the state is missing"), "{}", said(&missing));
    assert_eq!(gated.emulator.hands(CREATIONS), before, "nothing was made twice");
    story.tell("on a new computer without the state: HELD, the state is missing, nothing was created");

    bring_in(&gated, &state);
    gated.file("terraform.tfstate", &state.replace("fbb40000", "0ddba110"));
    let swapped = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(swapped.code, 11, "{}", said(&swapped));
    assert!(said(&swapped).contains("another state lies in the work directory"), "{}", said(&swapped));
    std::fs::remove_file(gated.home.work().join("terraform.tfstate")).unwrap();
    story.tell("with another state in its folder: HELD, and said to be another one");

    destroy(&gated, &story);
    restore(&gated, &story);
    gated.home.verify();
    story.tell("the ledger verifies");
}

/// A person brings the state in.
fn bring_in(gated: &Gated, state: &str) {
    let file = gated.file("old/state.json", state);
    let folder = gated.home.work().display().to_string();
    let key = gated.home.private("ana");
    gated.home.cli(&["terraform", "adopt", file.to_str().unwrap(), "--folder", &folder, "--key", &key]).ok();
    std::fs::remove_dir_all(gated.home.work().join("old")).unwrap();
}

/// Production is to go: one approval is not enough, and two are given, wrongly.
fn destroy(gated: &Gated, story: &Story) {
    let held = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(held.code, 11, "{}", said(&held));
    let words = "course-management-prod: 0 recovery points would remain of 1 as planned";
    assert!(said(&held).contains(words) && said(&held).contains("T4"), "{}", said(&held));
    story.tell(&format!("the destroy: HELD, {words}"));
    gated.home.approve("bo", &held.ticket()).ok();
    let one = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!((one.code, one.ticket()), (11, held.ticket()), "{}", said(&one));
    assert_eq!(gated.emulator.hands(DATABASES), "['course-management-prod']");
    story.tell("one person approves: HELD still");
    gated.home.approve("cy", &held.ticket()).ok();
    let gone = gated.terraform(&["destroy", "-auto-approve"]);
    assert_eq!(gone.code, 0, "{}", said(&gone));
    assert_eq!(gated.emulator.hands(DATABASES), "[]");
    story.tell("a second person approves, wrongly: the database is gone");
}

/// The recovery point that was forced is what the database comes back from.
fn restore(gated: &Gated, story: &Story) {
    let points: Vec<[String; 2]> = serde_json::from_str(&gated.emulator.hands(SNAPSHOTS)).unwrap();
    let [[point, status]] = points.as_slice() else { panic!("one recovery point, and not {points:?}") };
    assert!(point.starts_with("interlock-course-management-prod-") && status == "available", "{points:?}");
    story.tell(&format!("what was forced before it went stands: {point}"));
    let from = format!(
        "  identifier              = \"course-management-prod\"\n  snapshot_identifier     = \"{point}\"\n"
    );
    let text = SCHOOL.replace("  identifier              = \"course-management-prod\"\n", &from);
    assert_ne!(text, SCHOOL);
    gated.file("main.tf", &text);
    let mut back = gated.terraform(&["apply", "-auto-approve"]);
    if back.code == 11 {
        gated.approve(&back.ticket());
        story.tell("the way back is asked for, too, and approved");
        back = gated.terraform(&["apply", "-auto-approve"]);
    }
    assert_eq!(back.code, 0, "{}", said(&back));
    assert_eq!(gated.emulator.hands(DATABASES), "['course-management-prod']");
    let again = gated.terraform(&["plan", "-detailed-exitcode"]);
    story.tell(&format!("the database is restored from it; a plan of the same ends with {}", again.code));
}
