//! The built-in table. Written by `cargo xtask catalogue`; not edited by hand.

/// SHA-256 of the table file.
pub(super) const SHA256: &str = "dcfa089b251e7d2da54ba678de099a3fc141f9d24161d90d2c6cfa57e3c0e9bf";

/// The table file.
pub(super) static BYTES: &[u8] = include_bytes!("../../data/catalogue-dcfa089b251e.zst");
