//! The inside end: what runs in the sandbox before the command, as its first process.
//!
//! Listens at the doors' ports on the loopback of the otherwise empty network namespace, and pipes each connection to
//! the door's socket, which is bound into the sandbox. Then runs the command, passes signals on to it, reaps what it
//! leaves behind, and ends with its status; with the first process everything else in the sandbox ends.
//!
//! It holds no secret and makes no decision: the command could as well connect to the sockets itself. Plain threads, so
//! that it starts at once.

use std::ffi::{OsStr, OsString};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

use crate::{probe, run};

/// The status when the relay itself fails: the command was not run.
const FAILED: u8 = 125;

/// What the relay is asked to do.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    /// Port and socket of each door.
    doors: Vec<(u16, PathBuf)>,
    /// Look around instead of running a command; the rest are places to look at.
    survey: bool,
    /// The command, or the places.
    rest: Vec<OsString>,
}

/// Why the relay did not run the command.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("`{0}` is not understood here; this command is for Interlock's own use")]
    Word(String),
    #[error("no command to run")]
    NoCommand,
    #[error("cannot listen at port {0} inside the sandbox: {1}")]
    Listen(u16, io::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs the relay; the arguments are those after `__relay`.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let done = parse(arguments).and_then(|order| if order.survey { survey(&order) } else { run(&order) });
    ExitCode::from(done.unwrap_or_else(|error| {
        eprintln!("interlock: {error}");
        FAILED
    }))
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Order, RelayError> {
    let mut order = Order { doors: Vec::new(), survey: false, rest: Vec::new() };
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        let bad = |word: &OsStr| RelayError::Word(word.to_string_lossy().into_owned());
        match word.as_bytes() {
            b"--survey" => order.survey = true,
            b"--door" => {
                let door = words.next().ok_or_else(|| bad(&word))?;
                order.doors.push(parse_door(&door).ok_or_else(|| bad(&door))?);
            }
            b"--" => order.rest = words.by_ref().collect(),
            _ => return Err(bad(&word)),
        }
    }
    if order.rest.is_empty() && !order.survey { Err(RelayError::NoCommand) } else { Ok(order) }
}

/// `PORT=PATH`.
fn parse_door(word: &OsStr) -> Option<(u16, PathBuf)> {
    let bytes = word.as_bytes();
    let (port, path) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == b'=')?)?;
    let port = std::str::from_utf8(port).ok()?.parse().ok()?;
    Some((port, PathBuf::from(OsStr::from_bytes(path.get(1..)?))))
}

fn survey(order: &Order) -> Result<u8, RelayError> {
    let places: Vec<_> = order.rest.iter().map(PathBuf::from).collect();
    let survey = probe::Survey::take(&places, &order.doors);
    println!("{}", serde_json::to_string(&survey).map_err(io::Error::from)?);
    Ok(0)
}

fn run(order: &Order) -> Result<u8, RelayError> {
    // What bubblewrap may have left open is not the command's.
    close_fds::set_fds_cloexec(3, &[]);
    // INVARIANT: handlers before the command starts: a handled signal is reset to its default when the command is
    // executed, an ignored one (see `run::START`) would stay ignored. It also is what lets signals reach process 1.
    let mut signals = Signals::new([SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2])?;
    for (port, socket) in &order.doors {
        open(*port, socket.clone()).map_err(|error| RelayError::Listen(*port, error))?;
    }
    let (program, arguments) = order.rest.split_first().ok_or(RelayError::NoCommand)?;
    let child = match Command::new(program).args(arguments).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("interlock: cannot run `{}`: {error}", program.to_string_lossy());
            return Ok(if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 });
        }
    };
    let pid = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .ok_or(io::ErrorKind::InvalidData)
        .map_err(io::Error::from)?;
    let terminal = run::terminal_delivers();
    std::thread::Builder::new().spawn(move || {
        for signal in signals.forever() {
            if terminal && matches!(signal, SIGINT | SIGQUIT) {
                continue;
            }
            if let Some(signal) = Signal::from_named_raw(signal) {
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    })?;
    reap(pid)
}

/// Waits for every child until the command itself has ended; orphans become children of the first process.
fn reap(command: Pid) -> Result<u8, RelayError> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) if pid == command => {
                let code =
                    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal));
                if let Some(code) = code {
                    return Ok(u8::try_from(code).unwrap_or(u8::MAX));
                }
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(io::Error::from(error).into()),
        }
    }
}

/// Opens a door: listens at the port, on both loopback addresses where there are two.
fn open(port: u16, socket: PathBuf) -> io::Result<()> {
    let socket = Arc::new(socket);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    serve(listener, Arc::clone(&socket))?;
    if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
        serve(listener, socket)?;
    }
    Ok(())
}

fn serve(listener: TcpListener, socket: Arc<PathBuf>) -> io::Result<()> {
    std::thread::Builder::new().spawn(move || {
        loop {
            match listener.accept() {
                Ok((client, _)) => {
                    let socket = Arc::clone(&socket);
                    // Dropping the connection tells the client; there is nobody else to tell.
                    drop(std::thread::Builder::new().spawn(move || connect(client, &socket)));
                }
                // Out of descriptors: wait for connections to end instead of spinning.
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    })?;
    Ok(())
}

/// Pipes one connection to the socket, both ways, until both ends are done.
fn connect(client: TcpStream, socket: &PathBuf) {
    drop(client.set_nodelay(true));
    let piped = (|| {
        let server = UnixStream::connect(socket)?;
        let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
        let up = std::thread::Builder::new().spawn(move || {
            let copied = io::copy(&mut from_client, &mut to_server);
            let how = if copied.is_ok() { Shutdown::Write } else { Shutdown::Both };
            drop(to_server.shutdown(how));
        })?;
        let copied = io::copy(&mut &server, &mut &client);
        drop(client.shutdown(if copied.is_ok() { Shutdown::Write } else { Shutdown::Both }));
        drop(up.join());
        copied.map(drop)
    })();
    if piped.is_err() {
        drop(client.shutdown(Shutdown::Both));
    }
}

#[cfg(test)]
mod tests;
