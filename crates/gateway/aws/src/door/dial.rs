//! Opens connections to hosts that the egress list names.

use std::{io, net::IpAddr, time::Duration};

use tokio::net::TcpStream;

use super::egress::{Egress, is_here, is_metadata};

const PATIENCE: Duration = Duration::from_secs(10);

/// Connects. What a name resolves to is looked at as well: no metadata service, and this machine only for a host that
/// the list names literally.
pub(super) async fn dial(egress: &Egress, host: &str, port: u16) -> io::Result<TcpStream> {
    let here_is_fine = egress.names_literally(host);
    let barred = |address: IpAddr| is_metadata(address) || (is_here(address) && !here_is_fine);
    let connect = async {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in tokio::net::lookup_host((host, port)).await? {
            if barred(address.ip()) {
                last = io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "it leads to an address that is never let through",
                );
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    };
    match tokio::time::timeout(PATIENCE, connect).await {
        Ok(connected) => connected,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no connection within ten seconds")),
    }
}
