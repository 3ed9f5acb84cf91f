//! The home of the second arm: three people, one agent, and the daemon, all through this same program.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use interlock_api::{RequestRow, RequestView};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    agent::{self, TASK, Told, Work},
    children::{Children, Output, Running},
    emulator::{Emulator, Seeded},
    place::{Place, found},
    summary::Ledger,
    terraform::{self, Tool},
};
use crate::fault::Fault;

/// The people; the first owns the agent.
pub(super) const PEOPLE: [&str; 3] = ["ana", "bo", "cy"];
/// Who answers for the agent.
pub(super) const OWNER: &str = "ana";
/// The agent.
const AGENT: &str = "claude";
const QUICK: Duration = Duration::from_secs(30);
const WORK: Duration = Duration::from_secs(120);

/// A home whose daemon runs.
pub(super) struct Home<'a> {
    children: &'a Children,
    place: &'a Place,
    daemon: Option<Running>,
}

impl<'a> Home<'a> {
    /// Makes one in front of the emulator, with the person's key for its own; production's state is brought in by its owner.
    pub(super) fn open(
        children: &'a Children,
        place: &'a Place,
        emulator: &Emulator,
        (seeded, tool): (&Seeded, Tool),
    ) -> Result<Self, Fault> {
        let mut home = Self { children, place, daemon: None };
        home.make_keys()?;
        let (owner, public) = (home.key(OWNER), home.public(OWNER));
        home.cli(&["init", "--operator", OWNER, "--public-key", &public])?;
        place.write("home/interlock.toml", &configuration(emulator, tool))?;
        let credentials = place.write(
            "home/aws.credentials",
            &format!(
                "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
                seeded.key_id, seeded.key_secret
            ),
        )?;
        private(&credentials)?;
        home.cli(&["policy", "apply", "--key", &owner, "--reason", "the demo's environments"])?;
        home.serve()?;
        for person in PEOPLE.iter().filter(|person| **person != OWNER) {
            home.cli(&["person", "add", person, "--public-key", &home.public(person), "--key", &owner])?;
        }
        home.cli(&["agent", "add", AGENT, "--owner", OWNER, "--key", &owner])?;
        if tool == Tool::Terraform {
            let folder = place.work();
            let state = folder.join("terraform.tfstate").display().to_string();
            let folder = folder.display().to_string();
            home.cli(&["terraform", "adopt", &state, "--folder", &folder, "--key", &owner])?;
        }
        Ok(home)
    }

    fn key(&self, person: &str) -> String {
        self.place.key(person).display().to_string()
    }
    fn public(&self, person: &str) -> String {
        format!("{}.pub", self.key(person))
    }

    fn make_keys(&self) -> Result<(), Fault> {
        if found("ssh-keygen".as_ref()).is_none() {
            return Err(Fault::failed("the demo's people need keys, and there is no `ssh-keygen`")
                .hint("install the package `openssh-client` (`apt install openssh-client`)"));
        }
        for person in PEOPLE {
            let mut command = self.place.command("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-C", person, "-f"]).arg(self.place.key(person));
            let output = self.children.run(&mut command, QUICK)?;
            if output.code != Some(0) {
                return Err(Fault::failed(format!("`ssh-keygen` made no key: {}", last(&output.err))));
            }
        }
        Ok(())
    }

    /// Starts the daemon and waits for the line that says it is ready.
    fn serve(&mut self) -> Result<(), Fault> {
        let log = self.place.root().join("daemon.log");
        let errors = std::fs::File::create(&log).map_err(|error| Fault::file(&log, &error))?;
        let mut command = self.place.interlock(&["serve", "--listen-console", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut daemon = self.children.start(&mut command)?;
        let mut line = String::new();
        if let Some(output) = daemon.child.stdout.take() {
            let _ = BufReader::new(output).read_line(&mut line);
        }
        self.daemon = Some(daemon);
        if line.trim().is_empty() {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(Fault::failed(format!("the daemon does not start: {}", last(&said))));
        }
        Ok(())
    }

    fn run(&self, arguments: &[&str]) -> Result<Output, Fault> {
        self.children.run(&mut self.place.interlock(arguments), QUICK)
    }

    fn cli(&self, arguments: &[&str]) -> Result<Output, Fault> {
        let output = self.run(arguments)?;
        if output.code == Some(0) {
            return Ok(output);
        }
        Err(Fault::failed(format!("`interlock {}` failed: {}", arguments.join(" "), last(&output.err))))
    }

    fn json<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, Fault> {
        let all: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
        let output = self.cli(&all)?;
        serde_json::from_str(&output.out).map_err(|error| {
            Fault::failed(format!("`interlock {}` cannot be read: {error}", arguments.join(" ")))
        })
    }

    /// Lets the agent work, in the sandbox or beside it.
    pub(super) fn work(&self, work: Work, tool: Tool, confined: bool) -> Result<Told, Fault> {
        let mut command = self.place.interlock(&["run", "--agent", AGENT, "--task", TASK]);
        command.arg("--key").arg(self.key(OWNER));
        if !confined {
            command.arg("--unconfined");
        }
        if let Some(folder) = self.place.hidden_tools() {
            command.arg("--readable").arg(folder);
        }
        command.arg("--").arg(self.place.python()).args(agent::arguments(work, tool));
        let output = self.children.run(command.current_dir(self.place.work()), WORK)?;
        let told = Told::read(&output.out);
        if told.status.is_none() {
            return Err(Fault::failed(format!("the agent's program failed: {}", last(&output.err))));
        }
        Ok(told)
    }

    /// A person signs.
    pub(super) fn approve(&self, person: &str, ticket: &str) -> Result<(), Fault> {
        let key = self.key(person);
        self.cli(&[
            "request",
            "approve",
            ticket,
            "--key",
            &key,
            "--reason",
            "the site's duplicates, they say",
        ])
        .map(|_| ())
    }

    /// What waits.
    pub(super) fn requests(&self) -> Result<Vec<RequestRow>, Fault> {
        self.json(&["request", "ls", "--state", "pending"])
    }

    /// One of them, whole.
    pub(super) fn request(&self, ticket: &str) -> Result<RequestView, Fault> {
        self.json(&["request", "show", ticket])
    }

    /// Takes the log out of the house and verifies it.
    pub(super) fn verify(&self) -> Result<Ledger, Fault> {
        #[derive(Deserialize)]
        struct Verified {
            entries: u64,
            checkpoints: u64,
        }
        let output = self.run(&["--json", "ledger", "verify"])?;
        let verified = serde_json::from_str::<Verified>(&output.out).ok().filter(|_| output.code == Some(0));
        Ok(verified.map_or_else(Ledger::default, |found| Ledger {
            verifies: true,
            entries: found.entries,
            checkpoints: found.checkpoints,
        }))
    }
}

fn configuration(emulator: &Emulator, tool: Tool) -> String {
    let plugins = (tool == Tool::Terraform).then(terraform::plugins).flatten();
    let plugins = plugins.map_or(String::new(), |folder| format!("\n[terraform]\nplugins = {folder:?}\n"));
    format!(
        "# Written by `interlock demo`: the emulator's one account is production.\n\n[[environment]]\n\
         name = \"production\"\nmatch = {{ account = \"123456789012\" }}\n\n[aws]\n\
         credentials = {{ file = \"aws.credentials\" }}\nupstream = \"{}\"\n{plugins}",
        emulator.url()
    )
}

fn private(path: &std::path::Path) -> Result<(), Fault> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, mode).map_err(|error| Fault::file(path, &error))
}

/// The last thing that was said.
fn last(said: &str) -> &str {
    said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("it said nothing")
}
