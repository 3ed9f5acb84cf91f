//! The checksums that S3 clients put into trailers.

use base64::{Engine, engine::general_purpose::STANDARD};
use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Digest as CrcDigest, Table};
use sha2::Digest;

static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static CRC64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

/// A checksum of one algorithm, growing.
pub(crate) enum Checksum {
    Crc32(CrcDigest<'static, u32, Table<16>>),
    Crc32c(CrcDigest<'static, u32, Table<16>>),
    Crc64Nvme(CrcDigest<'static, u64, Table<16>>),
    Sha1(Box<sha1::Sha1>),
    Sha256(Box<sha2::Sha256>),
}

impl Checksum {
    /// For a trailer's name: `x-amz-checksum-crc32`. `None` for an algorithm that only the service checks.
    pub(crate) fn of_trailer(name: &str) -> Option<Self> {
        Some(match name {
            "x-amz-checksum-crc32" => Self::Crc32(CRC32.digest()),
            "x-amz-checksum-crc32c" => Self::Crc32c(CRC32C.digest()),
            "x-amz-checksum-crc64nvme" => Self::Crc64Nvme(CRC64.digest()),
            "x-amz-checksum-sha1" => Self::Sha1(Box::default()),
            "x-amz-checksum-sha256" => Self::Sha256(Box::default()),
            _ => return None,
        })
    }

    /// Takes in more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(digest) | Self::Crc32c(digest) => digest.update(bytes),
            Self::Crc64Nvme(digest) => digest.update(bytes),
            Self::Sha1(digest) => digest.update(bytes),
            Self::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The value as it stands in the trailer.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc32(digest) | Self::Crc32c(digest) => STANDARD.encode(digest.finalize().to_be_bytes()),
            Self::Crc64Nvme(digest) => STANDARD.encode(digest.finalize().to_be_bytes()),
            Self::Sha1(digest) => STANDARD.encode(digest.finalize()),
            Self::Sha256(digest) => STANDARD.encode(digest.finalize()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the CRC catalogue, and FIPS 180's of SHA.
    #[test]
    fn known_answers() {
        let of = |name: &str| {
            let mut checksum = Checksum::of_trailer(name).unwrap();
            checksum.update(b"1234");
            checksum.update(b"56789");
            checksum.finish()
        };
        assert_eq!(of("x-amz-checksum-crc32"), STANDARD.encode(0xcbf4_3926_u32.to_be_bytes()));
        assert_eq!(of("x-amz-checksum-crc32c"), STANDARD.encode(0xe306_9283_u32.to_be_bytes()));
        assert_eq!(of("x-amz-checksum-crc64nvme"), STANDARD.encode(0xae8b_1486_0a79_9888_u64.to_be_bytes()));
        assert_eq!(of("x-amz-checksum-sha1"), "98O8HYCOBHMq32eZZczDTKeuNEE=");
        assert_eq!(of("x-amz-checksum-sha256"), "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=");
        assert!(Checksum::of_trailer("x-amz-checksum-xxhash64").is_none());
    }
}
