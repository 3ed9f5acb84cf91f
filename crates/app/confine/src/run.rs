//! Running a command in the sandbox, from the outside.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::MemfdFlags;
use rustix::process::{Pid, PidfdFlags, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use crate::confinement::RELAY;
use crate::plan::Plan;
use crate::{ConfineError, Confinement, Sandbox, environment, seccomp};

/// bubblewrap, like the shell that starts it, ignores these: if it died of a Ctrl-C meant for the command, the command
/// would be killed with it, without a chance to end well. The relay undoes that for the command.
const START: &str = "trap '' INT QUIT TERM HUP; exec \"$@\"";

/// One start at a time: between the marking of descriptors and the start no other thread may open one to be inherited.
static STARTING: Mutex<()> = Mutex::new(());

/// So often a sandbox is made anew whose places went away while it was made.
const TRIES: usize = 3;

/// How a confined command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; 128 and the signal's number if a signal ended it; 126 or 127 if it could not be run or found;
    /// 125 if the relay could not open the doors (the command was not run then).
    pub code: u8,
}

/// Runs a command confined and waits for it. Standard input, output and error are this process's own; signals sent to
/// this process are passed on. When the command ends, whatever it left running ends too.
///
/// To be called by a program that does nothing else meanwhile: the handlers for its signals are replaced, and the
/// sandbox dies with the calling *thread*.
pub fn spawn(
    sandbox: &Sandbox,
    confinement: &Confinement,
    command: &[OsString],
) -> Result<Ended, ConfineError> {
    if command.is_empty() {
        return Err(ConfineError::NoCommand);
    }
    let mut plan = Plan::of(confinement)?;
    for _ in 0..TRIES {
        match once(sandbox, confinement, &plan, command) {
            Err(ConfineError::NotStarted(code)) => {
                // What was there a moment ago may be gone: where the machine looks otherwise now, the command, which has not run, is
                // started anew.
                let now = Plan::of(confinement)?;
                if now.options != plan.options {
                    plan = now;
                } else if confinement.lures.is_empty() {
                    return Err(ConfineError::NotStarted(code));
                } else {
                    // No command is kept from running by what only notices.
                    return spawn(
                        sandbox,
                        &Confinement { lures: Vec::new(), ..confinement.clone() },
                        command,
                    );
                }
            }
            ended => return ended,
        }
    }
    once(sandbox, confinement, &plan, command)
}

/// Runs it in a sandbox that is made by this plan.
fn once(
    sandbox: &Sandbox,
    confinement: &Confinement,
    plan: &Plan,
    command: &[OsString],
) -> Result<Ended, ConfineError> {
    let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])?;
    let words = relay_words(&plan.doors, command);
    let mut running = Running::start(sandbox, Start::of(confinement, plan, words, Stdio::inherit()))?;
    let handle = signals.handle();
    let status = running.status.try_clone()?;
    let terminal = terminal_delivers();
    let forwarder = std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            // The terminal has sent these to the whole foreground group, and so to the command already.
            if !(terminal && matches!(signal, SIGINT | SIGQUIT)) {
                forward(&status, signal);
            }
        }
    })?;
    let ended = running.wait();
    handle.close();
    drop(forwarder.join());
    ended
}

/// Runs the relay's survey inside (see [`crate::relay`]) and returns what it printed.
pub(crate) fn survey(
    sandbox: &Sandbox,
    confinement: &Confinement,
    plan: &Plan,
    places: &[OsString],
) -> Result<String, ConfineError> {
    let mut words = vec![OsString::from("--survey")];
    words.extend(door_words(&plan.doors));
    words.push("--".into());
    words.extend(places.iter().cloned());
    let mut running = Running::start(sandbox, Start::of(confinement, plan, words, Stdio::piped()))?;
    let mut text = String::new();
    if let Some(mut output) = running.child.stdout.take() {
        io::Read::read_to_string(&mut output, &mut text)?;
    }
    running.wait()?;
    Ok(text)
}

/// Whether there is a terminal that sends Ctrl-C to the whole foreground group by itself.
pub(crate) fn terminal_delivers() -> bool {
    File::open("/dev/tty").is_ok()
}

pub(crate) fn relay_words(doors: &[OsString], command: &[OsString]) -> Vec<OsString> {
    let mut words: Vec<OsString> = door_words(doors).collect();
    words.push("--".into());
    words.extend(command.iter().cloned());
    words
}

fn door_words(doors: &[OsString]) -> impl Iterator<Item = OsString> {
    doors.iter().flat_map(|door| [OsString::from("--door"), door.clone()])
}

/// What a sandbox is started with.
pub(crate) struct Start<'a> {
    /// Options for bubblewrap.
    pub(crate) options: &'a [OsString],
    /// The whole environment.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// For the relay.
    pub(crate) words: Vec<OsString>,
    pub(crate) input: Stdio,
    pub(crate) output: Stdio,
    pub(crate) errors: Stdio,
}

impl<'a> Start<'a> {
    fn of(confinement: &Confinement, plan: &'a Plan, words: Vec<OsString>, output: Stdio) -> Self {
        let variables = variables(confinement, plan);
        let (input, errors) = (Stdio::inherit(), Stdio::inherit());
        Self { options: &plan.options, variables, words, input, output, errors }
    }
}

/// A started sandbox.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// Where bubblewrap writes what becomes of it.
    pub(crate) status: File,
}

impl Running {
    pub(crate) fn start(sandbox: &Sandbox, start: Start<'_>) -> Result<Self, ConfineError> {
        let alone = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        // INVARIANT: a descriptor that this process was started with (a directory, a socket) would lead out of the
        // sandbox whatever is masked in it.
        close_fds::set_fds_cloexec(3, &[]);
        let status = inheritable(&[])?;
        let filter = inheritable(&seccomp::filter())?;
        let mut options = start.options.to_vec();
        options.extend(["--seccomp".into(), number(&filter), "--json-status-fd".into(), number(&status)]);
        let options = inheritable(&joined(&options)?)?;
        let child = Command::new("/bin/sh")
            .args([OsStr::new("-c"), OsStr::new(START), OsStr::new("sh"), sandbox.program.as_os_str()])
            .args([
                OsStr::new("--args"),
                &number(&options),
                OsStr::new("--"),
                OsStr::new(RELAY),
                OsStr::new("__relay"),
            ])
            .args(start.words)
            .env_clear()
            .envs(start.variables)
            .current_dir("/")
            .stdin(start.input)
            .stdout(start.output)
            .stderr(start.errors)
            .spawn()?;
        close_fds::set_fds_cloexec(3, &[]);
        drop(alone);
        Ok(Self { child, status })
    }

    pub(crate) fn wait(&mut self) -> Result<Ended, ConfineError> {
        let code = status_code(self.child.wait()?);
        // bubblewrap's own failures end with status 1, like many a command's; only a command leaves this mark.
        if status_number(&self.status, "exit-code").is_none() && code < 128 {
            return Err(ConfineError::NotStarted(code.into()));
        }
        Ok(Ended { code })
    }
}

fn status_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}

/// The environment inside: what is let through of the caller's, then ours.
fn variables(confinement: &Confinement, plan: &Plan) -> Vec<(OsString, OsString)> {
    let mut variables = environment::filter(&confinement.inherited, &confinement.keep).kept;
    variables.insert("HOME".into(), plan.home.clone().into());
    variables.insert("PWD".into(), plan.workdir.clone().into());
    variables.insert("TMPDIR".into(), "/tmp".into());
    if !confinement.shims.is_empty() {
        let mut path = OsString::from(format!("{}:", crate::SHIMS));
        path.push(variables.get(OsStr::new("PATH")).cloned().unwrap_or_default());
        variables.insert("PATH".into(), path);
    }
    for (name, value) in &confinement.environment {
        variables.insert(name.into(), value.into());
    }
    variables.into_iter().collect()
}

/// A file in memory that the child inherits, to be read from its beginning.
fn inheritable(content: &[u8]) -> io::Result<File> {
    let mut file = File::from(rustix::fs::memfd_create("interlock", MemfdFlags::empty())?);
    file.write_all(content)?;
    file.rewind()?;
    Ok(file)
}

fn number(file: &File) -> OsString {
    file.as_raw_fd().to_string().into()
}

fn joined(words: &[OsString]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in words {
        // INVARIANT: one word is one option. What is within a path never ends it.
        if word.as_bytes().contains(&0) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a path has no byte 0 in it"));
        }
        bytes.extend_from_slice(word.as_bytes());
        bytes.push(0);
    }
    Ok(bytes)
}

/// A number from the documents that bubblewrap writes: `child-pid` when the sandbox stands, `exit-code` at its end.
fn status_number(status: &File, key: &str) -> Option<i64> {
    let mut text = vec![0; 4096];
    let length = status.read_at(&mut text, 0).ok()?;
    text.truncate(length);
    serde_json::Deserializer::from_slice(&text)
        .into_iter::<serde_json::Value>()
        .map_while(Result::ok)
        .find_map(|document| document.get(key)?.as_i64())
}

/// Passes a signal on to the relay, which is the first process of the sandbox.
pub(crate) fn forward(status: &File, signal: i32) {
    // The sandbox may be a few milliseconds from standing.
    for _ in 0..200 {
        if let Some(pid) = status_number(status, "child-pid") {
            let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
            let process = pid.and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok());
            if let (Some(process), Some(signal)) = (process, Signal::from_named_raw(signal)) {
                // It may have ended meanwhile: then there is nobody to tell.
                let _ = rustix::process::pidfd_send_signal(process, signal);
            }
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
