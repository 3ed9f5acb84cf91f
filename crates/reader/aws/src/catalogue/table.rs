//! The built-in table. Written by `cargo xtask catalogue`; not edited by hand.

/// SHA-256 of the table file.
pub(super) const SHA256: &str = "b97846ddbcfa900ba257df1b364dd6942862bfe1d34e7cefa755c92d7c9df113";

/// The table file.
pub(super) static BYTES: &[u8] = include_bytes!("../../data/catalogue-b97846ddbcfa.zst");
