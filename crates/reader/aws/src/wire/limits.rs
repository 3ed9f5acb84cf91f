//! How much of a request is read at most. Whatever is larger or deeper is refused, never cut.

use crate::ReadError;

/// The deepest nesting of a body that is read; also the most dots in a form key.
pub const MAX_DEPTH: usize = 128;
/// The largest buffered body that is read, in bytes, before and after decompression.
pub const MAX_BODY: usize = 10 * 1024 * 1024;
/// The most values (members, list items, elements, form keys) of one body that are read: a small body can ask for a lot
/// of memory.
pub const MAX_VALUES: usize = 250_000;
/// The longest path and the longest query that are read, in bytes each.
pub const MAX_TARGET: usize = 64 * 1024;
/// At most this many unknown members are named; the rest is counted.
pub const MAX_UNKNOWN: usize = 32;

pub(super) fn too_deep() -> ReadError {
    ReadError::TooLarge(format!("nested deeper than {MAX_DEPTH}"))
}

pub(super) fn check_size(bytes: usize) -> Result<(), ReadError> {
    if bytes > MAX_BODY {
        return Err(ReadError::TooLarge(format!("a body of {bytes} bytes; at most {MAX_BODY} are read")));
    }
    Ok(())
}

pub(super) fn too_many() -> ReadError {
    ReadError::TooLarge(format!("more than {MAX_VALUES} values"))
}
