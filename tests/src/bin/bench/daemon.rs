//! The real daemon, over loopback: what it adds to a call, what CPU a call costs it, and how much memory it holds.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::Child,
    time::{Duration, Instant},
};

use interlock_tests::Home;

use crate::{
    client::{Connection, Key, Kind, MUTATION, READ, request},
    responder,
    stats::Times,
};

const CALLS: usize = 20_000;
const MANY: usize = 100_000;
const CONNECTIONS: usize = 8;

pub(crate) fn measure() {
    let upstream = responder::start();
    let relay = responder::relay(upstream);
    let (home, daemon) = Home::before(
        &format!("http://{upstream}"),
        &["ana", "bo", "cy"],
        "[[environment]]\nname = \"development\"\nmatch = { account = \"123456789012\" }\n",
    );
    let (key, mut open) = session(&home);
    let door: SocketAddr =
        daemon.ready["aws"].as_str().unwrap().trim_start_matches("http://").parse().unwrap();

    println!("\n| call over loopback, one connection | p50 µs | p99 µs | daemon CPU µs a call: p50 | mean |");
    println!("|---|---|---|---|---|");
    row("read, bare relay", relay, READ, &key, None);
    row("read, Interlock", door, READ, &key, Some(daemon.id()));
    row("mutation, bare relay", relay, MUTATION, &key, None);
    row("allowed mutation, Interlock", door, MUTATION, &key, Some(daemon.id()));

    let before = resident(daemon.id());
    let (started, rate) = (Instant::now(), many(door, &key));
    println!(
        "\n| resident before / after {MANY} calls on {CONNECTIONS} connections | {before} MB / {} MB ({rate:.0} calls/s, {:.0} s) |",
        resident(daemon.id()),
        started.elapsed().as_secs_f64()
    );
    drop(open.stdin.take());
    open.wait().unwrap();
    println!("| log verifies afterwards | {} entries |", home.verify()["entries"]);
}

/// The keys of a session, and what keeps it open.
fn session(home: &Home) -> (Key, Child) {
    let shell = "echo $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY; read end";
    let mut child = home.start(&["sh", "-c", shell]);
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let mut words = said.split_whitespace().map(str::to_owned);
    (Key { id: words.next().unwrap(), secret: words.next().unwrap() }, child)
}

fn row(name: &str, address: SocketAddr, kind: Kind, key: &Key, daemon: Option<u32>) {
    let mut connection = Connection::to(address);
    let mut times = Times::default();
    let bytes = request(kind, key);
    for _ in 0..500 {
        connection.call(&bytes);
    }
    for _ in 0..CALLS {
        let started = Instant::now();
        connection.call(&bytes);
        times.push(started.elapsed());
    }
    let spent = daemon.map_or("– | –".to_owned(), |id| {
        // In a loop of its own, so that looking does not slow what is timed.
        let (mut spent, before) = (Times::default(), cpu(id));
        let mut last = before;
        for _ in 0..CALLS {
            connection.call(&bytes);
            let now = cpu(id);
            spent.push(now - last);
            last = now;
        }
        let mean = (last - before).as_secs_f64() * 1e6 / CALLS as f64;
        format!("{:.0} | {mean:.0}", spent.at(0.5))
    });
    println!("| {name} | {:.0} | {:.0} | {spent} |", times.at(0.5), times.at(0.99));
}

fn many(door: SocketAddr, key: &Key) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut connection = Connection::to(door);
                let (read, mutation) = (request(READ, key), request(MUTATION, key));
                for n in 0..MANY / CONNECTIONS {
                    connection.call(if n % 10 == 0 { &mutation } else { &read });
                }
            });
        }
    });
    MANY as f64 / started.elapsed().as_secs_f64()
}

/// What all threads of a process have run so far, to the nanosecond, from the scheduler.
fn cpu(id: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
    let ran = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
        stat.split_whitespace().next().and_then(|ran| ran.parse::<u64>().ok()).unwrap_or(0)
    };
    Duration::from_nanos(tasks.flatten().map(ran).sum())
}

fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
}
