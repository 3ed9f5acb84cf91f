//! A home with people and an agent, its daemon, and what agents run.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use crate::{Emulator, Scratch, binary, place::tool};

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    /// Its status.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Output {
    fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
    /// The output of a command that must succeed.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "out: {}\nerr: {}", self.out, self.err);
        self
    }
    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
    /// The ticket that a held call named.
    #[track_caller]
    pub fn ticket(&self) -> String {
        let text = format!("{}{}", self.out, self.err);
        let at = text.find("[ticket ").unwrap_or_else(|| panic!("no ticket in: {text}"));
        text.get(at + 8..).and_then(|rest| rest.split(']').next()).unwrap().to_owned()
    }
}

/// A home.
pub struct Home {
    scratch: Scratch,
    /// Who signs for what is run as an agent; nobody does where that proves nothing.
    pub launcher: Option<String>,
}

/// A running daemon; ended with its home.
pub struct Daemon {
    child: Child,
    /// The line it printed when it was ready.
    pub ready: Value,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Daemon {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
    /// Ends it.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
    /// Waits until it has ended by itself and returns its status.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Home {
    /// A home whose upstream is this emulator, with the first of `people` as operator and all of them enrolled, and
    /// agent `claude` owned by the first. `rules` is TOML: `[[environment]]` and whatever else.
    pub fn new(emulator: &Emulator, people: &[&str], rules: &str) -> (Self, Daemon) {
        Self::before(&emulator.url(), people, rules)
    }

    /// The same before any upstream.
    pub fn before(upstream: &str, people: &[&str], rules: &str) -> (Self, Daemon) {
        Self::with(upstream, people, rules, &[])
    }

    /// The same, the daemon started with further variables.
    pub fn with(upstream: &str, people: &[&str], rules: &str, variables: &[(&str, &str)]) -> (Self, Daemon) {
        Self::at(Scratch::new("home"), upstream, people, rules, variables)
    }

    /// The same in a folder of the caller's.
    pub fn at(
        scratch: Scratch,
        upstream: &str,
        people: &[&str],
        rules: &str,
        variables: &[(&str, &str)],
    ) -> (Self, Daemon) {
        let first = people.first().unwrap();
        let launcher = (people.len() > 1).then(|| (*first).to_owned());
        let home = Self { scratch, launcher };
        for name in people {
            home.key(name);
        }
        home.cli(&["init", "--operator", first, "--public-key", &home.public(first)]).ok();
        // What stands in the file at the first start counts as signed.
        let config = format!("{rules}\n[aws]\ncredentials = \"environment\"\nupstream = \"{upstream}\"\n");
        std::fs::write(home.root().join("interlock.toml"), config).unwrap();
        let daemon = home.serve(variables);
        for name in people.iter().skip(1) {
            let public = home.public(name);
            home.cli(&["person", "add", name, "--public-key", &public, "--key", &home.private(first)]).ok();
        }
        home.cli(&["agent", "add", "claude", "--owner", first, "--key", &home.private(first)]).ok();
        (home, daemon)
    }

    /// The home's folder.
    pub fn root(&self) -> PathBuf {
        self.scratch.path().join("home")
    }
    /// A folder for the agent's work.
    pub fn work(&self) -> PathBuf {
        let path = self.scratch.path().join("work");
        std::fs::create_dir_all(&path).unwrap();
        path
    }
    /// A file in the agent's work folder.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        self.scratch.file(&format!("work/{name}"), text)
    }

    fn key(&self, name: &str) {
        let folder = self.scratch.path().join("keys");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        Output::of(
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(path),
        )
        .ok();
    }
    /// A person's private key file.
    pub fn private(&self, name: &str) -> String {
        self.scratch.path().join("keys").join(name).display().to_string()
    }
    /// A person's public key file.
    pub fn public(&self, name: &str) -> String {
        format!("{}.pub", self.private(name))
    }

    /// Starts the daemon, with further variables.
    pub fn serve(&self, variables: &[(&str, &str)]) -> Daemon {
        self.try_serve(variables).unwrap_or_else(|| panic!("the daemon does not start: {}", self.log()))
    }

    /// The same where it may end before it is ready.
    pub fn try_serve(&self, variables: &[(&str, &str)]) -> Option<Daemon> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.scratch.path().join("daemon.log"));
        let mut child = self
            .command(&["serve", "--listen-console", "127.0.0.1:0"])
            .envs([
                ("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL"),
                ("AWS_SECRET_ACCESS_KEY", "the-real-secret"),
            ])
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Ok(ready) = serde_json::from_str(&line) else {
            child.wait().unwrap();
            return None;
        };
        Some(Daemon { child, ready })
    }

    /// What daemons of this home wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.scratch.path().join("daemon.log")).unwrap_or_default()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env("INTERLOCK_HOME", self.root()).env_remove("AWS_PROFILE");
        command
    }

    /// Starts a command as the agent, unconfined, in its work folder, with its standard input and output piped, and
    /// leaves it running.
    pub fn start(&self, command: &[&str]) -> Child {
        let mut all = vec!["run", "--agent", "claude", "--task", "work on the tests", "--unconfined"];
        let signed = self.signed();
        all.extend(signed.iter().map(String::as_str));
        all.push("--");
        all.extend(command);
        let mut command = self.command(&all);
        command.current_dir(self.work()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().unwrap()
    }

    /// Runs `interlock …`.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        Output::of(&mut self.command(arguments))
    }

    /// The same with further variables.
    pub fn cli_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Output::of(self.command(arguments).envs(variables.iter().copied()))
    }

    /// Runs a command as the agent, confined, in its work folder.
    pub fn run(&self, command: &[&str]) -> Output {
        self.run_with(&[], command)
    }

    /// The same with further options of `interlock run`.
    pub fn run_with(&self, options: &[&str], command: &[&str]) -> Output {
        self.run_where(options, command, &[])
    }

    /// The same by somebody who has these variables set.
    pub fn run_where(&self, options: &[&str], command: &[&str], variables: &[(&str, &str)]) -> Output {
        let sight = crate::place::tools_in_sight();
        let signed = self.signed();
        let mut all = vec!["run", "--agent", "claude"];
        all.extend(sight.iter().chain(&signed).map(String::as_str));
        if !options.contains(&"--task") && !options.contains(&"--resume") {
            all.extend(["--task", "work on the tests"]);
        }
        all.extend(options);
        all.push("--");
        all.extend(command);
        Output::of(self.command(&all).current_dir(self.work()).envs(variables.iter().copied()))
    }

    /// A home directory of somebody who keeps this person's key in it, as people do.
    pub fn homedir(&self, person: &str) -> PathBuf {
        let key = std::fs::read_to_string(self.private(person)).unwrap();
        let path = self.scratch.file(&format!("{person}/.ssh/id_ed25519"), &key);
        path.ancestors().nth(2).unwrap().to_owned()
    }

    /// Runs the real AWS CLI as the agent.
    pub fn aws(&self, arguments: &[&str]) -> Output {
        let program = tool("aws").expect("there is no `aws`").display().to_string();
        let mut all = vec![program.as_str()];
        all.extend(arguments);
        self.run(&all)
    }

    /// Runs boto3 code as the agent.
    pub fn boto3(&self, code: &str) -> Output {
        let python = crate::python().display().to_string();
        self.run(&[&python, "-c", &format!("import boto3\n{code}")])
    }

    /// The options of `interlock run` with which its launcher signs.
    pub fn signed(&self) -> Vec<String> {
        let key = self.launcher.as_ref().map(|name| self.private(name));
        key.map_or_else(Vec::new, |key| vec!["--key".to_owned(), key])
    }

    /// What somebody who reaches the control socket sends, and the answer.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let output = Command::new("curl")
            .args(["--silent", "--unix-socket"])
            .arg(self.root().join("control.sock"))
            .args(["--write-out", "\n%{http_code}", "--header", "content-type: application/json", "--data"])
            .args([body.to_string(), format!("http://interlock{path}")])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, status) = text.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    /// A person approves.
    pub fn approve(&self, person: &str, ticket: &str) -> Output {
        self.cli(&["request", "approve", ticket, "--key", &self.private(person), "--reason", "looked at it"])
    }

    /// The tickets, as `request ls --json` shows them.
    pub fn requests(&self) -> Vec<Value> {
        self.cli(&["--json", "request", "ls"]).ok().json().as_array().unwrap().clone()
    }

    /// Takes the log out of the house and verifies it.
    pub fn verify(&self) -> Value {
        self.cli(&["--json", "ledger", "verify"]).ok().json()
    }
}
