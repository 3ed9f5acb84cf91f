//! Where one command is worked on: its tree, Terraform's own folder, and what comes out.

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock, PoisonError, atomic::Ordering},
    time::Duration,
};

use interlock_flow::Session;
use tokio::sync::mpsc;

use crate::{
    gate::{Gate, Stop, initial::has_modules},
    port::{Ended, Job, Line, News, Say},
    program::{INSIDE, Program},
    provider::{self, named},
    stream::{Told, told},
    tree::Tree,
};

/// A folder of its own, which goes with this value.
pub(super) struct Workshop {
    folder: PathBuf,
    /// The configuration's folder in the tree.
    within: PathBuf,
    /// The types that the tree may name.
    named: HashSet<String>,
    /// The providers that it was initialised with, as long as nothing had run in it.
    providers: OnceLock<Vec<(PathBuf, PathBuf)>>,
}

impl Workshop {
    /// A new one below this folder, with a tree in it.
    pub(super) fn open(below: &Path, program: &Program, tree: &Tree, within: &Path) -> io::Result<Self> {
        if !tree.has_plain(within) {
            return Err(io::Error::other(format!(
                "`{}` is no folder of the work directory",
                within.display()
            )));
        }
        let named = named(tree, None);
        let workshop = Self {
            folder: below.join(drawn()?),
            within: within.to_owned(),
            named,
            providers: OnceLock::new(),
        };
        for part in ["tree", "data", "out", "schemas"] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(workshop.folder.join(part))?;
        }
        fs::create_dir_all(workshop.tree().join(within))?;
        fs::write(workshop.folder.join("settings"), program.settings())?;
        tree.write(&workshop.tree())?;
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

    /// The types that the tree may name.
    pub(super) fn named(&self) -> &HashSet<String> {
        &self.named
    }
    /// The providers that it was initialised with.
    pub(super) fn providers(&self) -> &[(PathBuf, PathBuf)] {
        self.providers.get().map(Vec::as_slice).unwrap_or_default()
    }
    /// Looks which providers it was initialised with. INVARIANT: once, before anything of anybody's runs in it.
    pub(super) fn initialised(&self, program: &Program) -> io::Result<()> {
        // Modules that were unpacked beside the tree may name what the tree does not.
        let found =
            if has_modules(&self.data()) { Vec::new() } else { program.mirrored_providers(&self.data())? };
        let _ = self.providers.set(found);
        Ok(())
    }
    /// What is told of a provider's schema: where it is, and where inside.
    pub(super) fn schema(&self, name: &str) -> (PathBuf, PathBuf) {
        (self.folder.join("schemas").join(name), PathBuf::from(INSIDE).join("schemas").join(name))
    }

    /// A run of the program with these arguments.
    pub(super) fn job(&self, program: &Program, arguments: &[String], writes_tree: bool) -> Job {
        let inside = |name: &str| PathBuf::from(INSIDE).join(name);
        let own = |name: &str| (self.folder.join(name), inside(name));
        // INVARIANT: where the tree stands inside is nobody's choice: it hides nothing of the system's or of the gate's.
        let tree = own("tree");
        let mut readable = program.readable();
        readable.push(own("settings"));
        readable.push(own("schemas"));
        let mut writable = vec![own("data"), own("out")];
        if writes_tree {
            writable.push(tree)
        } else {
            readable.push(tree)
        }
        let mut environment = BTreeMap::new();
        // Initialising runs nothing: what would fetch a module by a program of the system finds none.
        let initialises = arguments.first().is_some_and(|verb| verb == "init");
        let programs = if initialises { "/nonexistent" } else { "/usr/local/bin:/usr/bin:/bin" };
        for (name, value) in [
            ("PATH", programs.to_owned()),
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
        let workdir = inside("tree").join(&self.within);
        Job {
            command,
            own: false,
            readable,
            writable,
            workdir,
            environment,
            may_be_ended: writes_tree,
            stop: Arc::default(),
        }
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        clear(&self.folder);
    }
}

/// A name that nobody knows.
pub(super) fn drawn() -> io::Result<String> {
    let mut name = [0_u8; 12];
    getrandom::fill(&mut name).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(hex::encode(name))
}

/// Takes a folder away, with folders in it that were made unreadable.
pub(super) fn clear(folder: &Path) {
    if fs::remove_dir_all(folder).is_ok() {
        return;
    }
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let _ = fs::set_permissions(&next, fs::Permissions::from_mode(0o700));
        let folders = fs::read_dir(&next).into_iter().flatten().flatten();
        open.extend(
            folders.filter(|one| one.file_type().is_ok_and(|kind| kind.is_dir())).map(|one| one.path()),
        );
    }
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "what a run left behind could not be taken away");
    }
}

/// What a run of Terraform came to.
pub(super) struct Run {
    pub(super) code: u8,
    /// What went wrong, in Terraform's words.
    pub(super) faults: Vec<String>,
    /// Its output, where it was not handed on.
    pub(super) output: String,
    /// The lines of the stream that tell what was done.
    pub(super) stream: Vec<String>,
}

/// How often is looked whether a run may go on.
const LOOK: Duration = Duration::from_millis(500);

impl Gate {
    fn is_live(&self, session: &Session) -> bool {
        let ports = self.road.ports();
        let memory = ports.journal.memory().read().unwrap_or_else(PoisonError::into_inner);
        memory.is_live(&session.id, ports.clock.now())
    }

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
        let mut job = workshop.job(&self.program, &arguments, writes_tree);
        let providers = self.provided(session, workshop, &arguments).await?;
        if !providers.is_empty() {
            job.command = provider::words(&providers, job.command);
            job.own = true;
        }
        let (send, mut lines) = mpsc::unbounded_channel();
        let mut run = Run { code: 0, faults: Vec::new(), output: String::new(), stream: Vec::new() };
        let streams = arguments.iter().any(|word| word == "-json")
            && arguments.first().is_some_and(|word| word != "show");
        let (stop, may_be_ended) = (Arc::clone(&job.stop), job.may_be_ended);
        let running = self.house.run(session, job, send);
        tokio::pin!(running);
        let mut looks = tokio::time::interval(LOOK);
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
                _ = looks.tick() => {
                    // What only plans ends with whoever asked for it; and everything with its lease.
                    let nobody = may_be_ended && say.is_some_and(tokio::sync::mpsc::UnboundedSender::is_closed);
                    if nobody || !self.is_live(session) {
                        stop.store(true, Ordering::Release);
                    }
                }
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
                if line.contains("\"type\":\"apply_") {
                    self.stream.push(line);
                }
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
