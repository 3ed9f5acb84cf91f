//! The aws-chunked framing of streamed bodies: sizes, chunk signatures, trailers.
//!
//! Sans I/O. Bytes of a signed chunk come out only when its signature fits; the end comes out only when the trailers,
//! their checksums and the declared length fit.

use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};

use super::{
    Checksum, EMPTY_SHA256, Payload, SignatureRefusal, Verified,
    key::{hmac, same, sha256_hex},
};

/// The longest line of a chunk's head.
const HEAD_CAP: usize = 4 * 1024;
/// The trailers together.
const TRAILER_CAP: usize = 16 * 1024;
/// A signed chunk is kept whole until its signature is checked.
const SIGNED_CHUNK_CAP: u64 = 16 * 1024 * 1024;

/// What comes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Bytes of the body.
    Data(Bytes),
    /// A trailer that was checked.
    Trailer(String, String),
    /// All of it was there.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    Data { left: u64 },
    DataEnd,
    Trailers,
    Done,
}

/// A body in aws-chunked framing, taken apart.
pub struct Chunks {
    state: State,
    buffer: BytesMut,
    signed: Option<Chain>,
    with_trailer: bool,
    declared: u64,
    seen: u64,
    announced: Vec<String>,
    checksums: Vec<(String, Checksum)>,
}

/// The chain of chunk signatures.
struct Chain {
    verified: Verified,
    previous: String,
    /// The signature that the chunk being read claims.
    claimed: String,
}

impl Chain {
    fn check(&mut self, kind: &str, middle: &str, digest: &str, claimed: &str) -> bool {
        let Verified { key, timestamp, scope, .. } = &self.verified;
        let text = format!("{kind}\n{timestamp}\n{scope}\n{}\n{middle}{digest}", self.previous);
        let signature = hex::encode(hmac(key, text.as_bytes()));
        let fits = same(signature.as_bytes(), claimed.as_bytes());
        self.previous = signature;
        fits
    }
}

fn refuse<T>(why: &str) -> Result<T, SignatureRefusal> {
    Err(SignatureRefusal::Stream(why.to_owned()))
}

impl Chunks {
    /// `declared` is x-amz-decoded-content-length; `announced` are the names in x-amz-trailer, lower-case.
    pub fn new(payload: &Payload, verified: &Verified, declared: u64, announced: Vec<String>) -> Self {
        let signed = matches!(payload, Payload::SignedChunks { .. });
        let with_trailer =
            matches!(payload, Payload::UnsignedTrailer | Payload::SignedChunks { trailer: true });
        let checksums =
            announced.iter().filter_map(|name| Some((name.clone(), Checksum::of_trailer(name)?))).collect();
        let chain =
            || Chain { verified: verified.clone(), previous: verified.seed.clone(), claimed: String::new() };
        Self {
            state: State::Head,
            buffer: BytesMut::new(),
            signed: signed.then(chain),
            with_trailer,
            declared,
            seen: 0,
            announced,
            checksums,
        }
    }

    /// Takes in bytes and gives out what is complete.
    pub fn feed(&mut self, bytes: Bytes, out: &mut VecDeque<Piece>) -> Result<(), SignatureRefusal> {
        // Unsigned data that needs no buffering is passed on without a copy.
        let mut bytes = bytes;
        if let (State::Data { left }, None, true) = (self.state, &self.signed, self.buffer.is_empty()) {
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let data = bytes.split_to(take);
            self.pass(data, left, out)?;
        }
        self.buffer.extend_from_slice(&bytes);
        while self.step(out)? {}
        Ok(())
    }

    /// The body has ended: everything must have been there.
    pub fn finish(&self) -> Result<(), SignatureRefusal> {
        if self.state == State::Done { Ok(()) } else { refuse("it ends in the middle") }
    }

    /// One step; `false` when more bytes are needed.
    fn step(&mut self, out: &mut VecDeque<Piece>) -> Result<bool, SignatureRefusal> {
        match self.state {
            State::Head => self.head(out),
            State::Data { left } => self.data(left, out),
            State::DataEnd => {
                if self.buffer.len() < 2 {
                    return Ok(false);
                }
                if !self.buffer.starts_with(b"\r\n") {
                    return refuse("a chunk is longer than its size says");
                }
                self.buffer.advance(2);
                self.state = State::Head;
                Ok(true)
            }
            State::Trailers => self.trailers(out),
            State::Done if self.buffer.is_empty() => Ok(false),
            State::Done => refuse("bytes follow its end"),
        }
    }

    fn line(&mut self, cap: usize) -> Result<Option<BytesMut>, SignatureRefusal> {
        let end = self.buffer.windows(2).position(|pair| pair == b"\r\n");
        match end {
            Some(end) if end <= cap => {
                let line = self.buffer.split_to(end);
                self.buffer.advance(2);
                Ok(Some(line))
            }
            None if self.buffer.len() <= cap => Ok(None),
            _ => refuse("a line of its framing is too long"),
        }
    }

    fn head(&mut self, out: &mut VecDeque<Piece>) -> Result<bool, SignatureRefusal> {
        let Some(line) = self.line(HEAD_CAP)? else { return Ok(false) };
        let Ok(line) = std::str::from_utf8(&line) else { return refuse("a chunk's head is not text") };
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let hexadecimal =
            !size.is_empty() && size.len() <= 16 && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = hexadecimal.then(|| u64::from_str_radix(size, 16).ok()).flatten();
        let Some(size) = size else { return refuse("a chunk's size is not a hexadecimal number") };
        if self.declared.saturating_sub(self.seen) < size {
            return refuse("it is longer than x-amz-decoded-content-length");
        }
        if let Some(chain) = &mut self.signed {
            let Some(signature) = extension.strip_prefix("chunk-signature=") else {
                return refuse("a chunk has no signature");
            };
            if size > SIGNED_CHUNK_CAP {
                return refuse("a signed chunk is larger than 16 MiB");
            }
            chain.claimed = signature.trim().to_ascii_lowercase();
        }
        if size > 0 {
            self.state = State::Data { left: size };
            return Ok(true);
        }
        self.check_chunk(&[])?;
        if self.seen != self.declared {
            return refuse("it is shorter than x-amz-decoded-content-length");
        }
        let _ = out;
        self.state = State::Trailers;
        Ok(true)
    }

    fn data(&mut self, left: u64, out: &mut VecDeque<Piece>) -> Result<bool, SignatureRefusal> {
        let size = usize::try_from(left).unwrap_or(usize::MAX);
        if self.signed.is_some() {
            if self.buffer.len() < size {
                return Ok(false);
            }
            let data = self.buffer.split_to(size).freeze();
            self.check_chunk(&data)?;
            self.pass(data, left, out)?;
            return Ok(true);
        }
        if self.buffer.is_empty() {
            return Ok(false);
        }
        let take = size.min(self.buffer.len());
        let data = self.buffer.split_to(take).freeze();
        self.pass(data, left, out)?;
        Ok(true)
    }

    fn pass(&mut self, data: Bytes, left: u64, out: &mut VecDeque<Piece>) -> Result<(), SignatureRefusal> {
        if data.is_empty() {
            return Ok(());
        }
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.seen = self.seen.saturating_add(length);
        for (_, checksum) in &mut self.checksums {
            checksum.update(&data);
        }
        let left = left.saturating_sub(length);
        self.state = if left == 0 { State::DataEnd } else { State::Data { left } };
        out.push_back(Piece::Data(data));
        Ok(())
    }

    fn check_chunk(&mut self, data: &[u8]) -> Result<(), SignatureRefusal> {
        let Some(chain) = &mut self.signed else { return Ok(()) };
        let claimed = std::mem::take(&mut chain.claimed);
        let middle = format!("{EMPTY_SHA256}\n");
        let fits = chain.check("AWS4-HMAC-SHA256-PAYLOAD", &middle, &sha256_hex(data), &claimed);
        if fits { Ok(()) } else { refuse("a chunk does not fit its signature") }
    }

    fn trailers(&mut self, out: &mut VecDeque<Piece>) -> Result<bool, SignatureRefusal> {
        if !self.with_trailer {
            if self.buffer.len() < 2 {
                return Ok(false);
            }
            let Some(line) = self.line(0)? else { return Ok(false) };
            debug_assert!(line.is_empty(), "a line of at most no bytes");
            return self.end(Vec::new(), out);
        }
        // The trailers end with an empty line.
        let whole = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = whole else {
            if self.announced.is_empty() && self.buffer.as_ref() == b"\r\n" {
                self.buffer.clear();
                return self.end(Vec::new(), out);
            }
            if self.buffer.len() > TRAILER_CAP {
                return refuse("its trailers are too long");
            }
            return Ok(false);
        };
        let block = self.buffer.split_to(end);
        self.buffer.advance(4);
        let Ok(block) = std::str::from_utf8(&block) else { return refuse("a trailer is not text") };
        let mut read: Vec<(String, String)> = Vec::new();
        let mut signature = None;
        for line in block.split("\r\n").map(|line| line.trim_end_matches('\n')) {
            let Some((name, value)) = line.split_once(':') else {
                return refuse("a trailer is not NAME:VALUE");
            };
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
            if name == "x-amz-trailer-signature" {
                if signature.replace(value).is_some() {
                    return refuse("its trailer signature is repeated");
                }
            } else if read.iter().any(|(have, _)| *have == name) {
                return refuse("a trailer is repeated");
            } else {
                read.push((name, value));
            }
        }
        self.check_trailer_signature(&read, signature)?;
        self.end(read, out)
    }

    fn check_trailer_signature(
        &mut self,
        read: &[(String, String)],
        signature: Option<String>,
    ) -> Result<(), SignatureRefusal> {
        let Some(chain) = &mut self.signed else { return Ok(()) };
        let Some(signature) = signature else { return refuse("its trailers are not signed") };
        let mut sorted: Vec<_> = read.iter().collect();
        sorted.sort();
        let text: String = sorted.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let digest = sha256_hex(text.as_bytes());
        let fits = chain.check("AWS4-HMAC-SHA256-TRAILER", "", &digest, &signature.to_ascii_lowercase());
        if fits { Ok(()) } else { refuse("its trailers do not fit their signature") }
    }

    fn end(
        &mut self,
        read: Vec<(String, String)>,
        out: &mut VecDeque<Piece>,
    ) -> Result<bool, SignatureRefusal> {
        if self.announced.iter().any(|name| !read.iter().any(|(have, _)| have == name)) {
            return refuse("a trailer that x-amz-trailer announces is missing");
        }
        if read.iter().any(|(name, _)| !self.announced.contains(name)) {
            return refuse("it has a trailer that x-amz-trailer does not announce");
        }
        for (name, checksum) in std::mem::take(&mut self.checksums) {
            let value = checksum.finish();
            if read.iter().any(|(have, claimed)| *have == name && *claimed != value) {
                return refuse("it does not fit the checksum in its trailer");
            }
        }
        out.extend(read.into_iter().map(|(name, value)| Piece::Trailer(name, value)));
        out.push_back(Piece::End);
        self.state = State::Done;
        Ok(true)
    }
}
