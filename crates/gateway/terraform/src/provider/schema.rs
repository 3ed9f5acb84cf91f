//! A provider's schema, and what is left of it when only some types are told.
//!
//! Source: `GetProviderSchema.Response` of `tfplugin5.proto` and `tfplugin6.proto`: its types stand in maps, entry by entry, each
//! with its name first. What is no such entry stays as it is.

use std::collections::HashSet;

/// Maps of types by name: resources, data sources; and, newer, ephemeral and listed resources, stores of states, actions.
const TYPES: [u64; 6] = [2, 3, 8, 9, 10, 11];
/// What the provider can do, and among that: to work though nobody has asked it for its schema.
const CAN: u64 = 6;
const UNASKED: u64 = 2;
/// How a field's length is told: by itself, in eight bytes, before it, in four bytes.
const VARINT: u64 = 0;
const EIGHT: u64 = 1;
const COUNTED: u64 = 2;
const FOUR: u64 = 5;

/// The schema with these types alone; `None` where it cannot be read.
pub(crate) fn reduced(schema: &[u8], named: &HashSet<String>) -> Option<Vec<u8>> {
    let mut left = Vec::new();
    let mut rest = schema;
    while !rest.is_empty() {
        let (number, field, after) = field(rest)?;
        let whole = rest.get(..rest.len().checked_sub(after.len())?)?;
        if !TYPES.contains(&number) || entry(field).is_none_or(|name| is_named(name, named)) {
            left.extend_from_slice(whole);
        }
        rest = after;
    }
    Some(left)
}

/// What is no usual name is not looked for, and told.
fn is_named(name: &str, named: &HashSet<String>) -> bool {
    let usual = name.contains('_') && name.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
    !usual || named.contains(name)
}

/// Whether a provider that tells this schema works in a process that was never asked for it.
pub(crate) fn works_unasked(schema: &[u8]) -> bool {
    let can = fields(schema).find(|(number, _)| *number == CAN).map(|(_, can)| can);
    let mut rest = can.unwrap_or_default();
    while let Some((key, after)) = varint(rest) {
        let Some((value, after)) = varint(after).filter(|_| key & 7 == VARINT) else { return false };
        if key >> 3 == UNASKED {
            return value == 1;
        }
        rest = after;
    }
    false
}

/// The fields of a message, as far as they can be read.
fn fields(bytes: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (number, content, after) = field(rest)?;
        rest = after;
        Some((number, content))
    })
}

/// A field's number, its content, and what comes after it.
fn field(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (key, rest) = varint(bytes)?;
    let (number, kind) = (key >> 3, key & 7);
    let (content, after) = match kind {
        VARINT => (&[][..], varint(rest)?.1),
        EIGHT => rest.split_at_checked(8)?,
        FOUR => rest.split_at_checked(4)?,
        COUNTED => {
            let (length, rest) = varint(rest)?;
            rest.split_at_checked(usize::try_from(length).ok()?)?
        }
        _ => return None,
    };
    Some((number, content, after))
}

/// The name of a map's entry.
fn entry(content: &[u8]) -> Option<&str> {
    let (number, name, _) = field(content)?;
    (number == 1).then(|| std::str::from_utf8(name).ok())?
}

fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (mut value, mut rest) = (0_u64, bytes);
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        rest = after;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of counted bytes.
    fn counted(number: u8, content: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn entry_of(map: u8, name: &str) -> Vec<u8> {
        counted(map, &[counted(1, name.as_bytes()), counted(2, b"a schema")].concat())
    }

    #[test]
    fn types_that_are_not_named_are_left_out_and_nothing_else() {
        let provider = counted(1, b"\x08\x01");
        let function = entry_of(7, "arn_parse");
        let can = counted(6, &[1 << 3, 1, 2 << 3, 1]);
        let all = [
            provider.clone(),
            entry_of(2, "aws_vpc"),
            entry_of(2, "aws_subnet"),
            entry_of(3, "aws_vpc"),
            entry_of(8, "aws_secret"),
            function.clone(),
            can.clone(),
        ];
        let named = HashSet::from(["aws_vpc".to_owned()]);
        let left = [provider, entry_of(2, "aws_vpc"), entry_of(3, "aws_vpc"), function, can].concat();
        assert!(works_unasked(&all.concat()) && !works_unasked(&entry_of(2, "aws_vpc")));
        assert!(!works_unasked(&counted(6, &[1 << 3, 1])));
        assert_eq!(reduced(&all.concat(), &named), Some(left));
    }

    #[test]
    fn what_cannot_be_read_is_not_reduced() {
        for broken in [&b"\x12\xff"[..], b"\x13", b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"] {
            assert_eq!(reduced(broken, &HashSet::new()), None, "{broken:?}");
        }
    }
}
