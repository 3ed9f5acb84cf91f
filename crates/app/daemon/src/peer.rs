//! Who is at the other end of the control socket, as the system says.

use std::fmt;

use axum::{extract::connect_info::Connected, serve::IncomingStream};
use tokio::net::UnixListener;

/// Where accounts have names.
const ACCOUNTS: &str = "/etc/passwd";

/// The account that connected; nothing where the system does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(Option<u32>);

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        Self(stream.io().peer_cred().ok().map(|credentials| credentials.uid()))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(uid) = self.0 else { return f.write_str("some account") };
        match std::fs::read_to_string(ACCOUNTS).ok().as_deref().and_then(|all| name(all, uid)) {
            Some(name) => write!(f, "account {name} (uid {uid})"),
            None => write!(f, "account uid {uid}"),
        }
    }
}

/// The name of an account, in the form of passwd(5).
fn name(accounts: &str, uid: u32) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_goes_by_its_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nbroken\nana:x:1000:1000:0:/home/ana:/bin/sh\n";
        assert_eq!(
            (name(accounts, 1000), name(accounts, 0), name(accounts, 7)),
            (Some("ana"), Some("root"), None)
        );
    }
}
