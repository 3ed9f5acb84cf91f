//! From a written request to one that is signed and ready to go.

use bytes::Bytes;
use interlock_reader_aws::{
    catalogue::{Protocol, Service},
    wire::Written,
};

use crate::{
    credentials::Credentials,
    instant,
    sigv4::{self, Signing},
    upstream::{Outgoing, Passing, Ready, Upstream},
};

/// What is sent as the body.
pub(crate) enum SendBody {
    /// What was written.
    Written,
    /// A streamed payload that was kept whole all the same.
    Kept(Bytes),
    /// A streamed payload that passes through.
    Passing {
        body: Box<Passing>,
        /// What the signature says of it.
        signed: PassingDigest,
        /// As the upstream is told, where it is known.
        length: Option<u64>,
        /// Headers that belong to the framing.
        framing: Vec<(String, String)>,
    },
}

/// What the signature says of a streamed body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PassingDigest {
    Digest(String),
    Unsigned,
    UnsignedTrailer,
}

/// One request to be made ready.
pub(crate) struct Outbound<'a> {
    pub(crate) service: &'a Service,
    pub(crate) protocol: Protocol,
    pub(crate) written: Written,
    /// The signing name.
    pub(crate) signing_name: &'a str,
    /// The client's own words about itself.
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) body: SendBody,
}

impl Outbound<'_> {
    /// Signs.
    pub(crate) fn ready(self, upstream: &Upstream, credentials: &Credentials) -> Ready {
        let mut written = self.written;
        if upstream.is_one_server() {
            written = written.with_bucket_in_path();
        }
        let region = written.signing_region;
        // INVARIANT: only a host that the catalogue gives is ever sent a signature by the real credentials. What the
        // client names may be anybody's: many a name under AWS's domains is given out to customers.
        let host = written.host;
        let mut headers = written.headers;
        headers.insert(0, ("host".to_owned(), host.clone()));
        headers.push(("user-agent".to_owned(), self.user_agent.unwrap_or("interlock").to_owned()));
        headers.push(("accept-encoding".to_owned(), "identity".to_owned()));
        if self.protocol == Protocol::RestJson && !headers.iter().any(|(name, _)| name == "accept") {
            headers.push(("accept".to_owned(), "application/json".to_owned()));
        }
        let whole = match &self.body {
            SendBody::Kept(bytes) => bytes.clone(),
            _ => Bytes::from(written.body),
        };
        let signed = match &self.body {
            SendBody::Passing { signed: PassingDigest::Digest(digest), .. } => sigv4::Body::Digest(digest),
            SendBody::Passing { signed: PassingDigest::Unsigned, .. } => sigv4::Body::Unsigned,
            SendBody::Passing { signed: PassingDigest::UnsignedTrailer, .. } => sigv4::Body::UnsignedTrailer,
            _ => sigv4::Body::Bytes(&whole),
        };
        if let SendBody::Passing { framing, length, .. } = &self.body {
            frame(&mut headers, framing);
            headers.extend(length.map(|length| ("content-length".to_owned(), length.to_string())));
        }
        let signing = Signing {
            access_key_id: &credentials.access_key_id,
            secret: &credentials.secret,
            token: credentials.token.as_ref(),
            region: &region,
            service: self.signing_name,
            now: instant::now(),
        };
        sigv4::sign(&written.method, &written.path, &written.query, &mut headers, signed, &signing);
        let body = match self.body {
            SendBody::Passing { body, .. } => Outgoing::Passing(body),
            _ => {
                // A method that has a body says that it is empty (RFC 9110, section 8.6): S3 asks for it.
                if whole.is_empty() && ["POST", "PUT", "PATCH"].contains(&written.method.as_str()) {
                    headers.push(("content-length".to_owned(), "0".to_owned()));
                }
                Outgoing::Whole(whole)
            }
        };
        Ready {
            method: written.method,
            host,
            service: self.service.endpoint_prefix.to_owned(),
            region,
            path: written.path,
            query: written.query,
            headers,
            body,
        }
    }
}

/// Adds the headers of the framing; `aws-chunked` comes before what the content itself is encoded with.
fn frame(headers: &mut Vec<(String, String)>, framing: &[(String, String)]) {
    for (name, value) in framing {
        match headers.iter_mut().find(|(have, _)| have == name) {
            Some((_, have)) if name == "content-encoding" => *have = format!("{value},{have}"),
            Some((_, have)) => have.clone_from(value),
            None => headers.push((name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_goes_before_the_contents_own_encoding() {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut headers = vec![own("content-encoding", "gzip"), own("x", "1")];
        frame(&mut headers, &[own("content-encoding", "aws-chunked"), own("x-amz-trailer", "t")]);
        assert_eq!(
            headers,
            [own("content-encoding", "aws-chunked,gzip"), own("x", "1"), own("x-amz-trailer", "t")]
        );
    }
}
