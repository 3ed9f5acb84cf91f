//! `request watch`: requests followed on a terminal and as lines.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use interlock_tests::{Daemon, Emulator, Home, Output, Scratch, binary, python};
use serde_json::{Value, json};

const RULES: &str = r#"
[[environment]]
name = "production"
match = { name = "prod-*" }
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

fn team() -> (Emulator, Home, Daemon) {
    let emulator = Emulator::start();
    emulator.hands(
        "for name in ['school', 'payroll']:\n    \
         client('rds').create_db_instance(DBInstanceIdentifier='prod-' + name, DBInstanceClass='db.t3.micro', \
         Engine='postgres', AllocatedStorage=20, MasterUsername='root', MasterUserPassword='secret99')",
    );
    let (home, daemon) = Home::new(&emulator, &["ana", "bo", "cy"], RULES);
    (emulator, home, daemon)
}

fn wipe(home: &Home, name: &str) -> Output {
    home.aws(&["rds", "delete-db-instance", "--db-instance-identifier", name, "--skip-final-snapshot"])
}

/// A program on a terminal of its own.
struct Terminal {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    _script: Scratch,
}

impl Terminal {
    fn start(home: &Home, size: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let scratch = Scratch::new("terminal");
        let script = scratch.file("terminal.py", include_str!("../fixtures/clients/terminal.py"));
        let mut child = Command::new(python())
            .arg(script)
            .arg(size)
            .arg(binary())
            .args(arguments)
            .env("INTERLOCK_HOME", home.root())
            .env("TERM", "xterm")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (orders, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, orders, answers, _script: scratch }
    }

    fn order(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }

    #[track_caller]
    fn expect(&mut self, text: &str) {
        let answer = self.order(&format!("expect {text}"));
        assert_eq!(answer, "ok", "{text}");
    }

    fn send(&mut self, text: &str) {
        assert_eq!(self.order(&format!("send {}", json!(text))), "ok");
    }

    fn end(mut self) -> (Value, String) {
        let ended = serde_json::from_str(&self.order("end")).unwrap();
        let raw = serde_json::from_str::<String>(&self.order("raw")).unwrap();
        (ended, raw)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_held_call_appears_is_read_and_decided_on_in_a_terminal() {
    let (_emulator, home, _daemon) = team();
    let mut terminal = Terminal::start(&home, "100x200", &[("NO_COLOR", "1")], &["request", "watch"]);
    terminal.expect("nothing waits");
    let ticket = wipe(&home, "prod-school").ticket();
    terminal.expect("1 request waits");
    terminal.send("\r");
    terminal.expect("the end");
    terminal.send("a");
    terminal.expect("type prod-school");
    terminal.send(&format!("{}\ragreed in the stand-up\rprod-school\r", home.private("bo")));
    terminal.expect(&format!("request {ticket} is pending (1 of 2 approvals)"));
    let shown = home.cli(&["--json", "request", "show", &ticket]).ok().json();
    assert_eq!(shown["ticket"]["approvals"][0]["person"], "bo");
    assert_eq!(shown["ticket"]["approvals"][0]["reason"], "agreed in the stand-up");
    // Somebody else says no elsewhere; whoever reads it sees that.
    home.cli(&["request", "deny", &ticket, "--key", &home.private("cy"), "--reason", "no"]).ok();
    terminal.expect(&format!("{ticket} is denied"));
    terminal.send("\u{1b}");
    terminal.expect("nothing waits");
    terminal.send("q");
    let (ended, raw) = terminal.end();
    assert_eq!(ended, json!({"status": 0, "left": true}));
    // NO_COLOR: positions and erasing, no colours.
    let coloured = raw.split('\u{1b}').filter(|part| {
        part.starts_with('[')
            && part
                .split(|c: char| c.is_ascii_alphabetic())
                .next()
                .is_some_and(|head| raw.contains(&format!("\u{1b}{head}m")))
    });
    assert_eq!(coloured.count(), 0, "{raw:?}");
}

#[test]
fn elsewhere_it_writes_a_line_for_each_move() {
    let (_emulator, home, _daemon) = team();
    let first = wipe(&home, "prod-school").ticket();
    let watch = |json: bool| {
        let mut command = Command::new(binary());
        command.args(json.then_some("--json")).args(["request", "watch"]).env("INTERLOCK_HOME", home.root());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        (child, out)
    };
    let (mut child, mut out) = watch(true);
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let view: Value = serde_json::from_str(&line).unwrap();
        (
            view["ticket"]["id"].as_str().unwrap().to_owned(),
            view["ticket"]["state"]["state"].as_str().unwrap().to_owned(),
            view,
        )
    };
    let (id, state, view) = next();
    assert_eq!((id.as_str(), state.as_str()), (first.as_str(), "pending"), "what waits already comes first");
    let sentence = view["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("agent claude of ana wants to destroy the database prod-school in production"),
        "{sentence}"
    );
    assert!(view["vanishes"][0].as_str().unwrap().contains("prod-school"), "{view}");
    let second = wipe(&home, "prod-payroll").ticket();
    assert_eq!(next().0, second);
    home.approve("bo", &second).ok();
    let (id, state, view) = next();
    assert_eq!((id.as_str(), state.as_str()), (second.as_str(), "pending"));
    assert_eq!(view["ticket"]["approvals"].as_array().unwrap().len(), 1);
    home.approve("cy", &second).ok();
    assert_eq!(next().1, "approved");
    wipe(&home, "prod-payroll").ok();
    assert_eq!(next().1, "consumed");
    child.kill().unwrap();
    child.wait().unwrap();

    let (mut child, mut out) = watch(false);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("pending   T4") && line.contains(&first) && line.contains("0 of 2"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}
