//! Lures: what stands inside where something was left out, and tells when somebody reaches for it.
//!
//! A place that is not there tells nobody that it was looked for. So where people keep their private keys, where their agent
//! listens, and where Interlock's own home, socket and console are, something empty stands instead. No promise rests on it: what
//! must not be reached is left out as before.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;
use rustix::io::Errno;

use crate::confinement::{Confinement, Door};

/// The same lure is told of once in so long.
const MINUTE: Duration = Duration::from_secs(60);
/// Private keys of one person that lures stand for.
const KEYS: usize = 16;
/// How much of a file tells whether it is a private key.
const BEGINNING: u64 = 64;

/// What stands in for something: outside, and where it is found inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lure {
    pub(crate) source: PathBuf,
    pub(crate) place: PathBuf,
}

/// The lures of one run. They go with it.
pub struct Lures {
    folder: PathBuf,
    laid: Vec<Lure>,
    doors: Vec<Door>,
    /// Who connects, and to what.
    sockets: Vec<(UnixListener, String)>,
    /// Which file or folder is opened.
    opened: OwnedFd,
    files: BTreeMap<i32, String>,
}

impl Lures {
    /// Lays them for what this confinement leaves out, and at these ports of the loopback inside.
    pub fn lay(confinement: &Confinement, ports: &[(u16, &str)]) -> io::Result<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let name = format!("interlock-lures-{}-{now:x}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        let opened = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let (laid, doors, sockets, files) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let mut lures = Self { folder, laid, doors, sockets, opened, files };
        std::fs::set_permissions(&lures.folder, Permissions::from_mode(0o700))?;
        for key in private_keys(&confinement.home).into_iter().chain(confinement.keys.iter().cloned()) {
            let source = lures.next();
            File::create(&source)?;
            lures.stand_for(source, key, true)?;
        }
        let home = lures.next();
        std::fs::create_dir(&home)?;
        lures.listen(&home.join("control.sock"), "Interlock's control socket")?;
        lures.stand_for(home, confinement.interlock_home.clone(), true)?;
        if let Some(agent) = confinement.inherited("SSH_AUTH_SOCK").map(PathBuf::from) {
            let source = lures.next();
            lures.listen(&source, "the SSH agent")?;
            lures.stand_for(source, agent, false)?;
        }
        for (port, what) in ports {
            let source = lures.next();
            lures.listen(&source, what)?;
            lures.doors.push(Door::new(*port, source));
        }
        Ok(lures)
    }

    /// Puts them into the confinement.
    pub fn set(&self, confinement: &mut Confinement) {
        confinement.lures.clone_from(&self.laid);
        confinement.doors.extend(self.doors.iter().cloned());
    }

    /// Runs something meanwhile, and tells what is reached for.
    pub fn watched<T>(&self, tell: impl Fn(&str) + Send, run: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            let Ok((stop, stopped)) = UnixStream::pair() else { return run() };
            scope.spawn(move || self.watch(&stopped, tell));
            let done = run();
            drop(stop);
            done
        })
    }

    fn next(&self) -> PathBuf {
        self.folder.join((self.laid.len() + self.doors.len()).to_string())
    }

    fn listen(&mut self, source: &Path, what: &str) -> io::Result<()> {
        let listener = UnixListener::bind(source)?;
        listener.set_nonblocking(true)?;
        self.sockets.push((listener, what.to_owned()));
        Ok(())
    }

    fn stand_for(&mut self, source: PathBuf, place: PathBuf, is_opened: bool) -> io::Result<()> {
        if is_opened {
            let number = inotify::add_watch(&self.opened, &source, inotify::WatchFlags::OPEN)?;
            self.files.insert(number, place.display().to_string());
        }
        self.laid.push(Lure { source, place });
        Ok(())
    }

    fn watch(&self, stopped: &UnixStream, tell: impl Fn(&str)) {
        let mut told: BTreeMap<String, Instant> = BTreeMap::new();
        let mut tell = |what: &str| {
            let fresh = told.get(what).is_none_or(|at| at.elapsed() > MINUTE);
            if fresh {
                told.insert(what.to_owned(), Instant::now());
                tell(what);
            }
        };
        loop {
            let mut waits =
                vec![PollFd::new(stopped, PollFlags::IN), PollFd::new(&self.opened, PollFlags::IN)];
            waits.extend(self.sockets.iter().map(|(socket, _)| PollFd::new(socket, PollFlags::IN)));
            match poll(&mut waits, None) {
                Err(Errno::INTR) => continue,
                Err(_) => return,
                Ok(_) => {}
            }
            // What came last is told before the end is.
            let over = waits.first().is_none_or(|stop| !stop.revents().is_empty());
            self.opened().iter().for_each(|what| tell(what));
            for (socket, what) in &self.sockets {
                // Whoever connects is let go again: one a round, so that nobody keeps this from the others.
                if socket.accept().is_ok() {
                    tell(what);
                }
            }
            if over {
                return;
            }
        }
    }

    fn opened(&self) -> Vec<String> {
        let mut bytes = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.opened, &mut bytes);
        let mut found = Vec::new();
        // As much as there is at once: whoever opens one without end keeps nothing from being told.
        while let Ok(event) = events.next() {
            found.extend(self.files.get(&event.wd()).cloned());
            if events.is_buffer_empty() {
                break;
            }
        }
        found
    }
}

impl Drop for Lures {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// Where a person keeps private keys of theirs.
fn private_keys(home: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(home.join(".ssh")).into_iter().flatten().flatten();
    let is_key = |path: &PathBuf| {
        let mut beginning = Vec::new();
        let plain = path.symlink_metadata().is_ok_and(|found| found.is_file());
        plain
            && File::open(path).is_ok_and(|file| file.take(BEGINNING).read_to_end(&mut beginning).is_ok())
            && String::from_utf8_lossy(&beginning).contains("PRIVATE KEY")
    };
    files.map(|entry| entry.path()).filter(is_key).take(KEYS).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::place::Place;

    #[test]
    fn what_is_reached_for_is_told_once_and_nothing_is_left() {
        let place = Place::new();
        std::fs::create_dir_all(place.at("home/.ssh")).unwrap();
        let begin = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
        std::fs::write(place.at("home/.ssh/id_one"), begin).unwrap();
        std::fs::write(place.at("home/.ssh/known_hosts"), "host ssh-ed25519 AAAA").unwrap();
        let lures = Lures::lay(&place.confinement(), &[(7_474, "the console")]).unwrap();
        let places: Vec<&Path> = lures.laid.iter().map(|lure| lure.place.as_path()).collect();
        assert_eq!(places, [place.at("home/.ssh/id_one"), place.at("home/.local/state/interlock")]);
        let told = Mutex::new(Vec::new());
        let tell = |what: &str| told.lock().unwrap().push(what.to_owned());
        lures.watched(tell, || {
            for _ in 0..3 {
                assert!(std::fs::read(&lures.laid[0].source).unwrap().is_empty());
                UnixStream::connect(&lures.doors[0].socket).unwrap();
            }
        });
        let key = place.at("home/.ssh/id_one").display().to_string();
        let mut told = told.into_inner().unwrap();
        told.sort();
        assert_eq!(told, [key, "the console".to_owned()]);
        let folder = lures.folder.clone();
        drop(lures);
        assert!(!folder.exists());
    }
}
