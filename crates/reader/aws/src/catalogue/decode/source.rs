//! Numbers, texts and lists out of raw bytes.

use std::io::Read as _;

use super::{LARGEST_FRAME, Result, damaged};
use crate::catalogue::{ShapeId, XmlNamespace};

/// Takes numbers and texts from raw bytes.
pub(super) struct Source<'a> {
    pub(super) bytes: &'a [u8],
    /// What texts are numbered by.
    pub(super) strings: Vec<&'static str>,
}

impl<'a> Source<'a> {
    pub(super) fn number(&mut self) -> Result<usize> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let Some((byte, rest)) = self.bytes.split_first() else { return damaged("it is cut short") };
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(value).or_else(|_| damaged("a number is too large"));
            }
        }
        damaged("a number is too long")
    }

    /// How many things follow, each of at least one byte.
    pub(super) fn count(&mut self) -> Result<usize> {
        let count = self.number()?;
        if count > self.bytes.len() { damaged("a count is too large") } else { Ok(count) }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return damaged("it is cut short");
        };
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn string(&self, number: usize) -> Result<&'static str> {
        self.strings.get(number).copied().map_or_else(|| damaged("a text is missing"), Ok)
    }

    pub(super) fn text(&mut self) -> Result<&'static str> {
        let number = self.number()?;
        self.string(number)
    }

    pub(super) fn option(&mut self) -> Result<Option<&'static str>> {
        match self.number()? {
            0 => Ok(None),
            number => self.string(number - 1).map(Some),
        }
    }

    pub(super) fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count()?;
        (0..count).map(|_| one(self)).collect()
    }

    pub(super) fn texts(&mut self) -> Result<Vec<&'static str>> {
        self.list(Self::text)
    }

    pub(super) fn flags(&mut self) -> Result<Flags> {
        self.number().map(Flags)
    }

    pub(super) fn when<T>(&mut self, is: bool, one: impl Fn(&mut Self) -> Result<T>) -> Result<Option<T>> {
        if is { one(self).map(Some) } else { Ok(None) }
    }

    pub(super) fn shape(&mut self) -> Result<ShapeId> {
        u32::try_from(self.number()?).map(ShapeId).or_else(|_| damaged("a shape number is too large"))
    }

    pub(super) fn namespace(&mut self) -> Result<XmlNamespace> {
        Ok(XmlNamespace { uri: self.text()?, prefix: self.option()? })
    }
}

/// Bits, lowest first.
#[derive(Clone, Copy)]
pub(super) struct Flags(pub(super) usize);

impl Flags {
    pub(super) fn has(self, bit: u32) -> bool {
        self.0 >> bit & 1 == 1
    }
}

/// Decompresses a frame whose raw length is known.
pub(super) fn decompress(frame: &[u8], raw: usize) -> Result<Vec<u8>> {
    if raw > LARGEST_FRAME {
        return damaged("a frame is too large");
    }
    let Ok(decoder) = ruzstd::decoding::StreamingDecoder::new(frame) else {
        return damaged("a frame is no zstd");
    };
    let mut bytes = Vec::with_capacity(raw);
    // One byte more than there should be, so that a longer frame shows.
    let limit = u64::try_from(raw).unwrap_or(0).saturating_add(1);
    match decoder.take(limit).read_to_end(&mut bytes) {
        Ok(length) if length == raw => Ok(bytes),
        Ok(_) => damaged("a frame has another length than the index says"),
        Err(_) => damaged("a frame cannot be decompressed"),
    }
}
