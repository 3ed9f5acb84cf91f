//! An emulator behind something that checks every signature, and a home before it.
#![allow(dead_code, reason = "each test takes what it needs")]

use std::{
    collections::BTreeSet,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use interlock_tests::{Daemon, Emulator, Home, Output, Scratch};
use serde_json::Value;

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;
const KEY: &str = "AKIAREALREALREALREAL";
const SECRET: &str = "the/real+secret";

/// A home whose whole account is development, the daemon's calls checked on their way.
pub(crate) struct Checked {
    pub(crate) home: Home,
    _emulator: Emulator,
    _daemon: Daemon,
    checking: Child,
    scratch: Scratch,
}

impl Drop for Checked {
    fn drop(&mut self) {
        let _ = self.checking.kill();
        let _ = self.checking.wait();
    }
}

impl Checked {
    pub(crate) fn new() -> Self {
        let emulator = Emulator::start();
        let scratch = Scratch::new("checking");
        let script = scratch.file("checking.py", include_str!("../../fixtures/clients/checking.py"));
        let log = std::fs::File::create(scratch.path().join("log")).unwrap();
        let checking = Command::new(interlock_tests::python())
            .arg(script)
            .args([emulator.url().trim_start_matches("http://"), KEY, SECRET])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let said = || std::fs::read_to_string(scratch.path().join("log")).unwrap_or_default();
        let until = Instant::now() + Duration::from_secs(30);
        let port = loop {
            if let Some(port) = said().lines().find_map(|line| line.strip_prefix("PORT ").map(str::to_owned))
            {
                break port;
            }
            assert!(Instant::now() < until, "nothing checks: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        };
        let variables =
            [("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET), ("INTERLOCK_LOG", "info")];
        let url = format!("http://127.0.0.1:{port}");
        let (home, daemon) = Home::with(&url, &["ana", "bo", "cy"], DEVELOPMENT, &variables);
        Self { home, _emulator: emulator, _daemon: daemon, checking, scratch }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("log")).unwrap()
    }

    /// What a client printed, if it ended well, nothing was held, refused or unknown, every signature was right, and
    /// nothing of what it printed is real.
    ///
    /// `expected`: words of refusals that the client asks for.
    pub(crate) fn flows(&self, output: &Output, expected: &[&str]) -> String {
        let all = format!("{}{}", output.out, output.err);
        let log = self.home.log();
        assert!(output.code == 0, "{all}\n{log}");
        let refused = log
            .lines()
            .filter(|line| line.contains("refused") && !expected.iter().any(|words| line.contains(words)));
        let refused: Vec<_> = refused.collect();
        assert!(refused.is_empty(), "{refused:#?}\n{all}");
        assert!(self.home.requests().is_empty(), "{:#?}", self.home.requests());
        self.nothing_real(&all);
        let said = self.said();
        let wrong: Vec<_> = said
            .lines()
            .filter(|line| !["PORT", "RIGHT", "GAVE"].iter().any(|word| line.starts_with(word)))
            .collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        all
    }

    /// No credential that is the daemon's, or that the service gave, stands in the text.
    pub(crate) fn nothing_real(&self, text: &str) {
        let said = self.said();
        let given =
            said.lines().filter_map(|line| line.strip_prefix("GAVE ")).flat_map(|line| line.split(' '));
        // The emulator gives this one out for real, and as the caller's id; AWS's documentation is full of it.
        let given = given.filter(|given| *given != "AKIAIOSFODNN7EXAMPLE");
        for real in given.chain([KEY, SECRET]) {
            assert!(!text.contains(real), "a real credential was handed out: {real}");
        }
    }

    /// How many credentials the service gave out.
    pub(crate) fn given(&self) -> usize {
        self.said().lines().filter(|line| line.starts_with("GAVE ")).count()
    }

    /// How many calls were checked.
    pub(crate) fn checked(&self) -> usize {
        self.said().lines().filter(|line| line.starts_with("RIGHT ")).count()
    }

    /// The operations that the ledger knows of, once each.
    pub(crate) fn operations(&self) -> BTreeSet<String> {
        let rows = self.home.cli(&["--json", "ledger", "ls", "--limit", "20000"]).ok().json();
        let rows = rows.as_array().unwrap().iter();
        let calls = rows.filter(|row| ["read", "allowed"].contains(&row["kind"].as_str().unwrap()));
        let operations: BTreeSet<String> =
            calls.map(|row: &Value| row["public"]["operation"].as_str().unwrap().to_owned()).collect();
        let unknown: Vec<_> = operations.iter().filter(|operation| operation.contains("unknown")).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        operations
    }
}

/// The services of operations.
pub(crate) fn services(operations: &BTreeSet<String>) -> BTreeSet<&str> {
    operations.iter().map(|operation| operation.split(':').nth(1).unwrap()).collect()
}
