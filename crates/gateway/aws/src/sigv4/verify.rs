//! Checking a claim against the key it names.

use super::{
    Claim, Head, Secret, SignatureRefusal, canonical,
    key::{derive, hmac, same},
};

/// A signature that was checked: what the chunks of a streamed body are chained to.
#[derive(Clone)]
pub struct Verified {
    pub(super) key: [u8; 32],
    pub(super) seed: String,
    pub(super) timestamp: String,
    pub(super) scope: String,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verified").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl Claim {
    /// Checks the signature. `payload` is the last line of the canonical request: [`Claim::payload_line`], or the
    /// digest of the whole body where the claim has none.
    ///
    /// Clients spell paths and queries differently; every spelling tried means the same request.
    pub fn verify(
        &self,
        head: &Head<'_>,
        secret: &Secret,
        payload: &str,
    ) -> Result<Verified, SignatureRefusal> {
        let key = derive(secret, &self.date, &self.region, &self.service);
        let scope = self.scope();
        let mut signed: Vec<&str> = self.signed_headers.iter().map(String::as_str).collect();
        signed.sort_unstable();
        let wanted = self.signature.to_ascii_lowercase();
        for path in canonical::paths(head.path, self.is_s3()) {
            for query in canonical::queries(head.query) {
                let request = canonical::request(head, &path, &query, &signed, payload);
                let text = canonical::to_sign(&self.timestamp, &scope, &request);
                let signature = hex::encode(hmac(&key, text.as_bytes()));
                if same(signature.as_bytes(), wanted.as_bytes()) {
                    let timestamp = self.timestamp.clone();
                    return Ok(Verified { key, seed: signature, timestamp, scope });
                }
            }
        }
        Err(SignatureRefusal::Mismatch)
    }
}
