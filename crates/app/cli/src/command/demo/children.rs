//! The programs that the demo starts: each leads a process group of its own and is ended by its own id, also when the
//! demo fails or is told to stop.

use std::{
    io::Read,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use tokio::signal::unix::{SignalKind, signal};

use crate::fault::Fault;

/// How long a program may take to end once it was told to.
const GRACE: Duration = Duration::from_secs(8);
/// How long all may take when a person waits for the end of everything.
const HASTE: Duration = Duration::from_secs(2);
/// How often is looked whether one has ended.
const PAUSE: Duration = Duration::from_millis(15);
/// The status of a program that was told to stop by its terminal.
const STOPPED: i32 = 130;

/// All that were started and have not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Children(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    groups: Vec<Pid>,
    closed: bool,
    keep: bool,
}

/// What a program left behind.
#[derive(Debug)]
pub(super) struct Output {
    /// Its status; nothing if it was ended.
    pub(super) code: Option<i32>,
    /// Standard output.
    pub(super) out: String,
    /// Standard error.
    pub(super) err: String,
}

impl Children {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts one.
    pub(super) fn start(&self, command: &mut Command) -> Result<Running, Fault> {
        let mut open = self.open();
        if open.closed {
            return Err(Fault::failed("the demo was told to stop"));
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn();
        let child = child.map_err(|error| Fault::failed(format!("cannot run `{program}`: {error}")))?;
        let group = Pid::from_child(&child);
        open.groups.push(group);
        drop(open);
        Ok(Running { child, group, children: self.clone(), status: None })
    }

    /// Runs one to its end; after `limit` it is ended.
    pub(super) fn run(&self, command: &mut Command, limit: Duration) -> Result<Output, Fault> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut running = self.start(command)?;
        let out = running.child.stdout.take().map(collect);
        let err = running.child.stderr.take().map(collect);
        let status = running.wait(limit);
        running.end();
        let text = |thread: Option<JoinHandle<String>>| {
            thread.and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        Ok(Output { code: status.and_then(|status| status.code()), out: text(out), err: text(err) })
    }

    /// When the terminal or the system tells the demo to stop: ends all, removes `folder` unless it is kept, and exits.
    pub(super) fn end_on_signals(&self, folder: PathBuf) {
        let children = self.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let told = runtime.is_ok_and(|runtime| runtime.block_on(told_to_stop()));
            if told {
                if !children.close() {
                    let _ = std::fs::remove_dir_all(folder);
                }
                std::process::exit(STOPPED);
            }
        });
    }

    /// From now on the folder outlives a signal.
    pub(super) fn keep_folder(&self) {
        self.open().keep = true;
    }

    /// Where a signal is ending everything: waits until it has. What fails meanwhile is no fault of its own.
    pub(super) fn yield_to_signal(&self) {
        // The lock is not given away before all have ended.
        while self.open().closed {
            std::thread::park();
        }
    }

    /// Ends all at once; nothing starts from then on. Whether the folder is kept.
    fn close(&self) -> bool {
        // INVARIANT: the lock is kept, so that no id is given back to the system while signals are sent to it.
        let mut open = self.open();
        open.closed = true;
        for group in &open.groups {
            let _ = kill_process_group(*group, Signal::TERM);
        }
        let until = Instant::now() + HASTE;
        while Instant::now() < until && !open.groups.iter().all(|group| has_ended(*group)) {
            std::thread::sleep(PAUSE);
        }
        for group in &open.groups {
            let _ = kill_process_group(*group, Signal::KILL);
        }
        open.keep
    }
}

async fn told_to_stop() -> bool {
    let kinds = (SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup());
    let (Ok(mut int), Ok(mut term), Ok(mut hup)) = (signal(kinds.0), signal(kinds.1), signal(kinds.2)) else {
        return false;
    };
    tokio::select! {
        _ = int.recv() => true,
        _ = term.recv() => true,
        _ = hup.recv() => true,
    }
}

/// Whether a child of ours has ended; it is not reaped, so its id stays its own.
fn has_ended(id: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(id), options), Ok(None))
}

fn collect(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A program that runs; ended when it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) child: Child,
    group: Pid,
    children: Children,
    status: Option<ExitStatus>,
}

impl Running {
    /// Whether it has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.status.is_some() || has_ended(self.group)
    }

    /// Waits until it has ended, but not longer than this.
    pub(super) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + limit;
        while !self.has_ended() {
            if Instant::now() >= until {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
        self.reap();
        self.status
    }

    /// Tells it to end, and after a while makes it.
    pub(super) fn end(&mut self) {
        if self.status.is_some() {
            return;
        }
        let _ = kill_process_group(self.group, Signal::TERM);
        if self.wait(GRACE).is_none() {
            let _ = kill_process_group(self.group, Signal::KILL);
            self.reap();
        }
    }

    fn reap(&mut self) {
        let mut open = self.children.open();
        // What it started itself and left behind ends with it. The group is still ours: it is not reaped yet.
        let _ = kill_process_group(self.group, Signal::KILL);
        self.status = self.child.wait().ok();
        open.groups.retain(|group| *group != self.group);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
