//! The table's binary form, read. The other half is the generator's `encode.rs`, which describes the form; change
//! both, and [`MAGIC`], together.
//!
//! Nothing here trusts the bytes: every count, number and length is checked, so that a damaged table is an error and
//! never a panic, a wrong reference or an unbounded allocation.

mod operation;
mod source;

use operation::operation;
use source::{Flags, Source, decompress};

use super::{
    CatalogueError, GlobalEndpoint, Kind, Location, Member, Protocol, Rare, Service, Shape, ShapeId,
    Structure, Summary, TimestampFormat,
};

/// What the file begins with.
const MAGIC: &[u8; 8] = b"ILKCAT01";
/// The largest raw frame that is read: the largest that there is has a few hundred kilobytes.
const LARGEST_FRAME: usize = 16 << 20;

/// Where a service's frame lies among the frames.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    start: usize,
    length: usize,
    raw: usize,
}

/// What is read at the start.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) strings: Vec<&'static str>,
    pub(super) summaries: Vec<Summary>,
    pub(super) places: Vec<Place>,
    pub(super) frames: &'static [u8],
}

type Result<T> = std::result::Result<T, CatalogueError>;

fn damaged<T>(why: &'static str) -> Result<T> {
    Err(CatalogueError::Damaged(why))
}

/// Reads strings and summaries.
pub(super) fn index(file: &'static [u8]) -> Result<Index> {
    let Some(rest) = file.strip_prefix(MAGIC) else { return damaged("it is no table of this form") };
    let Some((lengths, rest)) = rest.split_first_chunk::<8>() else { return damaged("it is cut short") };
    let [a, b, c, d, e, f, g, h] = *lengths;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let raw = usize::try_from(u32::from_le_bytes([e, f, g, h])).unwrap_or(usize::MAX);
    let Some((frame, frames)) = rest.split_at_checked(length) else { return damaged("it is cut short") };
    let bytes = decompress(frame, raw)?;
    let mut source = Source { bytes: &bytes, strings: Vec::new() };
    source.strings = strings(&mut source)?;
    let count = source.count()?;
    let (mut summaries, mut places) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut start = 0_usize;
    for _ in 0..count {
        summaries.push(summary(&mut source)?);
        let (length, raw) = (source.number()?, source.number()?);
        places.push(Place { start, length, raw });
        let Some(next) = start.checked_add(length) else { return damaged("a length is too large") };
        start = next;
    }
    if start != frames.len() || !source.bytes.is_empty() {
        return damaged("the index does not fit the frames");
    }
    if !summaries.is_sorted_by(|a, b| a.name < b.name) {
        return damaged("the services are not in order");
    }
    Ok(Index { strings: source.strings, summaries, places, frames })
}

/// Reads the strings. They live as long as the process: one block, leaked once for each table.
fn strings(source: &mut Source<'_>) -> Result<Vec<&'static str>> {
    let count = source.count()?;
    let mut all = String::new();
    let mut ends = Vec::with_capacity(count);
    let mut before = String::new();
    for _ in 0..count {
        let (shared, length) = (source.number()?, source.number()?);
        let Ok(rest) = std::str::from_utf8(source.take(length)?) else {
            return damaged("a text is no UTF-8");
        };
        let Some(kept) = before.get(..shared) else { return damaged("a text shares too much") };
        let text = format!("{kept}{rest}");
        // Shared beginnings could make a small file large: a text has an end.
        if text.len() > 4096 || all.len() > LARGEST_FRAME {
            return damaged("a text is too long");
        }
        all.push_str(&text);
        ends.push(all.len());
        before = text;
    }
    let mut rest: &'static str = Box::leak(all.into_boxed_str());
    let mut start = 0;
    let mut strings = Vec::with_capacity(count);
    for end in ends {
        let Some((text, after)) = rest.split_at_checked(end - start) else { return damaged("a text is cut") };
        strings.push(text);
        rest = after;
        start = end;
    }
    Ok(strings)
}

fn protocol(source: &mut Source<'_>) -> Result<Protocol> {
    Ok(match source.number()? {
        0 => Protocol::RestJson,
        1 => Protocol::Json10,
        2 => Protocol::Json11,
        3 => Protocol::Query,
        4 => Protocol::Ec2,
        5 => Protocol::RestXml,
        6 => Protocol::Cbor,
        _ => return damaged("a protocol is unknown"),
    })
}

fn summary(source: &mut Source<'_>) -> Result<Summary> {
    let name = source.text()?;
    let service_id = source.text()?;
    let protocols = source.list(protocol)?;
    let api_version = source.text()?;
    let older_versions = source.texts()?;
    let signing_name = source.text()?;
    let signing_aliases = source.texts()?;
    let endpoint_prefix = source.text()?;
    let target_prefix = source.option()?;
    let xml_namespace = source.option()?;
    let query_compatible = source.number()? == 1;
    let iam_prefix = source.option()?;
    let host = source.text()?;
    let base_path = source.text()?;
    let global = source.option()?.zip(source.option()?).map(|(host, region)| GlobalEndpoint { host, region });
    let operation_count = source.number()?;
    let has_no_auth = source.number()? == 1;
    Ok(Summary {
        name,
        service_id,
        protocols,
        api_version,
        older_versions,
        signing_name,
        signing_aliases,
        endpoint_prefix,
        target_prefix,
        xml_namespace,
        query_compatible,
        iam_prefix,
        host,
        base_path,
        global,
        operation_count,
        has_no_auth,
    })
}

/// Decodes a service.
pub(super) fn service(
    summary: &Summary,
    place: Place,
    frames: &[u8],
    strings: &[&'static str],
) -> Result<Service> {
    let end = place.start.saturating_add(place.length);
    let Some(frame) = frames.get(place.start..end) else { return damaged("a frame is missing") };
    body(summary, &decompress(frame, place.raw)?, strings)
}

/// Reads the raw frame of a service.
fn body(summary: &Summary, bytes: &[u8], strings: &[&'static str]) -> Result<Service> {
    let mut source = Source { bytes, strings: Vec::new() };
    let mut number = 0_usize;
    let count = source.count()?;
    let mut own = Vec::with_capacity(count);
    for _ in 0..count {
        number = number.saturating_add(source.number()?);
        let Some(text) = strings.get(number) else { return damaged("a text is missing") };
        own.push(*text);
    }
    source.strings = own;
    let shapes = source.list(shape)?;
    let kinds = source.list(|source| Ok((source.text()?, source.text()?)))?;
    let operations = source.list(|source| operation(source, &kinds, &shapes))?;
    if !source.bytes.is_empty() {
        return damaged("a frame has something left over");
    }
    if !operations.is_sorted_by(|a, b| a.name < b.name) {
        return damaged("the operations are not in order");
    }
    check_shapes(&shapes)?;
    Ok(Service { summary: summary.clone(), operations, shapes })
}

/// Whether every shape that a shape holds is there.
fn check_shapes(shapes: &[Shape]) -> Result<()> {
    let there = |id: &ShapeId| usize::try_from(id.0).is_ok_and(|at| at < shapes.len());
    let fine = shapes.iter().all(|shape| match &shape.kind {
        Kind::Structure(structure) => structure.members.iter().all(|member| there(&member.shape)),
        Kind::List { member, .. } => there(member),
        Kind::Map { key, value, .. } => there(key) && there(value),
        _ => true,
    });
    if fine { Ok(()) } else { damaged("a shape is missing") }
}

fn timestamp(source: &mut Source<'_>) -> Result<Option<TimestampFormat>> {
    Ok(match source.number()? {
        0 => None,
        1 => Some(TimestampFormat::Iso8601),
        2 => Some(TimestampFormat::Unix),
        3 => Some(TimestampFormat::Rfc822),
        _ => return damaged("a time format is unknown"),
    })
}

fn shape(source: &mut Source<'_>) -> Result<Shape> {
    let code = source.number()?;
    let kind = match code & 0xf {
        0 => Kind::Structure(Box::new(structure(source)?)),
        1 => {
            let flattened = source.flags()?.has(0);
            Kind::List { member: source.shape()?, flattened, member_name: source.option()? }
        }
        2 => {
            let flattened = source.flags()?.has(0);
            let (key, value) = (source.shape()?, source.shape()?);
            Kind::Map { key, value, flattened, key_name: source.option()?, value_name: source.option()? }
        }
        3 => Kind::String,
        4 => Kind::Blob { streaming: source.flags()?.has(0) },
        5 => Kind::Integer,
        6 => Kind::Long,
        7 => Kind::Float,
        8 => Kind::Double,
        9 => Kind::Boolean,
        10 => Kind::Timestamp(timestamp(source)?),
        11 => Kind::Document,
        _ => return damaged("a kind of shape is unknown"),
    };
    Ok(Shape { kind, sensitive: code >> 4 & 1 == 1 })
}

fn structure(source: &mut Source<'_>) -> Result<Structure> {
    let flags = source.flags()?;
    let payload = source.when(flags.has(2), Source::text)?;
    let xml_namespace = source.when(flags.has(3), Source::namespace)?;
    let xml_name = source.when(flags.has(4), Source::text)?;
    let members = source.list(member)?;
    Ok(Structure {
        members,
        payload,
        union: flags.has(0),
        event_stream: flags.has(1),
        xml_namespace,
        xml_name,
    })
}

fn member(source: &mut Source<'_>) -> Result<Member> {
    let bits = source.flags()?;
    let name = source.text()?;
    let location_name = source.when(bits.has(1), Source::text)?;
    let shape = source.shape()?;
    let (mut rare, mut format) = (Flags(0), None);
    let (mut query_name, mut xml_namespace) = (None, None);
    if bits.has(6) {
        rare = source.flags()?;
        format = timestamp(source)?;
        query_name = source.when(rare.has(5), Source::text)?;
        xml_namespace = source.when(rare.has(6), Source::namespace)?;
    }
    Ok(Member {
        name,
        shape,
        location: match bits.0 >> 2 & 7 {
            0 => Location::Body,
            1 => Location::Header,
            2 => Location::Headers,
            3 => Location::Uri,
            4 => Location::Query,
            5 => Location::StatusCode,
            _ => return damaged("a location is unknown"),
        },
        location_name: location_name.unwrap_or(name),
        named: location_name.is_some(),
        required: bits.has(0),
        idempotency: bits.has(5),
        flattened: rare.has(0),
        xml_attribute: rare.has(1),
        host_label: rare.has(2),
        json_value: rare.has(3),
        streaming: rare.has(4),
        timestamp: format,
        rare: (query_name.is_some() || xml_namespace.is_some())
            .then(|| Box::new(Rare { query_name, xml_namespace })),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::{body, decompress, index};
    use crate::catalogue::table;

    /// Decodes a service after changing bytes of its raw frame.
    pub(crate) fn damage(name: &str, changes: &[(proptest::sample::Index, u8)]) {
        let index = index(table::BYTES).unwrap();
        let at = index.summaries.iter().position(|summary| summary.name == name).unwrap();
        let place = index.places[at];
        let mut raw = decompress(&index.frames[place.start..place.start + place.length], place.raw).unwrap();
        for (index, byte) in changes {
            let at = index.index(raw.len());
            raw[at] = *byte;
        }
        let read = body(&index.summaries[at], &raw, &index.strings);
        assert!(!changes.is_empty() || read.is_ok());
    }
}
