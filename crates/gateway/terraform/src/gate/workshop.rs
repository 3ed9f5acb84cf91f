//! Where one command is worked on: its tree, Terraform's own folder, and what comes out.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use interlock_flow::Session;
use tokio::sync::mpsc;

use crate::{
    gate::{Gate, Stop},
    port::{Ended, Job, Line, News, Say},
    program::{INSIDE, Program},
    stream::{Told, told},
};

/// A folder of its own, which goes with this value.
pub(super) struct Workshop {
    folder: PathBuf,
    /// Where the agent has the tree: where it stands inside.
    root: PathBuf,
    /// Where Terraform runs, inside.
    workdir: PathBuf,
}

impl Workshop {
    /// A new one below this folder.
    pub(super) fn open(below: &Path, program: &Program, root: &Path, within: &Path) -> io::Result<Self> {
        let mut name = [0_u8; 12];
        getrandom::fill(&mut name).map_err(|error| io::Error::other(error.to_string()))?;
        let folder = below.join(hex::encode(name));
        let workshop = Self { workdir: root.join(within), root: root.to_owned(), folder };
        for part in ["tree", "data", "out"] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(workshop.folder.join(part))?;
        }
        fs::write(workshop.folder.join("settings"), program.settings())?;
        Ok(workshop)
    }

    /// Where the tree stands.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }
    /// Where Terraform keeps what is its own.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
    /// A file that comes out, or goes in.
    pub(super) fn out(&self, name: &str) -> PathBuf {
        self.folder.join("out").join(name)
    }

    /// A run of the program with these arguments.
    fn job(&self, program: &Program, arguments: &[String], writes_tree: bool) -> Job {
        let inside = |name: &str| PathBuf::from(INSIDE).join(name);
        let own = |name: &str| (self.folder.join(name), inside(name));
        let tree = (self.tree(), self.root.clone());
        let mut readable = program.readable();
        readable.push(own("settings"));
        let mut writable = vec![own("data"), own("out")];
        if writes_tree {
            writable.push(tree)
        } else {
            readable.push(tree)
        }
        let mut environment = BTreeMap::new();
        for (name, value) in [
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("TF_INPUT", "0".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("TF_HTTP_RETRY_MAX", "5".to_owned()),
            ("TF_DATA_DIR", inside("data").display().to_string()),
            ("TF_CLI_CONFIG_FILE", inside("settings").display().to_string()),
        ] {
            environment.insert(name.to_owned(), value);
        }
        let mut command = vec![program.path().display().to_string()];
        command.extend(arguments.iter().cloned());
        let workdir = self.workdir.clone();
        Job { command, readable, writable, workdir, environment, may_be_ended: writes_tree }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a run of Terraform came to.
pub(super) struct Run {
    pub(super) code: u8,
    /// What went wrong, in Terraform's words.
    pub(super) faults: Vec<String>,
    /// Its output, where it was not handed on.
    pub(super) output: String,
    /// Every line of the stream.
    pub(super) stream: Vec<String>,
}

impl Gate {
    /// Runs Terraform; what its stream says is told as it comes.
    pub(super) async fn terraform(
        &self,
        session: &Session,
        workshop: &Workshop,
        arguments: &[&str],
        writes_tree: bool,
        say: Option<&Say>,
    ) -> Result<Run, Stop> {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let job = workshop.job(&self.program, &arguments, writes_tree);
        let (send, mut lines) = mpsc::unbounded_channel();
        let mut run = Run { code: 0, faults: Vec::new(), output: String::new(), stream: Vec::new() };
        let streams = arguments.iter().any(|word| word == "-json")
            && arguments.first().is_some_and(|word| word != "show");
        let running = self.house.run(session, job, send);
        tokio::pin!(running);
        let mut ended: Option<Result<Ended, String>> = None;
        loop {
            tokio::select! {
                done = &mut running, if ended.is_none() => ended = Some(done),
                line = lines.recv() => match line {
                    Some(line) => run.take(line, streams, say),
                    // Nobody writes any more.
                    None if ended.is_some() => break,
                    None => ended = Some((&mut running).await),
                },
            }
        }
        let ended = ended.unwrap_or_else(|| Err("it never ended".to_owned()));
        run.code = ended.map_err(|why| Stop::failed(format!("Terraform could not be run: {why}")))?.code;
        Ok(run)
    }
}

impl Run {
    fn take(&mut self, line: Line, streams: bool, say: Option<&Say>) {
        match line {
            Line::Out(line) if streams => {
                match told(&line) {
                    Told::Line(words) => {
                        let _ = say.map(|say| say.send(News::Line(words, Some(line.clone()))));
                    }
                    Told::Fault(words) => self.faults.push(words),
                    Told::Nothing => {}
                }
                self.stream.push(line);
            }
            Line::Out(line) => {
                self.output.push_str(&line);
                self.output.push('\n');
            }
            Line::Error(line) if line.trim().is_empty() => {}
            Line::Error(line) => self.faults.push(line),
        }
    }

    /// An error in Terraform's own words, unless it ended well.
    pub(super) fn well(self, what: &str) -> Result<Self, Stop> {
        if self.code == 0 {
            return Ok(self);
        }
        let words = if self.faults.is_empty() { self.output.clone() } else { self.faults.join("\n") };
        Err(Stop::failed(format!("terraform {what} failed:\n{}", words.trim())))
    }
}
