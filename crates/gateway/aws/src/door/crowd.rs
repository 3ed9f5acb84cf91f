//! How many connections may be open at once: of all clients together, and of one sandbox.
//!
//! An agent that opens more than it can use would otherwise take the doors from everybody else. Who comes by a unix socket
//! is known by the process namespace that its sandbox runs in, which nothing inside can change; who comes by TCP is not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::net::UnixStream;

/// One sandbox, as the kernel names its process namespace.
pub(super) type Peer = String;

/// All that cannot be told apart.
const UNSEEN: &str = "unseen";

/// Who is at the other end of a unix socket.
pub(super) fn peer(stream: &UnixStream) -> Peer {
    let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
    let space = process.and_then(|process| std::fs::read_link(format!("/proc/{process}/ns/pid")).ok());
    space.map_or_else(|| UNSEEN.to_owned(), |space| space.to_string_lossy().into_owned())
}

/// The open connections.
pub(crate) struct Crowd {
    most: usize,
    each: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    of: HashMap<Peer, usize>,
}

/// A connection's place; dropping it gives it back.
pub(super) struct Place {
    open: Arc<Mutex<Open>>,
    peer: Option<Peer>,
}

impl Crowd {
    pub(crate) fn new(most: usize, each: usize) -> Self {
        Self { most, each, open: Arc::default() }
    }

    /// A place for a connection; else why there is none.
    pub(super) fn enter(&self, peer: Option<Peer>) -> Result<Place, String> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= self.most {
            return Err(format!("{} connections are open already", self.most));
        }
        if let Some(peer) = &peer {
            let own = open.of.entry(peer.clone()).or_default();
            if *own >= self.each {
                return Err(format!("this sandbox has {} connections open already", self.each));
            }
            *own = own.saturating_add(1);
        }
        open.all = open.all.saturating_add(1);
        Ok(Place { open: Arc::clone(&self.open), peer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let Some(peer) = &self.peer else { return };
        if let Some(own) = open.of.get_mut(peer) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.of.remove(peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_given_back() {
        let crowd = Crowd::new(3, 2);
        let a = || Some("a".to_owned());
        let (first, _second) = (crowd.enter(a()).ok().unwrap(), crowd.enter(a()).ok().unwrap());
        assert!(crowd.enter(a()).is_err_and(|why| why.contains("this sandbox")));
        let _other = crowd.enter(Some("b".to_owned())).ok().unwrap();
        assert!(crowd.enter(None).is_err_and(|why| why.contains("3 connections")));
        drop(first);
        let again = crowd.enter(a());
        assert!(again.is_ok());
        drop(again);
        assert!(crowd.enter(None).is_ok());
        assert_eq!(crowd.open.lock().unwrap().of.len(), 2);
    }

    #[tokio::test]
    async fn who_comes_by_a_socket_is_known_by_its_processes() {
        let (one, _two) = UnixStream::pair().unwrap();
        let own = std::fs::read_link("/proc/self/ns/pid").unwrap();
        assert_eq!(peer(&one), own.to_string_lossy());
    }
}
