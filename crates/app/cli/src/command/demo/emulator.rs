//! The cloud of the demo: moto in a Python of its own, on a free loopback port.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{ChildStdin, ChildStdout, Stdio},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    children::{Children, Running},
    place::Place,
};
use crate::fault::Fault;

const PROGRAM: &str = include_str!("emulator.py");

/// The running emulator.
pub(super) struct Emulator {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    log: std::path::PathBuf,
    started: Started,
    // Last, so that its input is closed first: that is how it is told to end.
    _running: Running,
}

#[derive(Deserialize)]
struct Started {
    url: String,
    moto: String,
}

/// What the seed made, beside the school itself: the person's own key.
#[derive(Deserialize)]
pub(super) struct Seeded {
    /// The network; the same every time.
    pub(super) vpc: String,
    /// The id of ana's key.
    pub(super) key_id: String,
    /// Its secret.
    pub(super) key_secret: String,
}

/// What is left of the school, as the emulator tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sight {
    /// The database's status; nothing where there is no database.
    pub(super) database: Option<String>,
    /// Its automated snapshots.
    pub(super) automated_snapshots: u32,
    /// Its other snapshots.
    pub(super) manual_snapshots: u32,
    /// Whether the ECS cluster is there.
    pub(super) cluster: bool,
    /// Objects in the bucket of the static site.
    pub(super) site_objects: u32,
}

impl Sight {
    /// What the data could be restored from.
    pub(super) fn recovery_points(&self) -> u32 {
        self.automated_snapshots.saturating_add(self.manual_snapshots)
    }
}

impl Emulator {
    /// Starts one and waits until it answers.
    pub(super) fn start(children: &Children, place: &Place) -> Result<Self, Fault> {
        let log = place.root().join("emulator.log");
        let errors = std::fs::File::create(&log).map_err(|error| Fault::file(&log, &error))?;
        let program = place.root().join("emulator.py");
        std::fs::write(&program, PROGRAM).map_err(|error| Fault::file(&program, &error))?;
        let mut command = place.command(place.python());
        command.arg(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        let mut running = children.start(&mut command).map_err(|fault| missing(place, &fault.message))?;
        let (Some(input), Some(output)) = (running.child.stdin.take(), running.child.stdout.take()) else {
            return Err(Fault::failed("the emulator has no pipes"));
        };
        let mut output = BufReader::new(output);
        let answer: Value = read(&mut output, &log)?;
        if let Some(module) = answer.get("missing").and_then(Value::as_str) {
            return Err(missing(place, &format!("it has no module `{module}`")));
        }
        let started = serde_json::from_value(answer)
            .map_err(|error| Fault::failed(format!("the emulator: {error}")))?;
        Ok(Self { input, output, log, started, _running: running })
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.started.url
    }
    /// moto's version.
    pub(super) fn version(&self) -> &str {
        &self.started.moto
    }

    /// Makes the school anew, the same every time, and records Terraform's state of it.
    pub(super) fn seed(&mut self, place: &Place) -> Result<Seeded, Fault> {
        self.ask(&json!({"do": "seed", "state": place.work().join("terraform.tfstate")}))
    }

    /// What is left of it.
    pub(super) fn look(&mut self) -> Result<Sight, Fault> {
        self.ask(&json!({"do": "look"}))
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &Value) -> Result<T, Fault> {
        let sent = writeln!(self.input, "{request}").and_then(|()| self.input.flush());
        sent.map_err(|error| Fault::failed(format!("the emulator does not listen: {error}")))?;
        let answer: Value = read(&mut self.output, &self.log)?;
        if let Some(failed) = answer.get("failed").and_then(Value::as_str) {
            return Err(Fault::failed(format!("the emulator failed: {failed}")));
        }
        serde_json::from_value(answer).map_err(|error| Fault::failed(format!("the emulator: {error}")))
    }
}

fn read(output: &mut BufReader<ChildStdout>, log: &std::path::Path) -> Result<Value, Fault> {
    let mut line = String::new();
    let _ = output.read_line(&mut line);
    serde_json::from_str(&line).map_err(|_| {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
        Fault::failed(format!("the emulator ended: {last}"))
    })
}

fn missing(place: &Place, why: &str) -> Fault {
    let python = place.python().to_string_lossy();
    Fault::failed(format!("the demo needs a Python with moto and boto3, and `{python}` is none: {why}")).hint(
        "`cargo xtask demo` sets one up; or `python3 -m pip install 'moto[server]' boto3`. `INTERLOCK_PYTHON` names \
         another Python",
    )
}
