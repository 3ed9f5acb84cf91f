//! The built-in table. Written by `cargo xtask catalogue`; not edited by hand.

/// SHA-256 of the table file.
pub(super) const SHA256: &str = "9672bb9f9caac59f80de7f1f29bcd2c64df6995194f596cbb791783a4b7b40cf";

/// The table file.
pub(super) static BYTES: &[u8] = include_bytes!("../../data/catalogue-9672bb9f9caa.zst");
