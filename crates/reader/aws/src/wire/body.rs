//! The bytes of a buffered body, decompressed under a cap.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use super::limits::{MAX_BODY, check_size};
use super::request::{Body, Request};
use crate::ReadError;

/// The body's bytes. `compressible` is whether `Content-Encoding` describes the body's own form (else it is a
/// parameter, as for S3 objects, and the bytes are left alone).
pub(super) fn bytes(request: &Request, compressible: bool) -> Result<Cow<'_, [u8]>, ReadError> {
    let Body::Bytes(bytes) = &request.body else {
        return Err(ReadError::Malformed("a body that must be read was streamed".to_owned()));
    };
    check_size(bytes.len())?;
    if !compressible {
        return Ok(Cow::Borrowed(bytes));
    }
    match encodings(request).as_slice() {
        [] => Ok(Cow::Borrowed(bytes)),
        [gzip] if gzip == "gzip" => gunzip(bytes).map(Cow::Owned),
        _ => Err(ReadError::Malformed("a content encoding other than `gzip`".to_owned())),
    }
}

/// What `Content-Encoding` names, without the chunking that has been undone already.
fn encodings(request: &Request) -> Vec<String> {
    let header = request.header("content-encoding").unwrap_or_default();
    let names = header.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !matches!(name.as_str(), "" | "identity" | "aws-chunked")).collect()
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, ReadError> {
    let mut out = Vec::new();
    // One byte more than is allowed shows that there is more than is allowed.
    let cap = MAX_BODY as u64 + 1;
    let read = MultiGzDecoder::new(bytes).take(cap).read_to_end(&mut out);
    read.map_err(|_| ReadError::Malformed("a broken gzip body".to_owned()))?;
    check_size(out.len())?;
    Ok(out)
}
