//! A provider's whole schema, taken once.

use std::{fs, io, path::Path};

use http_body_util::BodyExt as _;
use hyper::Request;

use super::plug::{Plug, asks, message, whole};

/// Asks a provider for its schema, and writes down the version of its protocol, a byte, and the answer's one message.
pub(super) fn take(program: &Path, out: &Path) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let told = runtime.block_on(async {
        let plug = Plug::start(program).await?;
        let request = Request::post(format!("http://provider{}", asks(plug.version)))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(whole(message(&[])?))
            .map_err(io::Error::other)?;
        let answer = plug.send(request).await.map_err(io::Error::other)?;
        let answer = answer.into_body().collect().await.map_err(io::Error::other)?;
        let status = answer.trailers().and_then(|trailers| trailers.get("grpc-status").cloned());
        let body = answer.to_bytes();
        // A flag that says that it is not compressed, and its length.
        match (status, body.split_at_checked(5)) {
            (Some(status), Some(([0, ..], schema))) if status == "0" => {
                Ok([&[plug.version], schema].concat())
            }
            _ => Err(io::Error::other("the provider does not tell its schema")),
        }
    })?;
    fs::write(out, told)
}
