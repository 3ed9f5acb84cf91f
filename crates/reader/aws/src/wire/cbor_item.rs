//! CBOR (RFC 8949), as much of it as Smithy RPC v2 uses, read strictly: no key twice, no trailing bytes, no length
//! beyond the bytes there are, no tag but 1 (a point in time).

use super::limits::{MAX_DEPTH, MAX_VALUES, too_deep, too_many};
use super::walk::clip;
use crate::ReadError;

/// A data item.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Array(Vec<Item>),
    Map(Vec<(String, Item)>),
    /// Tag 1: seconds since the Unix epoch.
    Time(Box<Item>),
}

fn malformed(what: &str) -> ReadError {
    ReadError::Malformed(format!("not CBOR: {what}"))
}

/// Reads one item that fills all of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Item, ReadError> {
    let mut reader = Reader { rest: bytes, left: MAX_VALUES };
    let item = reader.item(0)?;
    if reader.rest.is_empty() { Ok(item) } else { Err(malformed("more bytes after the item")) }
}

struct Reader<'b> {
    rest: &'b [u8],
    left: usize,
}

/// An item's first byte and its argument; `None` is "indefinite".
struct Head {
    major: u8,
    additional: u8,
    argument: Option<u64>,
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], ReadError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| malformed("cut short"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head, ReadError> {
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, additional) = (first >> 5, first & 0x1f);
        let argument = match additional {
            0..=23 => Some(u64::from(additional)),
            24..=27 => {
                let width = 1_usize << (additional - 24);
                Some(self.take(width)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            31 if matches!(major, 2..=5 | 7) => None,
            _ => return Err(malformed("a reserved length")),
        };
        Ok(Head { major, additional, argument })
    }

    fn item(&mut self, depth: usize) -> Result<Item, ReadError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let head = self.head()?;
        match (head.major, head.argument) {
            (0, Some(value)) => Ok(Item::Integer(i128::from(value))),
            (1, Some(value)) => Ok(Item::Integer(-1 - i128::from(value))),
            (2, length) => self.string(2, length).map(Item::Bytes),
            (3, length) => String::from_utf8(self.string(3, length)?)
                .map(Item::Text)
                .map_err(|_| malformed("text that is not UTF-8")),
            (4, count) => self.array(count, depth),
            (5, count) => self.map(count, depth),
            (6, Some(1)) => match self.item(depth + 1)? {
                time @ (Item::Integer(_) | Item::Float(_)) => Ok(Item::Time(Box::new(time))),
                _ => Err(malformed("a point in time that is no number")),
            },
            (6, _) => Err(malformed("a tag other than 1")),
            (_, argument) => simple(head.additional, argument),
        }
    }

    fn length(&self, length: u64) -> Result<usize, ReadError> {
        // Every byte and every item takes at least one byte: a greater length is a lie, told before anything is
        // allocated.
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.rest.len())
            .ok_or_else(|| malformed("cut short"))
    }

    fn string(&mut self, major: u8, length: Option<u64>) -> Result<Vec<u8>, ReadError> {
        if let Some(length) = length {
            return Ok(self.take(self.length(length)?)?.to_vec());
        }
        let mut whole = Vec::new();
        while !self.at_break()? {
            let chunk = self.head()?;
            match chunk.argument {
                Some(length) if chunk.major == major => {
                    whole.extend_from_slice(self.take(self.length(length)?)?)
                }
                _ => return Err(malformed("a chunk of another kind")),
            }
        }
        Ok(whole)
    }

    fn at_break(&mut self) -> Result<bool, ReadError> {
        match self.rest.split_first() {
            None => Err(malformed("cut short")),
            Some((0xff, rest)) => {
                self.rest = rest;
                Ok(true)
            }
            Some(_) => Ok(false),
        }
    }

    fn array(&mut self, count: Option<u64>, depth: usize) -> Result<Item, ReadError> {
        let mut items = Vec::new();
        match count {
            Some(count) => {
                for _ in 0..self.length(count)? {
                    items.push(self.item(depth + 1)?);
                }
            }
            None => {
                while !self.at_break()? {
                    items.push(self.item(depth + 1)?);
                }
            }
        }
        Ok(Item::Array(items))
    }

    fn map(&mut self, count: Option<u64>, depth: usize) -> Result<Item, ReadError> {
        let mut entries = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let mut left = match count {
            Some(count) => Some(self.length(count)?),
            None => None,
        };
        loop {
            match &mut left {
                Some(0) => break,
                Some(left) => *left -= 1,
                None if self.at_break()? => break,
                None => {}
            }
            let Item::Text(key) = self.item(depth + 1)? else {
                return Err(malformed("a key that is not text"));
            };
            if !seen.insert(key.clone()) {
                return Err(ReadError::Ambiguous(format!("the CBOR key `{}` stands twice", clip(&key))));
            }
            let value = self.item(depth + 1)?;
            entries.push((key, value));
        }
        Ok(Item::Map(entries))
    }
}

fn simple(additional: u8, argument: Option<u64>) -> Result<Item, ReadError> {
    let Some(bits) = argument else { return Err(malformed("a break outside")) };
    match additional {
        20 => Ok(Item::Bool(false)),
        21 => Ok(Item::Bool(true)),
        22 | 23 => Ok(Item::Null),
        25 => Ok(Item::Float(half(u16::try_from(bits).unwrap_or_default()))),
        26 => Ok(Item::Float(f64::from(f32::from_bits(u32::try_from(bits).unwrap_or_default())))),
        27 => Ok(Item::Float(f64::from_bits(bits))),
        _ => Err(malformed("an unknown simple value")),
    }
}

/// Half precision, as RFC 8949 appendix D computes it.
fn half(bits: u16) -> f64 {
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// Writes an item with definite lengths. Integers beyond 64 bits do not occur: they are never read.
pub(super) fn write(item: &Item, out: &mut Vec<u8>) {
    match item {
        Item::Null => out.push(0xf6),
        Item::Bool(flag) => out.push(if *flag { 0xf5 } else { 0xf4 }),
        Item::Integer(value) if *value >= 0 => head(0, u64::try_from(*value).unwrap_or(u64::MAX), out),
        Item::Integer(value) => head(1, u64::try_from(-1 - *value).unwrap_or(u64::MAX), out),
        Item::Float(value) => {
            out.push(0xfb);
            out.extend_from_slice(&value.to_bits().to_be_bytes());
        }
        Item::Text(text) => {
            head(3, text.len() as u64, out);
            out.extend_from_slice(text.as_bytes());
        }
        Item::Bytes(bytes) => {
            head(2, bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        Item::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| write(item, out));
        }
        Item::Map(entries) => {
            head(5, entries.len() as u64, out);
            for (key, value) in entries {
                write(&Item::Text(key.clone()), out);
                write(value, out);
            }
        }
        Item::Time(seconds) => {
            head(6, 1, out);
            write(seconds, out);
        }
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    let (additional, width) = match argument {
        0..=23 => {
            out.push(major | u8::try_from(argument).unwrap_or_default());
            return;
        }
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major | additional);
    out.extend(bytes.iter().skip(8 - width));
}
