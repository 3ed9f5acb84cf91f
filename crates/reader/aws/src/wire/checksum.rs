//! Checksums over the bodies of operations whose model asks for one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// `Content-MD5` of a body.
pub(super) fn content_md5(body: &[u8]) -> String {
    STANDARD.encode(Md5::digest(body))
}

/// The header and value of a flexible checksum; `None` for an algorithm that S3 does not have.
pub(super) fn flexible(algorithm: &str, body: &[u8]) -> Option<(String, String)> {
    let sum = match algorithm {
        "CRC32" => crc(body, 0xedb8_8320, 32),
        "CRC32C" => crc(body, 0x82f6_3b78, 32),
        "CRC64NVME" => crc(body, 0x9a6c_9329_ac4b_c9b5, 64),
        "SHA1" => Sha1::digest(body).to_vec(),
        "SHA256" => Sha256::digest(body).to_vec(),
        _ => return None,
    };
    Some((format!("x-amz-checksum-{}", algorithm.to_ascii_lowercase()), STANDARD.encode(sum)))
}

/// A reflected CRC of 32 or 64 bits, as the three that S3 has: all ones before and after. Big-endian bytes.
fn crc(body: &[u8], polynomial: u64, bits: u32) -> Vec<u8> {
    let ones = u64::MAX >> (64 - bits);
    let mut sum = ones;
    for byte in body {
        sum ^= u64::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ polynomial } else { sum >> 1 };
        }
    }
    let bytes = (sum ^ ones).to_be_bytes();
    bytes.iter().skip(if bits == 32 { 4 } else { 0 }).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_of_the_crc_catalogue() {
        let hex = |algorithm: &str| {
            let (_, text) = flexible(algorithm, b"123456789").unwrap();
            STANDARD.decode(text).unwrap().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        assert_eq!(hex("CRC32"), "cbf43926");
        assert_eq!(hex("CRC32C"), "e3069283");
        assert_eq!(hex("CRC64NVME"), "ae8b14860a799888");
        assert_eq!(content_md5(b""), "1B2M2Y8AsgTpgAmY7PhCfg==");
        assert_eq!(flexible("MD4", b""), None);
    }
}
