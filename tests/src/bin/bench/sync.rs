//! `aws s3 sync` of many small objects to the real emulator, and a large object whose content comes back the same.

use std::{path::Path, time::Duration};

use interlock_tests::{Emulator, Home, Scratch};

use crate::agent::{Agent, DEVELOPMENT, Watched, Way};

/// Bytes of each small object.
const SMALL: usize = 1_024;
/// Bytes of the object that is compared: eight parts of the client's default size.
const COMPARED: usize = 64 * 1024 * 1024;

/// Measures with so many objects.
pub(crate) fn measure(objects: usize) {
    let scratch = Scratch::new("sync");
    let folder = scratch.path().join("many");
    for n in 0..objects {
        let body = format!("{n:08}").repeat(SMALL / 8);
        let name = format!("many/{:03}/{n:08}", n % 100);
        scratch.file(&name, &body);
    }
    println!(
        "\n| `aws s3 sync` of {objects} objects of {SMALL} bytes | s | objects/s | to direct | daemon: CPU s | RSS before | most |"
    );
    println!("|---|---|---|---|---|---|---|");
    let direct = {
        // An emulator of its own each: it slows down with what it holds.
        let emulator = Emulator::start();
        emulator.hands("client('s3').create_bucket(Bucket='dev-many')");
        let way = Way::direct(&emulator.url());
        let first = sync(&way, &folder);
        row("direct", objects, first, None, None);
        let again = sync(&way, &folder);
        println!("| direct, nothing to do | {:.1} | | | | | |", again.as_secs_f64());
        first
    };
    let emulator = Emulator::start();
    emulator.hands("client('s3').create_bucket(Bucket='dev-many')");
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], DEVELOPMENT);
    let agent = Agent::open(&home, &daemon);
    let way = agent.by_endpoint();
    let watched = Watched::begin(daemon.id());
    let through = sync(&way, &folder);
    row(way.name, objects, through, Some(direct), Some(&watched));
    let again = sync(&way, &folder);
    println!("| {}, nothing to do | {:.1} | | | | | |", way.name, again.as_secs_f64());
    let there = emulator.hands(
        "pages = client('s3').get_paginator('list_objects_v2').paginate(Bucket='dev-many')\n\
         print(sum(page['KeyCount'] for page in pages))",
    );
    assert_eq!(there, objects.to_string());
    same_content(&scratch, &agent);
    agent.close();
    println!("\nlog verifies afterwards: {} entries", home.verify()["entries"]);
}

fn sync(way: &Way, folder: &Path) -> Duration {
    way.aws(&["s3", "sync", &folder.display().to_string(), "s3://dev-many/"])
}

#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn row(name: &str, objects: usize, took: Duration, direct: Option<Duration>, watched: Option<&Watched>) {
    let seconds = took.as_secs_f64();
    let ratio = direct.map_or(String::new(), |direct| format!("×{:.2}", seconds / direct.as_secs_f64()));
    let (cpu, before, most) = watched.map_or_else(Default::default, |watched| {
        let (cpu, most) = watched.end();
        (format!("{:.1}", cpu.as_secs_f64()), format!("{} MB", watched.before), format!("{most} MB"))
    });
    println!(
        "| {name} | {seconds:.1} | {:.0} | {ratio} | {cpu} | {before} | {most} |",
        objects as f64 / seconds
    );
}

/// What went up in parts through either door comes down as it was.
fn same_content(scratch: &Scratch, agent: &Agent) {
    let text: String = (0..COMPARED / 16).map(|n| format!("{n:015}\n")).collect();
    let file = scratch.file("compared", &text).display().to_string();
    for (at, way) in [agent.by_endpoint(), agent.by_proxy()].iter().enumerate() {
        let (to, back) = (format!("s3://dev-many/compared-{at}"), scratch.path().join(format!("back-{at}")));
        way.aws(&["s3", "cp", &file, &to]);
        way.aws(&["s3", "cp", &to, &back.display().to_string()]);
        assert_eq!(std::fs::read_to_string(back).unwrap(), text, "{}", way.name);
        println!("\n{} MiB in parts, {}: what came back is what went up", COMPARED / (1024 * 1024), way.name);
    }
}
